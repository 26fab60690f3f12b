import Content
import Diagnostics
import Transfer

/// A part of a blob that is fetched while it is read, and kept nowhere.
final class RelayReader: FlowingReader {
    private let pipe: BodyPipe
    private let check: RelayCheck
    private var position: Int64
    private let fetching: Task<Void, Never>

    /// - Parameters:
    ///   - start: the part's first byte.
    ///   - check: hears all bytes.
    ///   - fetch: puts the part into the pipe.
    init(from start: Int64, check: RelayCheck, fetch: @escaping @Sendable (BodyPipe) async throws -> Void) {
        let pipe = BodyPipe()
        self.pipe = pipe
        self.check = check
        position = start
        fetching = Task {
            do {
                try await fetch(pipe)
                pipe.finish()
            } catch {
                pipe.finish(error)
            }
        }
    }

    deinit { fetching.cancel() }

    var flow: TransferFlow { pipe.target }

    func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        guard let count = try pipe.read(into: buffer) else { return nil }
        try check.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: position)
        position += Int64(count)
        return count
    }

    /// Nobody else than a request reads it: to wait here would hold the thread that the bytes come by.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        throw TransferError(.failed, "a blob on its way between registries is read by a request alone")
    }
}
