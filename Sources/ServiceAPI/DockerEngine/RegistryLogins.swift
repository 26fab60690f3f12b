import Diagnostics
import FoundationEssentials
import HTTPTypes
import OCI
import Service

/// The registry credentials that docker's clients send along, base64 of JSON: `X-Registry-Auth` with one, and
/// `X-Registry-Config` with all that the client has, by registry.
enum RegistryLogins {
    private struct Login: Decodable {
        var username: String?
        var password: String?
        var auth: String?
        var identitytoken: String?
        var registrytoken: String?

        /// User and password, whichever way they are written; nil where there are none.
        var pair: (user: String, password: String)? {
            if let username, let password, !username.isEmpty || !password.isEmpty { return (username, password) }
            guard let auth, let data = Data(base64Encoded: auth) else { return nil }
            let parts = String(decoding: data, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }

    /// What `X-Registry-Auth` holds, for the registry that the call is about.
    /// - Throws: `ServiceError` (`invalid_request`); nothing of the value is in it.
    static func one(_ headers: HTTPFields, for registry: String) throws -> BuildSecrets {
        guard let login = try decode(Login.self, headers, registryAuth) else { return BuildSecrets() }
        guard (login.identitytoken ?? "").isEmpty, (login.registrytoken ?? "").isEmpty else {
            throw ServiceError(
                .invalidRequest, "the registry's credential is an identity token, which cannot be passed on",
                hints: ["log in with user and password, or let the server have the credential"])
        }
        return BuildSecrets(registries: login.pair.map { [entry(registry, $0)] } ?? [])
    }

    /// What `X-Registry-Config` holds.
    /// - Throws: `ServiceError` (`invalid_request`); nothing of the value is in it.
    static func all(_ headers: HTTPFields) throws -> BuildSecrets {
        let logins = try decode([String: Login].self, headers, registryConfig) ?? [:]
        return BuildSecrets(
            registries: logins.sorted { $0.key < $1.key }.compactMap { address, login in
                login.pair.map { entry(host(of: address), $0) }
            })
    }

    private static func entry(_ registry: String, _ pair: (user: String, password: String)) -> BuildSecrets.Login {
        .init(scope: registry, username: pair.user, password: pair.password)
    }

    /// The host of a registry's address, which may be a URL: Docker Hub's is `https://index.docker.io/v1/`.
    private static func host(of address: String) -> String {
        let rest = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? address[...]
        let host = String(rest.prefix { $0 != "/" })
        return ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : host
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ headers: HTTPFields, _ name: HTTPField.Name
    ) throws -> Value? {
        guard let text = headers[name], !text.isEmpty else { return nil }
        // Both alphabets are in use, with and without padding.
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/").filter { $0 != "=" }
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64) else {
            throw ServiceError(.invalidRequest, "'\(name.rawName)' is not base64")
        }
        if data.isEmpty { return nil }
        guard let value = try? JSONDecoder().decode(Value?.self, from: data) else {
            throw ServiceError(.invalidRequest, "'\(name.rawName)' is not the JSON of credentials")
        }
        return value
    }

    // Tokens by RFC 9110, so there are names; Accept would only be wrong, not unsafe.
    private static let registryAuth = HTTPField.Name("X-Registry-Auth") ?? .accept
    private static let registryConfig = HTTPField.Name("X-Registry-Config") ?? .accept
}
