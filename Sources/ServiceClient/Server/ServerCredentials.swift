import Content
public import Diagnostics
import FoundationEssentials
import OCI
public import Registry
public import SystemPackage

/// The tokens of servers: `COOPERAGE_TOKEN` for whichever server is asked, else what `cooperage login` stored.
public struct ServerCredentials: Sendable {
    /// The variable that holds a token.
    public static let variable = "COOPERAGE_TOKEN"

    /// Where tokens are stored, readable by their owner alone.
    public let file: FilePath
    private let environment: [String: String]

    private struct Document: Codable {
        struct Entry: Codable { var token: String }
        var servers: [String: Entry] = [:]
    }

    /// Finds the file of an environment: `$XDG_CONFIG_HOME/cooperage/servers.json`, else
    /// `~/.config/cooperage/servers.json` (XDG base directory specification; relative paths there are ignored).
    public init(environment: [String: String]) {
        self.environment = environment
        var directory = FilePath(environment["HOME"] ?? "/").appending(".config")
        if let path = environment["XDG_CONFIG_HOME"], path.hasPrefix("/") { directory = FilePath(path) }
        file = directory.appending("cooperage").appending("servers.json")
    }

    /// Whether the environment holds a token, which goes before what is stored.
    public var isGivenByEnvironment: Bool { !(environment[Self.variable] ?? "").isEmpty }

    /// The token for a server, or nil to come without.
    /// - Throws: `ClientError` (`invalid_credentials`) with the variable or the file, never with what it holds.
    public func token(for server: ServerAddress) throws -> Secret? {
        if let text = environment[Self.variable], !text.isEmpty { return try Self.token(text, from: Self.variable) }
        return try read().servers[server.key].map { try Self.token($0.token, from: "'\(file)'") }
    }

    /// Stores a token for a server, in place of an earlier one.
    public func store(_ token: Secret, for server: ServerAddress) throws {
        var document = try read()
        document.servers[server.key] = .init(token: token.reveal())
        try write(document)
    }

    /// Forgets a server's token.
    /// - Returns: whether there was one.
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
