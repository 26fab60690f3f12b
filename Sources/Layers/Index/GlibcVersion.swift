/// A version of the GNU C library, `2.36`.
public struct GlibcVersion: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The first number.
    public var major: Int
    /// The second number.
    public var minor: Int

    /// Takes the parts.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Orders by number.
    public static func < (left: GlibcVersion, right: GlibcVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// `major.minor`.
    public var description: String { "\(major).\(minor)" }
}
