public import Diagnostics
import FoundationEssentials

/// Where a MySQL or MariaDB server is, and who we are there:
/// `mysql://user:password@host:3306/database?ssl-mode=VERIFY_IDENTITY&ssl-ca=/path/ca.pem`, or with
/// `?socket=/run/mysqld/mysqld.sock`. `mariadb://` is the same.
public struct MySQLAddress: Sendable, Hashable {
    /// The host's name or address.
    public var host: String
    /// The port.
    public var port: UInt32
    /// The path of a unix socket, which goes before the host.
    public var socket: String?
    /// The user.
    public var user: String
    /// The password; never shown.
    public var password: String
    /// The database.
    public var database: String
    /// Whether and how the server is known.
    public var security: Security
    /// The file of the authorities that may vouch for the server; nil takes the system's.
    public var authorityFile: String?
    /// How many connections are open at most.
    public var connections: Int

    /// How a connection is secured, by the names of the `mysql` client's `--ssl-mode`.
    public enum Security: String, Sendable, Hashable, CaseIterable {
        /// No TLS.
        case disabled = "DISABLED"
        /// TLS, whoever the server is.
        case required = "REQUIRED"
        /// TLS with a server whose certificate is known and made out for its name.
        case verifyIdentity = "VERIFY_IDENTITY"
    }

    /// Reads an address. Without `ssl-mode` a socket and a loopback address go without TLS, every other server is verified.
    /// - Throws: `DatabaseError` (`invalidAddress`); the password is not in it.
    public init(_ text: String) throws(DatabaseError) {
        func refuse(_ why: String) -> DatabaseError {
            DatabaseError(
                .invalidAddress, "the address of the database \(why)",
                hints: ["write it as mysql://user:password@host:3306/database"])
        }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme,
            ["mysql", "mariadb"].contains(scheme.lowercased())
        else { throw refuse("does not begin with mysql://") }
        guard let user = parts.user, !user.isEmpty else { throw refuse("names no user") }
        let database = parts.path.drop { $0 == "/" }
        guard !database.isEmpty, !database.contains("/") else { throw refuse("names no database") }
        if let port = parts.port, !(1...65535).contains(port) { throw refuse("has the port \(port)") }
        host = parts.host.flatMap { $0.isEmpty ? nil : $0 } ?? "127.0.0.1"
        port = UInt32(parts.port ?? 3306)
        self.user = user
        password = parts.password ?? ""
        self.database = String(database)
        connections = 8
        var security: Security?
        for item in parts.queryItems ?? [] {
            let value = item.value ?? ""
            switch item.name {
            case "socket": socket = value
            case "ssl-ca": authorityFile = value
            case "ssl-mode":
                guard let mode = Security(rawValue: value.uppercased()) else {
                    let modes = Security.allCases.map(\.rawValue).joined(separator: ", ")
                    throw refuse("has the ssl-mode '\(value)', which is none of \(modes)")
                }
                security = mode
            case "connections":
                guard let count = Int(value), (1...256).contains(count) else {
                    throw refuse("has 'connections=\(value)', which is no number from 1 to 256")
                }
                connections = count
            default:
                throw refuse("has the option '\(item.name)', which is none of socket, ssl-mode, ssl-ca, connections")
            }
        }
        let isNear = socket != nil || host == "localhost" || host == "::1" || host.hasPrefix("127.")
        self.security = security ?? (isNear ? .disabled : .verifyIdentity)
    }

    /// The address without its password, for logs and errors.
    public var shown: String { "mysql://\(user)@\(socket ?? "\(host):\(port)")/\(database)" }
}
