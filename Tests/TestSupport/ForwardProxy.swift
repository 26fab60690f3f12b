import Foundation
import Synchronization

/// An HTTP proxy on a free port of 127.0.0.1 that knows where names lead which no name server does. It tunnels (CONNECT), and
/// passes plain requests on, one a connection.
public final class ForwardProxy: Sendable {
    /// `127.0.0.1:port`.
    public let host: String
    /// The first lines of what it was asked so far.
    public var requests: [String] { lines.withLock { $0 } }

    private let listener: Int32
    private let routes: [String: String]
    private let authorization: String?
    private let lines = Mutex<[String]>([])

    /// Starts a proxy.
    /// - Parameters:
    ///   - routes: `host:port` of this machine by `host:port` as it is asked for.
    ///   - credentials: `user:password`, without which it answers 407; nil serves everybody.
    public init(routes: [String: String], credentials: String? = nil) throws {
        self.routes = routes
        authorization = credentials.map { "Basic \(Data($0.utf8).base64EncodedString())" }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = descriptor
        var address = Self.address(port: 0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        guard isBound, listen(descriptor, 16) == 0 else {
            throw ServerProcess.Problem(description: "the proxy has no port")
        }
        var length = size
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        host = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { [self] in
                    serve(client)
                    close(client)
                }
            }
        }
    }

    /// Takes no further connections.
    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func serve(_ client: Int32) {
        guard let head = readHead(client) else { return }
        var fields = head.components(separatedBy: "\r\n").filter { !$0.isEmpty }
        let words = (fields.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return }
        lines.withLock { $0.append(words[0] + " " + words[1]) }
        func value(_ name: String) -> String? {
            fields.first { $0.lowercased().hasPrefix("\(name.lowercased()): ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
        guard authorization == nil || value("Proxy-Authorization") == authorization else {
            return send(
                "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n",
                to: client)
        }
        let isTunnel = words[0] == "CONNECT"
        let url = isTunnel ? nil : URLComponents(string: words[1])
        let target = isTunnel ? words[1] : "\(url?.host ?? ""):\(url?.port ?? 80)"
        guard let route = routes[target], let server = connect(to: route) else {
            return send("HTTP/1.1 403 Not there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", to: client)
        }
        defer { close(server) }
        if isTunnel {
            send("HTTP/1.1 200 Go on\r\n\r\n", to: client)
        } else {
            let query = url?.percentEncodedQuery.map { "?\($0)" } ?? ""
            fields[0] = "\(words[0]) \(url?.percentEncodedPath ?? "/")\(query) HTTP/1.1"
            let own = ["proxy-", "connection:"]
            fields.removeAll { field in own.contains { field.lowercased().hasPrefix($0) } }
            send(fields.joined(separator: "\r\n") + "\r\nConnection: close\r\n\r\n", to: server)
        }
        pass(between: client, and: server)
    }

    private func readHead(_ client: Int32) -> String? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while bytes.suffix(4) != end[...] {
            var byte: UInt8 = 0
            guard bytes.count < 64 << 10, recv(client, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func connect(to route: String) -> Int32? {
        guard let port = route.split(separator: ":").last.flatMap({ UInt16($0) }) else { return nil }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(server, $0, size) == 0 }
        }
        guard isConnected else {
            close(server)
            return nil
        }
        return server
    }

    private func send(_ text: String, to descriptor: Int32) { sendAll(Array(text.utf8)[...], to: descriptor) }

    @discardableResult
    private func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Passes bytes on in both directions until one side ends.
    private func pass(between one: Int32, and other: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var waiting = [one, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, 2, -1) > 0 else { return }
            for (entry, target) in zip(waiting, [other, one]) where entry.revents != 0 {
                let count = recv(entry.fd, &buffer, buffer.count, 0)
                guard count > 0, sendAll(buffer[..<count], to: target) else { return }
            }
        }
    }
}
