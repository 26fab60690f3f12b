import CISAL
public import Content
import Diagnostics

/// Inflates a gzip stream of any number of members by ISA-L, checking each member's CRC-32 and size.
public final class GzipReader: ByteReader {
    private let source: any ByteReader
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var isWithinMember = false

    /// Inflates what `source` holds.
    public init(_ source: any ByteReader) {
        self.source = source
        state.initialize(to: inflate_state())
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        state.pointee.avail_in = 0
    }

    deinit {
        state.deallocate()
        input.deallocate()
    }

    /// Inflates the next bytes.
    /// - Throws: `LayerError` (`unreadable_layer`) when the stream is damaged or ends early.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !buffer.isEmpty else { return 0 }
        let room = UInt32(clamping: buffer.count)
        state.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = room
        while state.pointee.avail_out == room {
            if state.pointee.avail_in == 0 {
                let count = try source.read(into: input)
                guard count > 0 else {
                    guard !isWithinMember else {
                        throw LayerError(.unreadableLayer, "the gzip stream ends within a member")
                    }
                    return 0
                }
                state.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                state.pointee.avail_in = UInt32(count)
            }
            if !isWithinMember {
                // Zeros behind the last member are padding, as gzip takes them.
                while state.pointee.avail_in > 0, state.pointee.next_in?.pointee == 0 {
                    state.pointee.next_in += 1
                    state.pointee.avail_in -= 1
                }
                if state.pointee.avail_in == 0 { continue }
                isWithinMember = true
            }
            let code = isal_inflate(state)
            guard code == ISAL_DECOMP_OK || code == ISAL_END_INPUT || code == ISAL_OUT_OVERFLOW else {
                throw LayerError(.unreadableLayer, "the gzip stream is damaged (ISA-L says \(code))")
            }
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                isWithinMember = false
                let (next, available, out, room) = (
                    state.pointee.next_in, state.pointee.avail_in, state.pointee.next_out, state.pointee.avail_out
                )
                isal_inflate_reset(state)
                state.pointee.crc_flag = UInt32(ISAL_GZIP)
                state.pointee.next_in = next
                state.pointee.avail_in = available
                state.pointee.next_out = out
                state.pointee.avail_out = room
            }
        }
        return Int(room - state.pointee.avail_out)
    }
}
