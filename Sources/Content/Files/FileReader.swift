public import Diagnostics
import Glibc
public import SystemPackage

/// A file as a stream, and from any offset.
///
/// Sendable although a class: the descriptor never changes, random reads use `pread`, and the position of the stream
/// belongs to whoever streams, one thread at a time as `ByteReader` asks.
public final class FileReader: ByteReader, RandomAccessReader, @unchecked Sendable {
    private let descriptor: Int32
    private let path: FilePath
    private var position: Int64 = 0

    /// The length when the file was opened.
    public let size: Int64

    /// Opens a file.
    /// - Throws: `ContentError` with the path.
    public init(_ path: FilePath) throws(ContentError) {
        self.path = path
        descriptor = Glibc.open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystem.failure("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = FileSystem.failure("look at", path)
            close(descriptor)
            throw failure
        }
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads on from where the last call ended.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try read(into: buffer, at: position)
        position += Int64(count)
        return count
    }

    /// Reads from an offset.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            guard errno == EINTR else { throw FileSystem.failure("read", path) }
        }
    }
}
