import ArgumentParser
import Interface
import ServiceClient
import Spec

/// `cooperage login`.
struct LoginCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Store the token for a server, once it has been tried.",
        usage: "cooperage login [--token-stdin] [<options>]",
        discussion: """
            The token is typed without being shown, or read from standard input. It lies in \
            ~/.config/cooperage/servers.json, readable by you alone. COOPERAGE_TOKEN goes before it.

              cooperage login --server https://builds.example.org
              cat token | cooperage login --server https://builds.example.org --token-stdin
            """)

    @Flag(help: "Read the token from standard input.")
    var tokenStdin = false

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let address = try server.requiredAddress(session.environment)
        let text = try tokenStdin ? TokenPrompt.standardInput() : TokenPrompt.ask("Token for \(address): ")
        let token = try ServerCredentials.token(text, from: "standard input")
        let version = try await ServiceClient(address, token: token, project: server.project).version()
        let credentials = ServerCredentials(environment: session.environment)
        try credentials.store(token, for: address)
        session.display.receive(.notice("logged in to \(address), version \(version.version)"))
        if credentials.isGivenByEnvironment {
            session.display.receive(
                .warning("\(ServerCredentials.variable) is set, and goes before what was stored now"))
        }
        session.display.close()
    }
}
