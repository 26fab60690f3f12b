import ArgumentParser
import Interface
import ServiceClient
import Spec
import SystemPackage

/// `cooperage login`.
struct LoginCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Store the password for a registry, or the token for a server, once it has been tried.",
        usage: "cooperage login [<options>] [<registry>]",
        discussion: """
            With a registry, user and password are asked for and lie where docker keeps them: with the helper of \
            ~/.docker/config.json, else in that file, readable by you alone.

              cooperage login 127.0.0.1:5000
              cat password | cooperage login ghcr.io -u me --password-stdin

            Without one, it is about a build server. \
            The token is typed without being shown, or read from standard input. It lies in \
            ~/.config/cooperage/servers.json, readable by you alone, with the paths of the files that were named. Where a \
            certificate says who you are, no token is asked for. COOPERAGE_TOKEN goes before what is stored.

              cooperage login --server https://builds.example.org
              cat token | cooperage login --server https://builds.example.org --token-stdin
              cooperage login --ca-file ca.pem --cert-file cert.pem --key-file key.pem
            """)

    @Argument(help: "The registry, host[:port]; docker.io is Docker Hub.")
    var registry: String?

    @Option(name: [.customShort("u"), .long], help: "The user's name at the registry.")
    var username: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @Flag(help: "Read the token from standard input.")
    var tokenStdin = false

    @OptionGroup var reach: RegistryOptions
    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func validate() throws {
        if registry == nil {
            guard username == nil, !passwordStdin, reach.insecureRegistry.isEmpty else {
                throw ValidationError("'--username' and '--password-stdin' are for a registry, and none is named.")
            }
        } else if tokenStdin || server.isGiven {
            throw ValidationError("A registry and a server are two logins.")
        }
        guard !passwordStdin || username != nil else {
            throw ValidationError("'--password-stdin' needs '--username'.")
        }
        guard !tokenStdin || server.tokenFile == nil else {
            throw ValidationError("'--token-stdin' and '--token-file' name two tokens.")
        }
    }

    func execute() async throws {
        let session = Session(progress)
        if let registry {
            let login = RegistryLogin(
                try Given(registry, .flag("<registry>")).read { try RegistryLogin.registry($0) },
                hosts: try reach.hosts(server.connection, session.environment), environment: session.environment)
            return try await login.logIn(user: username, readsPassword: passwordStdin, session)
        }
        let address = try server.name.requiredAddress(session.environment)
        let credentials = ServerCredentials(environment: session.environment)
        let files = try server.files(for: address, credentials)
        let sender = try files.sender()
        func client(_ tokens: any TokenSource) -> ServiceClient {
            ServiceClient(address, tokens: tokens, project: server.project, sender: sender)
        }
        let token: ServerCredentials.Token
        let answer: ServiceClient.Version
        if let file = server.tokenFile, let tokens = server.givenTokenFile {
            answer = try await client(tokens).version()
            token = .file(FilePath(file))
        } else if !tokenStdin, files.certificate != nil, let known = try await client(FixedToken(nil)).versionIfKnown()
        {
            answer = known
            token = .none
        } else {
            let text = try tokenStdin ? TokenPrompt.standardInput() : TokenPrompt.ask("Token for \(address): ")
            let secret = try ServerCredentials.token(text, from: "standard input")
            answer = try await client(FixedToken(secret)).version()
            token = .text(secret)
        }
        try credentials.store(token, files: files, for: address)
        session.display.receive(.notice("logged in to \(address), version \(answer.version)"))
        if let variable = credentials.givenByEnvironment {
            session.display.receive(.warning("\(variable) is set, and goes before what was stored now"))
        }
        session.display.close()
    }
}
