import Foundation

/// Ports that nobody has, and that the system gives nobody who asks for any: a process that is started again finds its
/// own free.
public func freePorts(_ count: Int) throws -> [Int] {
    var ports: [Int] = []
    for _ in 0..<1000 where ports.count < count {
        let port = Int.random(in: 15_000..<30_000)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        if isFree, !ports.contains(port) { ports.append(port) }
    }
    guard ports.count == count else { throw ServerProcess.Problem(description: "there are no \(count) free ports") }
    return ports
}
