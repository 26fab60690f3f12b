import Content
import Diagnostics
import SystemPackage
public import Transfer

/// Who the user is at registries, by the files that docker and podman write, and by the helpers that these name.
///
/// `REGISTRY_AUTH_FILE` names one file and leaves the others out. Else docker's file comes first, and then podman's two: the
/// session's, below `XDG_RUNTIME_DIR`, and the user's own. In each the closest key wins (`host/team/app`, `host/team`,
/// `host`), and of one registry its helper, then the helper of all, then what stands in the file.
public struct CredentialFiles: CredentialSource {
    private let files: [CredentialFile]
    private let helpers: CredentialHelpers

    /// Reads the files of an environment; one that is not there holds nothing.
    /// - Throws: `RegistryError` (`invalid_credentials`) when a file cannot be read, or the one that is named is missing.
    public init(environment: [String: String], time: TimeSource = .system) throws {
        let named = environment["REGISTRY_AUTH_FILE"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        let files = try (named.map { [$0] } ?? Self.usual(environment)).compactMap { try CredentialFile($0) }
        if let named, files.isEmpty {
            throw RegistryError(
                .invalidCredentials, "there is no file '\(named)' with credentials of registries",
                context: [FailureContext("variable", "REGISTRY_AUTH_FILE")],
                hints: ["'cooperage login' makes it; or unset the variable"])
        }
        self.files = files
        helpers = CredentialHelpers(environment: environment, time: time)
    }

    /// Where docker's file is: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
    static func dockerFile(_ environment: [String: String]) -> FilePath {
        if let directory = environment["DOCKER_CONFIG"], !directory.isEmpty {
            return FilePath(directory).appending("config.json")
        }
        return FilePath(environment["HOME"] ?? "/").appending(".docker").appending("config.json")
    }

    private static func usual(_ environment: [String: String]) -> [FilePath] {
        func directory(_ name: String) -> FilePath? {
            environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) }
        }
        let settings = directory("XDG_CONFIG_HOME") ?? FilePath(environment["HOME"] ?? "/").appending(".config")
        let podmans = [directory("XDG_RUNTIME_DIR"), settings].compactMap(\.self)
        return [dockerFile(environment)]
            + podmans.map { $0.appending("containers").appending("auth.json") }
    }

    /// The credential for a registry as a whole.
    public func credential(for registry: String) async throws -> Credential? {
        try await credential(for: registry, repository: nil)
    }

    /// The credential for a repository.
    /// - Throws: `RegistryError` where a helper that is named is missing, or fails.
    public func credential(for registry: String, repository: String?) async throws -> Credential? {
        for file in files {
            for key in CredentialKey.serving(registry, repository: repository) {
                if let found = try await credential(key, registry, in: file) { return found }
            }
        }
        return nil
    }

    private func credential(_ key: CredentialKey, _ registry: String, in file: CredentialFile) async throws
        -> Credential?
    {
        let entry = file.entries[key]
        if let (server, name) = file.helpers[key] {
            // The name that the file has is what the helper was told when it was given the password.
            return try await helpers.credential(for: server, by: name, of: file.path) ?? entry
        }
        guard key.isRegistry, let store = file.store else { return entry }
        return try await helpers.credential(for: CredentialKey.server(registry), by: store, of: file.path) ?? entry
    }
}
