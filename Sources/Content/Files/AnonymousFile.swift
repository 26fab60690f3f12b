public import Diagnostics
import Glibc
public import SystemPackage

/// Bytes that another program shall read by a path, and that no directory has a name for: they are gone with this value,
/// and with this process, however it ends.
///
/// The path leads through this process's open files (`/proc/PID/fd/N`), which only its own user may follow.
public final class AnonymousFile: Sendable {
    private let descriptor: Int32

    /// Keeps bytes, in memory where the system has a file system for that.
    public init(_ bytes: [UInt8]) throws(ContentError) {
        let directory: FilePath = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp"
        let path = directory.appending("cooperage-\(String(UInt64.random(in: .min ... .max), radix: 16))")
        let descriptor = Glibc.open(path.string, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileSystem.failure("create a file in", directory) }
        self.descriptor = descriptor
        // Before anything is in it.
        guard unlink(path.string) == 0 else { throw FileSystem.failure("remove", path) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw FileSystem.failure("write", directory)
            }
        }
    }

    deinit { close(descriptor) }

    /// Where another process of the same user reads it.
    public var path: FilePath { FilePath("/proc/\(getpid())/fd/\(descriptor)") }
}
