import CISAL
import Diagnostics

/// Deflates by ISA-L so that the result depends on the bytes alone.
///
/// ISA-L's output depends on how its input is fed, and at level 3 on the processor, too. So whoever uses this feeds
/// blocks of `blockSize`, aligned to the start of the content, at level 1.
final class Deflater {
    /// The length of every fed block but the last, in bytes.
    static let blockSize = 256 << 10

    private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    private let levelBuffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: cooperage_isal_level1_buffer_size(), alignment: 64)
    // Larger than any block can become, so that output never runs out in the middle of a block.
    private let output = UnsafeMutableRawBufferPointer.allocate(
        byteCount: blockSize + (blockSize >> 3) + 4096, alignment: 64)

    init() {
        stream.initialize(to: isal_zstream())
        levelBuffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        stream.deallocate()
        levelBuffer.deallocate()
        output.deallocate()
    }

    /// Starts a new stream.
    func reset() {
        isal_deflate_init(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = levelBuffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.level_buf_size = UInt32(levelBuffer.count)
        stream.pointee.gzip_flag = UInt16(IGZIP_DEFLATE)
        stream.pointee.flush = UInt16(NO_FLUSH)
    }

    /// Deflates the next block of a stream.
    ///
    /// - Parameters:
    ///   - block: `blockSize` bytes, or fewer if it is the last one.
    ///   - isLast: whether the stream ends with it.
    ///   - body: takes compressed bytes.
    func deflate(_ block: UnsafeRawBufferPointer, isLast: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
    {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: block.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(block.count)
        stream.pointee.end_of_stream = isLast ? 1 : 0
        repeat {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let code = isal_deflate(stream)
            guard code == COMP_OK else {
                throw LayerError(.unavailable, "ISA-L cannot deflate (it says \(code))")
            }
            let produced = output.count - Int(stream.pointee.avail_out)
            if produced > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<produced])) }
        } while stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0
    }
}
