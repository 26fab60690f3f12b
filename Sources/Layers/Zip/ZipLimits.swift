/// What a ZIP archive may claim before it is taken for one made to do harm.
public struct ZipLimits: Sendable, Hashable {
    /// The largest number of entries.
    public var entries = 500_000
    /// The largest size of the central directory, in bytes: it is read as a whole.
    public var directorySize = 256 << 20
    /// The largest size of all contents together, in bytes, however large the archive is.
    public var uncompressedSize: Int64 = 64 << 30
    /// How much larger than the archive its contents may be together, once they are beyond `freeSize`. DEFLATE reaches
    /// 1,032 at most; real wheels stay under 30.
    public var ratio: Int64 = 200
    /// The size of all contents up to which the ratio is not asked for.
    public var freeSize: Int64 = 1 << 30

    /// The usual limits.
    public init() {}
}
