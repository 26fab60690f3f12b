import Content
import Diagnostics
import FoundationEssentials
public import SystemPackage

/// The credentials in docker's `config.json`, as `docker login` writes them where no helper is set up.
public struct DockerConfiguration: CredentialSource {
    private let credentials: [String: Credential]

    private struct Document: Decodable {
        struct Entry: Decodable {
            var auth: String?
            var username: String?
            var password: String?
        }
        var auths: [String: Entry]?
    }

    /// Reads the file of an environment: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`. None is fine.
    public init(environment: [String: String]) throws {
        if let directory = environment["DOCKER_CONFIG"], !directory.isEmpty {
            try self.init(file: FilePath(directory).appending("config.json"))
        } else {
            let home = environment["HOME"] ?? "/"
            try self.init(file: FilePath(home).appending(".docker").appending("config.json"))
        }
    }

    /// Reads a file; one that does not exist holds nothing.
    /// - Throws: `RegistryError` (`invalid_credentials`) with the file's path, never with its content.
    public init(file: FilePath) throws {
        guard try FileSystem.status(file) != nil else {
            credentials = [:]
            return
        }
        let bytes = try FileSystem.read(file, limit: 4 << 20)
        // The decoder's own errors may quote what they could not read.
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
            throw Self.invalid("it is not the JSON that docker writes", file)
        }
        var credentials: [String: Credential] = [:]
        for (key, entry) in (document.auths ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let credential = try Self.credential(entry, key, file) else { continue }
            credentials[Self.registry(key)] = credential
        }
        self.credentials = credentials
    }

    /// The credential that the file has for a registry.
    public func credential(for registry: String) -> Credential? { credentials[Self.registry(registry)] }

    private static func credential(_ entry: Document.Entry, _ key: String, _ file: FilePath) throws -> Credential? {
        if let auth = entry.auth, !auth.isEmpty {
            guard let decoded = Data(base64Encoded: auth).map({ String(decoding: $0, as: UTF8.self) }),
                let colon = decoded.firstIndex(of: ":")
            else { throw invalid("the 'auth' of \(redacted(url: key)) is not the base64 of user:password", file) }
            // Docker pads with NUL bytes at times.
            let password = decoded[decoded.index(after: colon)...].prefix { $0 != "\0" }
            return Credential(user: String(decoded[..<colon]), password: Secret(String(password)))
        }
        guard let user = entry.username, let password = entry.password else { return nil }
        return Credential(user: user, password: Secret(password))
    }

    private static func invalid(_ why: String, _ file: FilePath) -> RegistryError {
        RegistryError(
            .invalidCredentials, "docker's configuration cannot be used: \(why)",
            context: [FailureContext("file", file.string)], hints: ["log in again with 'docker login'"])
    }

    /// The registry that a key of the file names: `https://host/v1/` and `host` are the same, and Docker Hub has
    /// several names.
    static func registry(_ key: String) -> String {
        var host = Substring(key)
        for scheme in ["https://", "http://"] where host.hasPrefix(scheme) { host = host.dropFirst(scheme.count) }
        let name = host.prefix { $0 != "/" }.lowercased()
        return ["index.docker.io", "registry-1.docker.io"].contains(name) ? "docker.io" : name
    }
}
