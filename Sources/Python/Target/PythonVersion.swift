/// The full version of a Python interpreter: `3.11.2`, `3.13.0rc2`.
///
/// Always with its patch: `3.11` alone means 3.11.0 to a resolver, and markers such as
/// `python_full_version < '3.11.3'` then come out wrong.
public struct PythonVersion: Sendable, Hashable {
    /// The first number.
    public let major: Int
    /// The second number.
    public let minor: Int
    /// The third number.
    public let patch: Int
    /// The pre-release part, such as `rc2`, or nothing.
    public let prerelease: String

    /// Takes the parts.
    public init(major: Int, minor: Int, patch: Int, prerelease: String = "") {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    /// Reads the start of a text as a full version and stops at the first other character, so that `3.11.2-6+deb12u6`,
    /// `3.11.2+` and `3.11.2.final.0` all read as 3.11.2. Nil if the text has no patch number, or one beyond 999: lists of
    /// tags are counted down from them.
    public init?(_ text: some StringProtocol) {
        var rest = text.drop { $0 == " " || $0 == "\t" }[...]
        var numbers: [Int] = []
        for index in 0..<3 {
            if index > 0 {
                guard rest.first == "." else { return nil }
                rest = rest.dropFirst()
            }
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard let number = Int(digits), number <= 999 else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
        }
        let prerelease = ["rc", "a", "b"].lazy.compactMap { kind -> String? in
            guard rest.hasPrefix(kind) else { return nil }
            let digits = rest.dropFirst(kind.count).prefix { ("0"..."9").contains($0) }
            return digits.isEmpty ? nil : kind + digits
        }.first
        self.init(major: numbers[0], minor: numbers[1], patch: numbers[2], prerelease: prerelease ?? "")
    }

    /// `3.11`: the part that names directories.
    public var series: String { "\(major).\(minor)" }
}

extension PythonVersion: CustomStringConvertible {
    /// `3.11.2`.
    public var description: String { "\(major).\(minor).\(patch)\(prerelease)" }
}

extension PythonVersion: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let version = PythonVersion(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no Python version")
        }
        self = version
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
