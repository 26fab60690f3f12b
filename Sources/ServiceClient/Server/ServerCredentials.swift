import Content
public import Diagnostics
import FoundationEssentials
import OCI
public import Registry
public import SystemPackage
import Transfer

/// Who we are to servers: the token of the environment for whichever server is asked, else what `cooperage login` stored.
public struct ServerCredentials: Sendable {
    /// The variable that holds a token.
    public static let variable = "COOPERAGE_TOKEN"
    /// The variable that names a file with a token.
    public static let fileVariable = "COOPERAGE_TOKEN_FILE"
    /// The variable that says whom a CI's token is meant for, where that is not the server's URL.
    public static let audienceVariable = "COOPERAGE_TOKEN_AUDIENCE"

    /// Where tokens are stored, readable by their owner alone.
    public let file: FilePath
    private let environment: [String: String]

    private struct Document: Codable {
        struct Entry: Codable {
            var token: String?
            var tokenFile: String?
            var authority: String?
            var certificate: String?
            var key: String?

            private enum CodingKeys: String, CodingKey {
                case token
                case tokenFile = "token_file"
                case authority = "ca_file"
                case certificate = "cert_file"
                case key = "key_file"
            }
        }

        var servers: [String: Entry] = [:]
    }

    /// What is remembered of who we are.
    public enum Token: Sendable, Hashable {
        /// A token.
        case text(Secret)
        /// A file that holds one, by an absolute path.
        case file(FilePath)
        /// None: the certificate says it.
        case none
    }

    /// Finds the file of an environment: `$XDG_CONFIG_HOME/cooperage/servers.json`, else
    /// `~/.config/cooperage/servers.json` (XDG base directory specification; relative paths there are ignored).
    public init(environment: [String: String]) {
        self.environment = environment
        var directory = FilePath(environment["HOME"] ?? "/").appending(".config")
        if let path = environment["XDG_CONFIG_HOME"], path.hasPrefix("/") { directory = FilePath(path) }
        file = directory.appending("cooperage").appending("servers.json")
    }

    /// The variable of the environment that says who we are, and goes before what is stored.
    public var givenByEnvironment: String? {
        [Self.variable, Self.fileVariable].first { !(environment[$0] ?? "").isEmpty }
    }

    /// Where the token for a server comes from: the environment, what is stored, GitHub Actions where the job has its
    /// variables; from nowhere where there is nothing.
    /// - Throws: `ClientError` (`invalid_credentials`) with the variable or the file, never with what it holds.
    public func tokens(for server: ServerAddress) throws -> any TokenSource {
        if let text = environment[Self.variable], !text.isEmpty {
            return FixedToken(try Self.token(text, from: Self.variable))
        }
        if let path = environment[Self.fileVariable], !path.isEmpty {
            return TokenFile(FilePath(path), place: FailureContext("variable", Self.fileVariable))
        }
        let entry = try read().servers[server.key]
        if let text = entry?.token { return FixedToken(try Self.token(text, from: "'\(file)'")) }
        if let path = entry?.tokenFile { return TokenFile(FilePath(path), place: place) }
        let audience = environment[Self.audienceVariable].flatMap { $0.isEmpty ? nil : $0 } ?? server.description
        return try ActionsToken(environment: environment, audience: audience) ?? FixedToken(nil)
    }

    /// The files of the connection to a server: those of the environment, and for the rest those that are stored.
    public func files(for server: ServerAddress) throws -> ConnectionFiles {
        let entry = try read().servers[server.key]
        func named(_ path: String?) -> ConnectionFiles.Named? { path.map { .init(FilePath($0), place: place) } }
        return ConnectionFiles(environment: environment).completed(
            by: ConnectionFiles(
                authority: named(entry?.authority), certificate: named(entry?.certificate), key: named(entry?.key)))
    }

    private var place: FailureContext { FailureContext("file", file.string) }

    /// Stores who we are to a server, in place of what was stored before.
    /// - Parameter files: those of the connection, which are stored by their absolute paths.
    public func store(_ token: Token, files: ConnectionFiles = ConnectionFiles(), for server: ServerAddress) throws {
        var entry = Document.Entry()
        switch token {
        case .text(let secret): entry.token = secret.reveal()
        case .file(let path): entry.tokenFile = Self.absolute(path)
        case .none: break
        }
        entry.authority = files.authority.map { Self.absolute($0.path) }
        entry.certificate = files.certificate.map { Self.absolute($0.path) }
        entry.key = files.key.map { Self.absolute($0.path) }
        var document = try read()
        document.servers[server.key] = entry
        try write(document)
    }

    private static func absolute(_ path: FilePath) -> String {
        path.isAbsolute
            ? path.string
            : FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized().string
    }

    /// Forgets who we are to a server.
    /// - Returns: whether there was something.
    public func remove(for server: ServerAddress) throws -> Bool {
        var document = try read()
        guard document.servers.removeValue(forKey: server.key) != nil else { return false }
        try write(document)
        return true
    }

    /// A token as it was typed or piped.
    /// - Parameter place: where it comes from, for errors.
    public static func token(_ text: String, from place: String) throws(ClientError) -> Secret {
        let text = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard !text.isEmpty else { throw ClientError(.invalidCredentials, "\(place) holds no token") }
        // It becomes a header field.
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw ClientError(
                .invalidCredentials, "what \(place) holds is not a token",
                hints: ["a token is one word, as the server showed it when it was made"])
        }
        return Secret(text)
    }

    private func read() throws -> Document {
        guard let status = try FileSystem.status(file) else { return Document() }
        let place = [FailureContext("file", file.string)]
        guard status.mode & 0o077 == 0 else {
            throw ClientError(
                .invalidCredentials, "the file of tokens can be used by others than its owner", context: place,
                hints: ["chmod 600 \(file), and take the tokens in it back if others were here"])
        }
        // The decoder's own errors may quote what they could not read.
        guard let document = try? CanonicalJSON.decode(Document.self, from: Data(FileSystem.read(file, limit: 1 << 20)))
        else {
            throw ClientError(
                .invalidCredentials, "the file of tokens is not the JSON that 'cooperage login' writes",
                context: place, hints: ["remove it, and log in again"])
        }
        return document
    }

    private func write(_ document: Document) throws {
        try FileSystem.makeDirectory(file.removingLastComponent())
        try FileSystem.write(CanonicalJSON.encode(document), to: file, mode: 0o600)
    }
}
