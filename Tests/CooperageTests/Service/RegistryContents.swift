import Content
import Foundation
import OCI
import ServiceTesting
import SystemPackage
import TestSupport
import Transfer

/// What a registry has, asked of it and seen in its storage.
struct RegistryContents: Sendable {
    let registry: DockerRegistry
    private let http = HTTPClient()

    init(_ registry: DockerRegistry) { self.registry = registry }

    /// What a tag means: `repository:tag`.
    func digest(_ name: String) async throws -> String? {
        let parts = name.split(separator: ":")
        var request = HTTPRequest(
            .head, try HTTPURL("http://\(registry.host)/v2/\(parts[0])/manifests/\(parts[1])"))
        request.headers["Accept"] = "application/vnd.oci.image.manifest.v1+json"
        let response = try await http.send(request)
        return response.isSuccess ? response.headers["Docker-Content-Digest"] : nil
    }

    /// Every manifest that was ever pushed to a repository.
    func manifests(_ repository: String) throws -> [String] {
        try names(repository, "_manifests/revisions/sha256").map { "sha256:\($0)" }
    }

    /// Everything that a tag ever meant.
    func history(_ name: String) throws -> [String] {
        let parts = name.split(separator: ":").map(String.init)
        return try names(parts[0], "_manifests/tags/\(parts[1])/index/sha256").map { "sha256:\($0)" }
    }

    private func names(_ repository: String, _ rest: String) throws -> [String] {
        let path = registry.storage.pushing(FilePath("docker/registry/v2/repositories/\(repository)/\(rest)"))
        return FileSystem.exists(path) ? try FileSystem.names(in: path) : []
    }
}
