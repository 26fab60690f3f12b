import Content
import SystemPackage
import Transfer

/// A file that a body is written to, from its start with each attempt.
///
/// Sendable although it changes: one attempt at a time uses it, on the client's thread while the request is under way,
/// and the task before and after.
final class ReceivedFile: @unchecked Sendable {
    private let path: FilePath
    private var file: TemporaryFile?
    /// The bytes so far.
    private(set) var count: Int64 = 0

    init(_ path: FilePath) { self.path = path }

    func sink() throws -> BodySink {
        let file = try TemporaryFile(besides: path, mode: 0o600)
        self.file = file
        count = 0
        return { bytes in
            try file.write(bytes)
            self.count += Int64(bytes.count)
        }
    }

    func commit() throws {
        try file?.commit(to: path, durably: false)
        file = nil
    }
}
