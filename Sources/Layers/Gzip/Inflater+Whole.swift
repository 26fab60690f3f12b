import Diagnostics

extension Inflater {
    /// What a whole stream inflates to, in memory.
    /// - Parameters:
    ///   - stream: the stream and nothing behind it.
    ///   - size: what it was said to inflate to; more is refused.
    ///   - path: what messages call it.
    static func inflated(_ stream: [UInt8], size: Int64, path: String) throws -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(Int(size))
        let inflater = Inflater()
        inflater.reset()
        let used = try stream.withUnsafeBytes { raw in
            try inflater.inflate(raw) { piece in
                guard content.count + piece.count <= Int(size) else {
                    throw LayerError(.tooLarge, "the entry '\(path)' inflates to more than it declares")
                }
                content.append(contentsOf: piece)
            }
        }
        guard inflater.isFinished, used == stream.count else {
            throw LayerError(.corruptEntry, "the entry '\(path)' is no whole DEFLATE stream")
        }
        return content
    }
}
