/// How large a build context may be.
public struct ContextLimits: Sendable, Hashable {
    /// The most entries.
    public var entries: Int
    /// The most bytes of all files together; of an archive both packed and unpacked.
    public var size: Int64
    /// The most bytes of one file.
    public var fileSize: Int64
    /// The longest path, in bytes.
    public var pathLength: Int

    /// Takes the parts.
    public init(entries: Int = 200_000, size: Int64 = 20 << 30, fileSize: Int64 = 8 << 30, pathLength: Int = 1024) {
        self.entries = entries
        self.size = size
        self.fileSize = fileSize
        self.pathLength = pathLength
    }
}
