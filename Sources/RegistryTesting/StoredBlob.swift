import Content
import OCI
import Synchronization

/// A blob that a `TestRegistry` has.
struct StoredBlob: Sendable {
    let size: Int
    /// Nil where the registry keeps no content, and knows its digest alone.
    let bytes: [UInt8]?
}

/// The bytes of an upload on their way in, hashed as they come.
///
/// Its requests follow one another; where two come at once, the digest is wrong at the end, as with any registry.
final class UploadContent: Sendable {
    private struct State {
        var count = 0
        var bytes: [UInt8]?
        let digester: Digester
    }

    private let state: Mutex<State>

    /// - Parameter keepsBytes: whether the bytes are kept beside their digest.
    init(keepsBytes: Bool) throws {
        state = Mutex(State(bytes: keepsBytes ? [] : nil, digester: try Digester()))
    }

    /// How many bytes are there.
    var count: Int { state.withLock { $0.count } }

    /// Takes the next bytes.
    func append(_ piece: ArraySlice<UInt8>) {
        state.withLock { state in
            state.count += piece.count
            state.bytes?.append(contentsOf: piece)
            piece.withUnsafeBytes { state.digester.update($0) }
        }
    }

    /// Ends the upload. It is to be called once.
    func finish() -> (digest: Digest, blob: StoredBlob) {
        state.withLock { ($0.digester.finish(), StoredBlob(size: $0.count, bytes: $0.bytes)) }
    }
}
