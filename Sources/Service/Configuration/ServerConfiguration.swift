import Content
public import Database
public import Diagnostics
public import SystemPackage

/// What a server is told by its configuration file, or by a data directory alone.
public struct ServerConfiguration: Sendable {
    /// What holds for the whole server.
    public var settings: ServiceSettings
    /// Where clients find it.
    public var listen = ListenAddress.tcp(host: "127.0.0.1", port: 8480)
    /// Its certificate; nil speaks plain HTTP.
    public var tls: TLSFiles?
    /// A unix socket beside the address; nil opens none.
    public var unixSocket: UnixSocket?
    /// Whether callers from this machine need no token.
    public var allowsAnonymousLoopback = false
    /// The projects that are set at each start.
    public var projects: [Project] = []
    /// The file of the vault's keys; nil keeps a key in the data directory.
    public var keysFile: FilePath?
    /// The database as the file has it, before the environment is asked.
    var database = DatabaseSetting()

    /// A unix socket. Whoever may open it is known by that.
    public struct UnixSocket: Sendable, Hashable {
        /// Where it lies.
        public var path: FilePath
        /// The permission bits.
        public var mode: UInt32
        /// The project in which its callers act.
        public var project: String
        /// What they may do there.
        public var role: Role

        /// Takes the parts.
        public init(
            path: FilePath, mode: UInt32 = 0o660, project: String = Project.defaultName, role: Role = .builder
        ) {
            self.path = path
            self.mode = mode
            self.project = project
            self.role = role
        }
    }

    /// The usual configuration with a data directory: SQLite and a key in it, a loopback address.
    public init(dataDirectory: FilePath) { settings = ServiceSettings(dataDirectory: dataDirectory) }

    /// Reads a configuration file. Relative paths in it start at its directory.
    /// - Throws: `ServiceError` (`invalid_configuration`) with file and line.
    public init(file: FilePath) throws {
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(file, limit: 1 << 20)
        } catch {
            throw ServiceError(
                .invalidConfiguration, "the server's configuration cannot be read",
                context: [FailureContext("file", file.string)], cause: error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServiceError(
                .invalidConfiguration, "the server's configuration is not UTF-8",
                context: [FailureContext("file", file.string)])
        }
        try self.init(yaml: text, file: file)
    }

    /// Reads the text of a configuration file.
    /// - Parameter file: where the text comes from: for errors, and where relative paths start.
    /// - Throws: `ServiceError` (`invalid_configuration`) with file and line.
    public init(yaml text: String, file: FilePath) throws {
        let root = try ConfigurationNode(yaml: text, file: file.string)
        self = try ConfigurationReader(directory: file.removingLastComponent()).configuration(root)
    }

    /// The vault's keys: those of `COOPERAGE_VAULT_KEYS`, else of the file that the configuration names, else the one in
    /// the data directory, which is made at the first start.
    /// - Throws: `ServiceError` (`invalid_configuration`).
    public func vaultKeys(environment: [String: String]) throws -> VaultKeys {
        if let text = environment["COOPERAGE_VAULT_KEYS"], !text.isEmpty {
            return try VaultKeys(text, origin: "COOPERAGE_VAULT_KEYS")
        }
        if let keysFile { return try VaultKeys(file: keysFile) }
        return try VaultKeys.embedded(in: settings.dataDirectory)
    }

    /// The database: that of `COOPERAGE_DATABASE_URL`, else of the configuration with the password of the file that it
    /// names.
    /// - Throws: `ServiceError` (`invalid_configuration`); no password is in it.
    public func databaseAddress(environment: [String: String]) throws -> DatabaseAddress {
        if let text = environment["COOPERAGE_DATABASE_URL"], !text.isEmpty {
            do {
                return try DatabaseAddress(text, dataDirectory: settings.dataDirectory)
            } catch {
                throw ServiceError(
                    .invalidConfiguration, "COOPERAGE_DATABASE_URL cannot be used", hints: error.hints, cause: error)
            }
        }
        return try database.address(dataDirectory: settings.dataDirectory)
    }
}

/// Where the service's memory lies.
public enum DatabaseAddress: Sendable, Hashable {
    /// A file of SQLite.
    case sqlite(FilePath)
    /// A MySQL or MariaDB server.
    case mysql(MySQLAddress)

    /// Reads `sqlite`, which is `cooperage.db` in the data directory, `sqlite:PATH`, or a `mysql://` address.
    /// - Throws: `DatabaseError` (`invalid_address`); no password is in it.
    public init(_ text: String, dataDirectory: FilePath) throws(DatabaseError) {
        if text == "sqlite" {
            self = .sqlite(dataDirectory.appending("cooperage.db"))
        } else if text.hasPrefix("sqlite:"), text.utf8.count > "sqlite:".utf8.count {
            self = .sqlite(dataDirectory.pushing(FilePath(String(text.dropFirst("sqlite:".count)))))
        } else {
            self = .mysql(try MySQLAddress(text))
        }
    }
}

/// The database as a configuration has it.
struct DatabaseSetting: Sendable, Hashable {
    var text = "sqlite"
    var passwordFile: FilePath?

    func address(dataDirectory: FilePath) throws -> DatabaseAddress {
        let address = try DatabaseAddress(text, dataDirectory: dataDirectory)
        guard let passwordFile, case .mysql(var server) = address else { return address }
        do {
            // An editor's last line feed is no part of it.
            let lines = String(decoding: try FileSystem.read(passwordFile, limit: 1 << 16), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            server.password = String(lines.first ?? "")
        } catch {
            throw ServiceError(
                .invalidConfiguration, "the database's password cannot be read",
                context: [FailureContext("file", passwordFile.string)], cause: error)
        }
        return .mysql(server)
    }
}

extension BuildService {
    /// Sets the projects of a configuration, where they are not as it says already.
    public func apply(_ configuration: ServerConfiguration) async throws {
        let caller = Caller(name: "configuration", project: nil, role: .admin)
        for project in configuration.projects where try await store.project(project.name) != project {
            try await setProject(project, by: RequestContext(caller: caller, id: "start"))
        }
    }
}
