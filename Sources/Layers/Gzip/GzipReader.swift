import CISAL
public import Content
import Diagnostics

/// Inflates a gzip stream of any number of members by ISA-L, checking each member's CRC-32 and size.
public final class GzipReader: ByteReader {
    private let source: any ByteReader
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var isWithinMember = false
    private var isAtEnd = false

    /// ISA-L 2.30 forgets a member's flags where the input ends within its header. So a member is begun with its header
    /// at hand: an extra field of 64 KiB, and names.
    private static let headerRoom = 80 << 10

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
            try refill(to: isWithinMember ? 1 : Self.headerRoom)
            guard state.pointee.avail_in > 0 else {
                guard !isWithinMember else {
                    throw LayerError(.unreadableLayer, "the gzip stream ends within a member")
                }
                return 0
            }
            if !isWithinMember {
                // Zeros behind the last member are padding, as gzip takes them.
                if state.pointee.next_in?.pointee == 0 {
                    skipZeros()
                    continue
                }
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

    /// Reads on until so many bytes are at hand or the source ends.
    private func refill(to count: Int) throws {
        var filled = Int(state.pointee.avail_in)
        guard filled < count, !isAtEnd, let start = input.baseAddress else { return }
        if let rest = state.pointee.next_in, filled > 0 { start.copyMemory(from: rest, byteCount: filled) }
        while filled < count, !isAtEnd {
            let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: input[filled...]))
            isAtEnd = read == 0
            filled += read
        }
        state.pointee.next_in = start.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_in = UInt32(filled)
    }

    private func skipZeros() {
        while state.pointee.avail_in > 0, state.pointee.next_in?.pointee == 0 {
            state.pointee.next_in += 1
            state.pointee.avail_in -= 1
        }
    }
}
