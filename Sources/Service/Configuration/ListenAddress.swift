public import Diagnostics
public import SystemPackage

/// Where a server listens.
public enum ListenAddress: Sendable, Hashable {
    /// A host name or an IP address, and a port; port 0 is any free one.
    case tcp(host: String, port: Int)
    /// A socket in the file system, which its owner and group may use (mode 0660).
    case unix(FilePath)

    /// Reads `host:port`, `[IPv6 address]:port`, `:port`, which is every address of the machine, or `unix:/path`.
    /// - Throws: `ServiceError` (`invalid_configuration`).
    public init(_ text: String) throws(ServiceError) {
        if text.hasPrefix("unix:"), text.utf8.count > 5 {
            self = .unix(FilePath(String(text.dropFirst(5))))
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var host = parts.dropLast().joined(separator: ":")
        if host.isEmpty, parts.count == 2 { host = "0.0.0.0" }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let isName = !host.isEmpty && !host.contains { $0 == "/" || $0.isWhitespace }
        guard parts.count >= 2, let digits = parts.last, let port = UInt16(digits), digits.first != "+", isName,
            isBracketed || parts.count == 2
        else {
            throw ServiceError(
                .invalidConfiguration, "'\(text)' is no address to listen on",
                hints: ["an address reads host:port, [IPv6 address]:port or unix:/path; 0.0.0.0:8480 is all of IPv4"])
        }
        self = .tcp(host: isBracketed ? String(host.dropFirst().dropLast()) : host, port: Int(port))
    }
}

extension ListenAddress: CustomStringConvertible {
    /// As it is read.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
