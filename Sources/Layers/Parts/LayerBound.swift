import Spec

// How long entries get in a layer: known before a byte is compressed, never too low, and for what a wheel has deflated
// almost exact. A layer is divided by these numbers, so that its parts follow from its entries and the limit alone.

/// The length in bytes that parts of a layer have at most in its gzip stream.
enum LayerBound {
    /// The frame of a gzip member.
    private static let member: Int64 = 18

    /// The end of a tar: zeros, in a member of their own.
    static let end: Int64 = 64

    /// A tar header with the padding before it. Of its 512 bytes most are runs of zeros; what is written is the path,
    /// the link's target and some numbers, each byte in nine bits at most. Pax records hold the names once more.
    static func header(path: String, target: String = "") -> Int64 {
        member + 384 + 3 * Int64(path.utf8.count + target.utf8.count)
    }

    /// A content that is deflated or stored here: zlib and stored blocks add less than a thousandth to what does not
    /// shrink.
    static func content(of size: Int64) -> Int64 { size == 0 ? 0 : member + size + size / 1024 + 64 }

    /// A content that is taken over as it is.
    static func content(deflated size: Int64) -> Int64 { member + size }
}

extension LayerEntry {
    /// How long the entry gets in a layer at most, in bytes.
    public var bound: Int64 {
        switch header.kind {
        case .directory: return LayerBound.header(path: header.path)
        case .symbolicLink(let target), .hardLink(let target):
            return LayerBound.header(path: header.path, target: target)
        case .file(let size):
            let content =
                if case .deflated(let span) = content {
                    LayerBound.content(deflated: span.compressedSize)
                } else {
                    LayerBound.content(of: size)
                }
            return LayerBound.header(path: header.path) + content
        }
    }

    /// The length that its content has in any layer, in bytes, if it is known: one that is compressed here may shrink.
    public var fixedSize: Int64? {
        switch content {
        case .deflated(let span): span.compressedSize
        case .stored: bound
        case .none, .bytes, .plain: nil
        }
    }
}

extension FileEntry {
    /// How long the entry gets in a layer at most, in bytes.
    var bound: Int64 {
        switch kind {
        case .directory: LayerBound.header(path: path)
        case .symbolicLink(let target): LayerBound.header(path: path, target: target)
        case .file(_, let size): LayerBound.header(path: path) + LayerBound.content(of: size)
        }
    }
}
