public import Diagnostics

/// The name of a wheel file, which tells what it is and where it runs:
/// `name-version[-build]-python-abi-platform.whl` (binary distribution format, "File name convention").
public struct WheelFilename: Sendable, Hashable {
    /// The whole name.
    public let text: String
    /// The distribution's name as it is written.
    public let distribution: String
    /// The distribution's normalised name.
    public let name: String
    /// The version as it is written.
    public let version: String
    /// The number at the start of the build tag; 0 without one. The higher one wins between equals.
    public let build: Int
    /// Every tag that the compressed sets stand for.
    public let tags: [WheelTag]

    /// Reads a file name.
    /// - Throws: `PythonError` (`invalid_lock`) with the name.
    public init(_ text: some StringProtocol) throws(PythonError) {
        let stem = String(text.hasSuffix(".whl") ? text.dropLast(4) : "")
        let parts = stem.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        // The name becomes part of paths, and it may have come from a URL's escapes.
        guard (5...6).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isWheelNamePart) })
        else {
            throw PythonError(
                .invalidLock, "'\(text)' is not the name of a wheel",
                hints: ["a wheel is named name-version-python-abi-platform.whl"])
        }
        self.text = String(text)
        distribution = parts[0]
        name = normalizedName(parts[0])
        version = parts[1]
        build = parts.count == 6 ? Int(parts[2].prefix { ("0"..."9").contains($0) }) ?? 0 : 0
        let sets = parts.suffix(3).map { $0.split(separator: ".").map(String.init) }
        tags = sets[0].flatMap { python in
            sets[1].flatMap { abi in sets[2].map { WheelTag(python: python, abi: abi, platform: $0) } }
        }
    }
}

extension UInt8 {
    /// What names, versions and tags are made of: letters, digits and `._+!` (binary distribution format, version
    /// specifiers).
    fileprivate var isWheelNamePart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"),
            UInt8(ascii: "!"):
            true
        default: false
        }
    }
}

/// A distribution's name in its one form: lower case, runs of `-`, `_` and `.` as one `-` (PEP 503).
public func normalizedName(_ name: some StringProtocol) -> String {
    var result = ""
    for character in name.lowercased() {
        let isSeparator = character == "-" || character == "_" || character == "."
        if !isSeparator {
            result.append(character)
        } else if result.last != "-" {
            result.append("-")
        }
    }
    return result
}
