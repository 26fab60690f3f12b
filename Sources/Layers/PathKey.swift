import Glibc

/// A path as a key of sets and dictionaries: equal only where every byte is.
///
/// Swift's strings are equal where Unicode holds them for the same text, so that `é` as one scalar and as two are one key;
/// to a file system they are two names.
public struct PathKey: Sendable, Hashable, CustomStringConvertible {
    /// The path.
    public let path: String

    /// Takes a path.
    public init(_ path: String) { self.path = path }

    /// Compares by bytes.
    public static func == (left: PathKey, right: PathKey) -> Bool {
        var (left, right) = (left.path, right.path)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard left.count == right.count else { return false }
                guard let start = left.baseAddress, let other = right.baseAddress else { return true }
                return memcmp(start, other, left.count) == 0
            }
        }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var path = path
        path.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The path.
    public var description: String { path }
}
