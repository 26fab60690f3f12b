import Foundation
import Glibc
import Synchronization

/// A client that asks for something and then reads slowly, or not at all.
final class SlowReader: Sendable {
    struct Problem: Error {}

    private let descriptor: Int32
    private let count = Mutex(0)
    private let isOver = Mutex(false)

    /// Connects, asks, and begins to read.
    /// - Parameter reads: whether it reads a byte a second; otherwise it reads nothing.
    init(_ origin: String, _ path: String, token: String, reads: Bool) throws {
        guard let port = origin.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Problem() }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // Little room, so that the server soon finds it full.
        var room: Int32 = 2048
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
        guard isConnected else { throw Problem() }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { throw Problem() }
        if reads {
            Thread.detachNewThread { [self] in
                var byte: UInt8 = 0
                while !isOver.withLock({ $0 }), read(descriptor, &byte, 1) == 1 {
                    count.withLock { $0 += 1 }
                    sleep(1)
                }
            }
        }
    }

    /// How many bytes were read.
    var bytes: Int { count.withLock { $0 } }

    /// Hangs up.
    func end() {
        isOver.withLock { $0 = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    deinit { close(descriptor) }
}
