import Synchronization

/// The body of an answer on its way into another request, with little of it in memory: the faster of the two transfers waits
/// for the other.
public final class BodyPipe: Sendable {
    /// Sendable although it is a pointer: the lock around it guards what it points to.
    private struct Ring: @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer
    }

    private struct State: ~Copyable, Sendable {
        private let memory: Ring
        var start = 0
        var count = 0
        var accepted: Int64 = 0
        var isSourceWaiting = false
        var isTargetWaiting = false
        var end: Result<Void, any Error>?

        init(capacity: Int) { memory = Ring(bytes: .allocate(byteCount: capacity, alignment: 64)) }

        deinit { memory.bytes.deallocate() }

        var capacity: Int { memory.bytes.count }

        /// Runs a body with the parts of the ring that begin at an offset, in order.
        func parts(_ offset: Int, _ length: Int) -> [UnsafeMutableRawBufferPointer] {
            let ring = memory.bytes
            let begin = (start + offset) % ring.count
            let first = min(length, ring.count - begin)
            return [
                UnsafeMutableRawBufferPointer(rebasing: ring[begin..<begin + first]),
                UnsafeMutableRawBufferPointer(rebasing: ring[..<(length - first)]),
            ]
        }
    }

    /// The flow of the transfer that fills it.
    public let source = TransferFlow()
    /// The flow of the transfer that empties it.
    public let target = TransferFlow()
    private let state: Mutex<State>

    /// - Parameter capacity: in bytes; more than libcurl hands over at a time, which is 16 KiB.
    public init(capacity: Int = 512 << 10) { state = Mutex(State(capacity: max(capacity, 64 << 10))) }

    /// How many bytes were put into it so far.
    public var accepted: Int64 { state.withLock { $0.accepted } }

    /// Puts bytes into it, all of them or none.
    /// - Throws: what a sink throws to wait, where there is no room.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        let wakes = try state.withLock { state in
            guard bytes.count <= state.capacity - state.count else {
                state.isSourceWaiting = true
                throw BodyPaused()
            }
            var rest = bytes
            for part in state.parts(state.count, bytes.count) {
                part.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(part.count)))
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            }
            state.count += bytes.count
            state.accepted += Int64(bytes.count)
            defer { state.isTargetWaiting = false }
            return state.isTargetWaiting
        }
        if wakes { target.resume() }
    }

    /// Tells that no more bytes come.
    /// - Parameter failure: why, where they should.
    public func finish(_ failure: (any Error)? = nil) {
        state.withLock { $0.end = failure.map { .failure($0) } ?? .success(()) }
        target.resume()
    }

    /// Takes bytes out of it.
    /// - Returns: how many; nil where there are none yet, 0 at the end.
    /// - Throws: why no more come, after all that came.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        let (count, wakes) = try state.withLock { state -> (Int?, Bool) in
            let count = min(buffer.count, state.count)
            guard count > 0 else {
                if let end = state.end {
                    try end.get()
                    return (0, false)
                }
                state.isTargetWaiting = true
                return (nil, false)
            }
            var offset = 0
            for part in state.parts(0, count) {
                UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]).copyMemory(
                    from: UnsafeRawBufferPointer(part))
                offset += part.count
            }
            state.start = (state.start + count) % state.capacity
            state.count -= count
            // Not for every few bytes: each time costs both threads a turn.
            guard state.isSourceWaiting, state.count <= state.capacity / 2 else { return (count, false) }
            state.isSourceWaiting = false
            return (count, true)
        }
        if wakes { source.resume() }
        return count
    }
}
