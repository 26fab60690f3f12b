public import Diagnostics
import Glibc
public import SystemPackage

/// A file that is being written and has no name of its own yet: it takes its name when it is whole, or vanishes.
public final class TemporaryFile {
    /// Where it lies meanwhile.
    public let path: FilePath
    private var descriptor: Int32
    private var isCommitted = false

    /// Makes a file in a directory.
    /// - Throws: `ContentError` with the directory's path.
    public init(in directory: FilePath, mode: UInt32 = 0o666) throws(ContentError) {
        // A random name of 64 bits that must not exist: mkstemp would leave the descriptor open across an exec.
        path = directory.appending("partial-\(String(UInt64.random(in: .min ... .max), radix: 16))")
        descriptor = Glibc.open(path.string, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw FileSystem.failure("create a file in", directory) }
    }

    /// Makes a file in the directory in which it will stay.
    public convenience init(besides destination: FilePath, mode: UInt32 = 0o666) throws(ContentError) {
        let parent = destination.removingLastComponent()
        try self.init(in: parent.isEmpty ? "." : parent, mode: mode)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isCommitted { unlink(path.string) }
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ContentError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                throw FileSystem.failure("write", path)
            }
        }
    }

    /// Appends bytes.
    public func write(_ bytes: [UInt8]) throws(ContentError) {
        var failure: ContentError?
        bytes.withUnsafeBytes { raw in
            do throws(ContentError) { try write(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Gives the file its name, replacing what had it.
    /// - Parameter durably: whether the bytes reach the device before the name does, so that a crash never leaves half a
    ///   file under it. What can be made again, and shows when it is broken, need not wait for the device.
    public func commit(to destination: FilePath, durably: Bool = true) throws(ContentError) {
        guard !durably || fdatasync(descriptor) == 0 else { throw FileSystem.failure("write", destination) }
        let open = descriptor
        descriptor = -1
        // Some file systems report a full disk only now.
        guard close(open) == 0 else { throw FileSystem.failure("write", destination) }
        try FileSystem.rename(path, to: destination)
        isCommitted = true
    }

    /// Gives the file a name that nothing has yet, durably.
    /// - Returns: whether it did; where something has the name, the file vanishes.
    func commit(toNew destination: FilePath) throws(ContentError) -> Bool {
        guard fdatasync(descriptor) == 0 else { throw FileSystem.failure("write", destination) }
        if Glibc.link(path.string, destination.string) == 0 { return true }
        guard errno == EEXIST else { throw FileSystem.failure("create", destination) }
        return false
    }
}
