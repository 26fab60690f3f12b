/// A file of the GNU C library.
public struct GlibcLibrary: Sendable, Hashable, Codable {
    /// What processor it is for, the ELF header's `e_machine`.
    public var machine: UInt16
    /// The highest `GLIBC_x.y` that it defines.
    public var version: GlibcVersion

    /// Takes the parts.
    public init(machine: UInt16, version: GlibcVersion) {
        self.machine = machine
        self.version = version
    }

    /// Whether it is for an architecture, by the name that images have for it. One that we do not know is taken to be.
    public func runs(on architecture: String) -> Bool {
        Self.machines[architecture].map { $0 == machine } ?? true
    }

    private static let machines: [String: UInt16] = [
        "386": 3, "arm": 40, "amd64": 62, "ppc64le": 21, "arm64": 183, "riscv64": 243, "loong64": 258,
    ]
}

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

    /// Reads `GLIBC_2.36`. A number that no release will reach is none: wheels' tags are counted down from it.
    init?(symbolVersion name: String) {
        guard name.hasPrefix("GLIBC_") else { return nil }
        let numbers = name.dropFirst(6).split(separator: ".").map { Int($0) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1], (0...999).contains(major),
            (0...999).contains(minor)
        else { return nil }
        self.init(major: major, minor: minor)
    }

    /// Orders by number.
    public static func < (left: GlibcVersion, right: GlibcVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// `major.minor`.
    public var description: String { "\(major).\(minor)" }
}
