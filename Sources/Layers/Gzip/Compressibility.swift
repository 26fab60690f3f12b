public import Content

/// Whether deflating is worth it: told from samples of the content, so that it depends on the bytes alone.
public enum Compressibility {
    /// Whether a content does not shrink by a thirtieth.
    /// - Parameters:
    ///   - source: the content.
    ///   - size: its length in bytes.
    public static func isIncompressible(_ source: any RandomAccessReader, size: Int64) throws -> Bool {
        let sampleSize = Int64(Deflater.blockSize)
        guard size >= sampleSize else { return false }
        let deflater = try Deflater()
        var before = 0
        var after = 0
        // The start, which may be a header, the middle and the end.
        for offset in [0, (size - sampleSize) / 2, size - sampleSize] {
            let sample = try source.bytes(at: offset, count: Int(sampleSize))
            before += sample.count
            deflater.reset()
            try sample.withUnsafeBytes { raw in
                try deflater.deflate(raw, isLast: true) { after += $0.count }
            }
        }
        return after * 30 >= before * 29
    }
}
