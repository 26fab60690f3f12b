import CCurl
import Glibc

/// The IP address of somebody who is about to be connected to, after names were looked up.
public struct PeerAddress: Sendable, Hashable {
    /// 4 bytes of IPv4, or 16 of IPv6. An IPv4 address that is written as an IPv6 one is the IPv4 one.
    public let bytes: [UInt8]

    /// Takes 4 or 16 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = Self.embedded(bytes) ?? bytes
    }

    /// Reads an address as URLs have it, IPv6 in brackets; nil for a name.
    public init?(host: String) {
        if host.hasPrefix("["), host.hasSuffix("]") {
            var address = in6_addr()
            // What follows a percent sign names an interface.
            let text = host.dropFirst().dropLast().prefix { $0 != "%" }
            guard inet_pton(AF_INET6, String(text), &address) == 1 else { return nil }
            self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
        } else {
            var address = in_addr()
            guard inet_pton(AF_INET, host, &address) == 1 else { return nil }
            self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
        }
    }

    /// The IPv4 address in an IPv6 one: mapped (RFC 4291, 2.5.5.2), or by the well-known prefix of NAT64 (RFC 6052).
    private static func embedded(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count == 16 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        let translated = [0x00, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)
        return bytes.starts(with: mapped) || bytes.starts(with: translated) ? Array(bytes[12...]) : nil
    }

    /// Whether it is this machine: 127.0.0.0/8, `::1`, and the unspecified addresses, which lead here, too.
    public var isLoopback: Bool {
        if bytes.count == 4 { return bytes[0] == 127 || bytes[0] == 0 }
        return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] <= 1
    }

    /// Whether it is on this machine's own wire alone: 169.254.0.0/16, where clouds hand out credentials, `fe80::/10`, and
    /// the addresses at which AWS does the same by IPv6, `fd00:ec2::/32`.
    public var isLinkLocal: Bool {
        if bytes.count == 4 { return bytes[0] == 169 && bytes[1] == 254 }
        return (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80) || bytes.starts(with: [0xfd, 0x00, 0x0e, 0xc2])
    }

    /// Whether it stands for several machines: multicast and broadcast.
    public var isGroup: Bool { bytes.count == 4 ? bytes[0] >= 224 : bytes[0] == 0xff }
}

extension PeerAddress: CustomStringConvertible {
    /// As people write it.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
