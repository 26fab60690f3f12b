import Content
import Diagnostics
import FoundationEssentials
import OCI
import Programs
public import SystemPackage

/// Writes the file that docker and podman read, with all that is in it for others: by a helper where the file names one,
/// else into the file itself, which nobody but its owner can read.
public struct CredentialFileEditor: Sendable {
    /// The file: that of `REGISTRY_AUTH_FILE`, else docker's.
    public let path: FilePath
    private let environment: [String: String]

    /// Finds the file of an environment.
    public init(environment: [String: String]) {
        let named = environment["REGISTRY_AUTH_FILE"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        path = named ?? CredentialFiles.dockerFile(environment)
        self.environment = environment
    }

    /// Keeps a credential in place of what was kept before.
    /// - Returns: the helper that keeps it, or nil where the file does.
    public func store(_ credential: Credential, for registry: String) async throws -> String? {
        let server = CredentialKey.server(registry)
        var document = try read()
        let helper = try helper(of: registry)
        var entry: [String: JSONTree] = [:]
        if let helper {
            let question = [
                "ServerURL": server, "Username": credential.user, "Secret": credential.password.reveal(),
            ]
            let output = try await helper.run(
                "store", about: server, input: [UInt8](try CanonicalJSON.encode(question)))
            guard output.succeeded else { throw helper.failure("does not keep the password", output, about: server) }
        } else {
            let pair = "\(credential.user):\(credential.password.reveal())"
            entry["auth"] = .text(Data(pair.utf8).base64EncodedString())
        }
        var entries = others(in: document, than: registry)
        // An empty entry tells docker, too, that somebody is logged in there.
        entries[server] = .object(entry)
        document["auths"] = .object(entries)
        try write(document)
        return helper?.program
    }

    /// Forgets the credential for a registry.
    /// - Returns: whether there was one.
    public func remove(for registry: String) async throws -> Bool {
        let server = CredentialKey.server(registry)
        var document = try read()
        var isKnown = false
        if let helper = try helper(of: registry) {
            // What it does not know it does not erase, and says so in many ways.
            isKnown = try await helper.run("get", about: server, input: Array(server.utf8)).succeeded
            if isKnown {
                let output = try await helper.run("erase", about: server, input: Array(server.utf8))
                guard output.succeeded else {
                    throw helper.failure("does not forget the password", output, about: server)
                }
            }
        }
        let kept = others(in: document, than: registry)
        if case .object(let entries)? = document["auths"], entries.count > kept.count {
            document["auths"] = .object(kept)
            try write(document)
            isKnown = true
        }
        return isKnown
    }

    private func helper(of registry: String) throws -> CredentialHelper? {
        guard let file = try CredentialFile(path) else { return nil }
        let name =
            CredentialKey.serving(registry, repository: nil).first.flatMap { file.helpers[$0]?.name } ?? file.store
        return name.map { CredentialHelper($0, namedIn: path, environment: environment) }
    }

    /// The entries of other registries, and of namespaces.
    private func others(in document: [String: JSONTree], than registry: String) -> [String: JSONTree] {
        guard case .object(let entries)? = document["auths"] else { return [:] }
        let keys = CredentialKey.serving(registry, repository: nil)
        return entries.filter { !keys.contains(CredentialKey($0.key)) }
    }

    private func read() throws -> [String: JSONTree] {
        guard try FileSystem.status(path) != nil else { return [:] }
        let bytes = try FileSystem.read(path, limit: 4 << 20)
        guard let document = try? CanonicalJSON.decode([String: JSONTree].self, from: Data(bytes)) else {
            throw RegistryError(
                .invalidCredentials, "the registries' credentials cannot be written: the file is no JSON object",
                context: [FailureContext("file", path.string)], hints: ["repair it, or move it out of the way"])
        }
        return document
    }

    private func write(_ document: [String: JSONTree]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Behind a link, as files of settings often are, stays behind the link.
        let target =
            try FileSystem.status(path, followingLinks: false)?.kind == .symbolicLink ? Self.resolved(path) : path
        try FileSystem.makeDirectory(target.removingLastComponent())
        try FileSystem.write(encoder.encode(document) + Data("\n".utf8), to: target, mode: 0o600)
    }

    private static func resolved(_ path: FilePath) throws -> FilePath {
        let target = FilePath(try FileSystem.linkTarget(path))
        return target.isAbsolute ? target : path.removingLastComponent().pushing(target)
    }
}
