import ArgumentParser
import Interface
import Registry
import Service
import ServiceClient
import Spec

/// `cooperage builds retry`.
struct BuildsRetryCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Ask for the same build again, and print the new one's id.",
        usage: "cooperage builds retry [<options>] <build>",
        discussion: """
            What the first build was lent is gone: registry credentials of docker's configuration go along again, those \
            of package indexes do not, but for what --secret lends anew.
            """)

    @Argument(help: "The build's id.")
    var build: String

    @Flag(help: "Send no registry credentials of docker's configuration along; the server has its own.")
    var keepCredentials = false

    @Option(help: "A secret for indexes, id=NAME,env=VARIABLE or id=NAME,src=FILE. Repeatable.")
    var secret: [String] = []

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let client = try server.client(session)
        var secrets = BuildSecrets(
            named: try BuildSecrets.named(
                try SecretSet(secret.given("--secret"), environment: session.environment)))
        if !keepCredentials {
            secrets.registries = try await BuildSecrets.registries(
                of: try await client.build(build).build,
                from: CredentialFiles(environment: session.environment))
        }
        try Console.writeOutput("\(try await client.retry(build, secrets: secrets).id)\n")
    }
}
