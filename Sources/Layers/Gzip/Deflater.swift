import CZlib
import Diagnostics

/// Deflates by zlib, so that the result depends on the bytes alone.
///
/// Not by ISA-L, which is four times as fast: its plain C, SSE4 and Arm code find other matches, so a layer would have
/// another digest on another processor, and its output depends on how the input is fed, too. Little is deflated here,
/// since a wheel's own streams are taken over.
///
/// A deflater is used again for stream after stream and belongs to one thread at a time.
final class Deflater {
    /// What the content is like.
    enum Strategy {
        /// Any content.
        case general
        /// Tar headers: short, and most of it runs of one byte. Looking for runs alone takes half the time and gives
        /// less.
        case runs
    }

    /// The length in which contents are read and fed, in bytes.
    static let blockSize = 256 << 10

    // zlib keeps a pointer to the stream, so it stays where it is.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)

    init(_ strategy: Strategy = .general) throws(LayerError) {
        stream.initialize(to: z_stream())
        let code =
            switch strategy {
            case .general: cooperage_deflate_init(stream, 1, 15, 8, Z_DEFAULT_STRATEGY)
            case .runs: cooperage_deflate_init(stream, 1, 12, 4, Z_RLE)
            }
        guard code == Z_OK else { throw LayerError(.unavailable, "zlib cannot start to deflate (it says \(code))") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Starts a new stream.
    func reset() { deflateReset(stream) }

    /// Deflates the next part of a stream; how a stream is divided into parts does not change what comes out.
    ///
    /// - Parameters:
    ///   - part: the bytes.
    ///   - isLast: whether the stream ends with them.
    ///   - body: takes compressed bytes.
    func deflate(_ part: UnsafeRawBufferPointer, isLast: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(part.count)
        repeat {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let code = CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
            // No progress is possible where neither input nor output is left over, which is fine.
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                throw LayerError(.unavailable, "zlib cannot deflate (it says \(code))")
            }
            let produced = output.count - Int(stream.pointee.avail_out)
            if produced > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<produced])) }
        } while stream.pointee.avail_out == 0
    }
}
