/// The C library of an image, which decides what compiled wheels run there (PEP 600, PEP 656).
public enum CLibrary: Sendable, Hashable, Codable {
    /// The GNU C library with its version, `2.36`.
    case glibc(major: Int, minor: Int)
    /// musl with its version, `1.2`.
    case musl(major: Int, minor: Int)
}

extension CLibrary: CustomStringConvertible {
    /// `glibc 2.36`.
    public var description: String {
        switch self {
        case .glibc(let major, let minor): "glibc \(major).\(minor)"
        case .musl(let major, let minor): "musl \(major).\(minor)"
        }
    }
}
