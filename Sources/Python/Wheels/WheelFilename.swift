import Diagnostics

/// The parts of a wheel's file name: `name-version(-build)?-python-abi-platform.whl` (binary distribution format).
public struct WheelFilename: Sendable, Hashable {
    /// The distribution's name as it is written.
    public let distribution: String
    /// The version as it is written.
    public let version: String
    /// The build tag, if there is one.
    public let build: String?
    /// The interpreters, `cp311` or `py2.py3` taken apart.
    public let pythonTags: [String]
    /// The binary interfaces.
    public let abiTags: [String]
    /// The platforms.
    public let platformTags: [String]

    /// Reads a file name.
    /// - Throws: `WheelError` (`invalid_wheel_filename`).
    public init(_ name: String) throws {
        let parts = name.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard name.hasSuffix(".whl"), parts.count == 5 || parts.count == 6, parts.allSatisfy({ !$0.isEmpty }) else {
            throw WheelError(
                .invalidFilename, "'\(name)' is not the name of a wheel",
                hints: ["wheels are named name-version-python-abi-platform.whl"])
        }
        func tags(_ part: String) -> [String] { part.split(separator: ".").map(String.init) }
        distribution = parts[0]
        version = parts[1]
        build = parts.count == 6 ? parts[2] : nil
        pythonTags = tags(parts[parts.count - 3])
        abiTags = tags(parts[parts.count - 2])
        platformTags = tags(parts[parts.count - 1])
    }
}
