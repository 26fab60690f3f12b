import ArgumentParser
import Interface
import ServiceClient
import Spec

/// `cooperage logout`.
struct LogoutCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the password for a registry, or the token for a server.",
        usage: "cooperage logout [<options>] [<registry>]",
        discussion: """
            The token stays good: whoever made it takes it back on the server.

              cooperage logout 127.0.0.1:5000
              cooperage logout --server https://builds.example.org
            """)

    @Argument(help: "The registry, host[:port]; docker.io is Docker Hub.")
    var registry: String?

    @OptionGroup(title: "Server") var server: ServerNameOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func validate() throws {
        guard registry == nil || server.server == nil else {
            throw ValidationError("A registry and a server are two logins.")
        }
    }

    func execute() async throws {
        let session = Session(progress)
        if let registry {
            let login = RegistryLogin(
                try Given(registry, .flag("<registry>")).read { try RegistryLogin.registry($0) },
                environment: session.environment)
            return try await login.logOut(session)
        }
        let address = try server.requiredAddress(session.environment)
        let isForgotten = try ServerCredentials(environment: session.environment).remove(for: address)
        session.display.receive(
            .notice(isForgotten ? "logged out of \(address)" : "there was no token for \(address)"))
        session.display.close()
    }
}
