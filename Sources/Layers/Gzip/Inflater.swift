import CISAL
import Diagnostics

/// Inflates raw DEFLATE streams (RFC 1951) by ISA-L, in a window of fixed size whatever the stream's length.
///
/// It is used again for stream after stream and belongs to one thread at a time.
final class Inflater {
    // Some 80 kB, too large for the stack of a task.
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
    private(set) var isFinished = false

    init() {
        state.initialize(to: inflate_state())
        isal_inflate_init(state)
    }

    deinit {
        state.deallocate()
        output.deallocate()
    }

    /// Starts a new stream.
    func reset() {
        isal_inflate_reset(state)
        state.pointee.crc_flag = UInt32(ISAL_DEFLATE)
        isFinished = false
    }

    /// Inflates the next part of a stream.
    ///
    /// - Parameters:
    ///   - input: the part.
    ///   - body: takes what it inflates to, in pieces.
    /// - Returns: how many bytes of `input` the stream used: all of them, unless its end lies within. May be negative
    ///   when the end lay before `input` but had not been seen.
    /// - Throws: `LayerError` (`corrupt_entry`) when the bytes are no DEFLATE stream, and what `body` throws.
    func inflate(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        guard !isFinished, let base = input.baseAddress else { return 0 }
        state.pointee.next_in = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(input.count)
        while true {
            state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            state.pointee.avail_out = UInt32(output.count)
            let code = isal_inflate(state)
            guard code == ISAL_DECOMP_OK || code == ISAL_END_INPUT || code == ISAL_OUT_OVERFLOW else {
                throw LayerError(.corruptEntry, "the DEFLATE stream is damaged (ISA-L says \(code))")
            }
            let produced = output.count - Int(state.pointee.avail_out)
            if produced > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<produced])) }
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                isFinished = true
                // Whole bytes that were read ahead into the bit buffer lie behind the stream's end.
                let readAhead = max(0, Int(state.pointee.read_in_length)) / 8
                return input.count - Int(state.pointee.avail_in) - readAhead
            }
            // Room left over in the output means that the input is used up.
            if state.pointee.avail_in == 0, state.pointee.avail_out > 0 { return input.count }
        }
    }
}
