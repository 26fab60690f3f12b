import Content
import Diagnostics
import FoundationEssentials
import SystemPackage

/// What is in docker's `config.json`, or in podman's `auth.json`, which is like it (docker's "docker login";
/// containers-auth.json(5)).
struct CredentialFile: Sendable {
    /// Where it lies.
    let path: FilePath
    /// What stands in it, readable by whoever can read the file.
    private(set) var entries: [CredentialKey: Credential] = [:]
    /// The helpers of single registries: the key as it is written, and the helper's name.
    private(set) var helpers: [CredentialKey: (server: String, name: String)] = [:]
    /// The helper of all other registries.
    private(set) var store: String?

    private struct Document: Decodable {
        struct Entry: Decodable {
            var auth: String?
            var username: String?
            var password: String?
            var identitytoken: String?
        }
        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    /// Reads a file.
    /// - Returns: nil where there is none.
    /// - Throws: `RegistryError` (`invalid_credentials`) with the file's path, never with its content.
    init?(_ path: FilePath) throws {
        guard try FileSystem.status(path) != nil else { return nil }
        self.path = path
        let bytes = try FileSystem.read(path, limit: 4 << 20)
        // The decoder's own errors may quote what they could not read.
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
            throw Self.invalid("it is not the JSON that docker and podman write", path)
        }
        for (key, entry) in (document.auths ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let credential = try Self.credential(entry, key, path) else { continue }
            entries[CredentialKey(key)] = credential
        }
        for (key, name) in document.credHelpers ?? [:] where !name.isEmpty {
            helpers[CredentialKey(key)] = (key, name)
        }
        store = document.credsStore.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func credential(_ entry: Document.Entry, _ key: String, _ file: FilePath) throws -> Credential? {
        // What a login got in the place of the password goes before it.
        if let token = entry.identitytoken, !token.isEmpty { return Credential(identityToken: Secret(token)) }
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
            .invalidCredentials, "the registries' credentials cannot be used: \(why)",
            context: [FailureContext("file", file.string)],
            hints: ["repair it, or move it out of the way and log in again with 'cooperage login'"])
    }
}
