import Diagnostics
import Interface
import OCI
import Registry
import ServiceClient
import Spec
import Transfer

/// The login at a registry, as docker's own command has it.
struct RegistryLogin {
    private let registry: Reference
    private let hosts: RegistryHosts
    private let environment: [String: String]

    /// - Parameter registry: any repository of the registry.
    init(_ registry: Reference, hosts: RegistryHosts = RegistryHosts(), environment: [String: String]) {
        self.registry = registry
        self.hosts = hosts
        self.environment = environment
    }

    /// Reads the name of a registry.
    static func registry(_ text: String) throws -> Reference {
        let reference = try? Reference("\(text)/x")
        guard let reference, [text, "docker.io"].contains(reference.registry), !text.contains("/"), text != "x" else {
            throw InterfaceError(
                .invalidFlag, "'\(text)' is not the name of a registry",
                hints: ["a registry is host[:port], for example 127.0.0.1:5000; a build server is named by --server"])
        }
        return reference
    }

    /// Tries user and password, and keeps them.
    func logIn(user: String?, readsPassword: Bool, _ session: Session) async throws {
        let host = registry.registry
        let user = try user ?? TokenPrompt.askOpenly("User at \(host): ")
        let text =
            try readsPassword ? TokenPrompt.standardInput() : TokenPrompt.ask("Password for \(user) at \(host): ")
        // The line's end is the terminal's, or the file's.
        let password = String(text.reversed().drop(while: \.isNewline).reversed())
        guard !user.isEmpty, !password.isEmpty else {
            throw ClientError(
                .invalidCredentials, "user and password of \(host) must not be empty",
                hints: ["say --username and --password-stdin"])
        }
        let credential = Credential(user: user, password: Secret(password))
        let client = RegistryClient(
            client: HTTPClient(configuration: hosts.clientConfiguration), credentials: One(credential: credential),
            hosts: hosts, warn: { session.display.receive(.warning($0)) })
        let isTried = try await client.takesCredentials(registry)
        let editor = CredentialFileEditor(environment: environment)
        let helper = try await editor.store(credential, for: host)
        if !isTried { session.display.receive(.warning("\(host) lets in everybody: the password was not tried")) }
        session.display.receive(.notice("logged in to \(host); kept by \(helper ?? "\(editor.path)")"))
        session.display.close()
    }

    /// Forgets who we are there.
    func logOut(_ session: Session) async throws {
        let host = registry.registry
        let isForgotten = try await CredentialFileEditor(environment: environment).remove(for: host)
        session.display.receive(.notice(isForgotten ? "logged out of \(host)" : "there was no login at \(host)"))
        session.display.close()
    }

    private struct One: CredentialSource {
        let credential: Credential
        func credential(for registry: String) -> Credential? { credential }
    }
}
