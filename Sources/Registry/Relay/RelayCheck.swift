import Content
import Diagnostics
import OCI
import Synchronization
import Transfer

/// Checks a blob's bytes as they go by, in however many requests, as long as they go by in order.
///
/// After a break some may go by twice, of which the second time is left out; whoever begins in the middle leaves the check to
/// the registry that takes the blob.
final class RelayCheck: Sendable {
    /// Sendable although it computes: the lock around it lets one at a time.
    private struct Running: @unchecked Sendable {
        var digester: Digester
    }

    private let digest: Digest
    private let size: Int64
    private let running: Mutex<Running>

    init(_ descriptor: Descriptor) throws {
        digest = descriptor.digest
        size = descriptor.size
        running = Mutex(Running(digester: try Digester()))
    }

    /// Takes the bytes from an offset on.
    /// - Throws: `TransferError` (`content_mismatch`) where these are the last ones, and they were others than was promised.
    func take(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        try running.withLock { running in
            let known = running.digester.count - offset
            guard known >= 0, known < bytes.count else { return }
            running.digester.update(UnsafeRawBufferPointer(rebasing: bytes[Int(known)...]))
            guard running.digester.count == size else { return }
            let found = running.digester.finish()
            guard found == digest else {
                running.digester = try Digester()
                throw TransferError(.contentMismatch, "the blob \(digest) arrives as \(found)")
            }
        }
    }
}
