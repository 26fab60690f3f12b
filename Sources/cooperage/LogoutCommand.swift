import ArgumentParser
import Interface
import ServiceClient
import Spec

/// `cooperage logout`.
struct LogoutCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the token for a server.",
        usage: "cooperage logout [<options>]",
        discussion: """
            The token stays good: whoever made it takes it back on the server.

              cooperage logout --server https://builds.example.org
            """)

    @OptionGroup(title: "Server") var server: ServerNameOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let address = try server.requiredAddress(session.environment)
        let isForgotten = try ServerCredentials(environment: session.environment).remove(for: address)
        session.display.receive(
            .notice(isForgotten ? "logged out of \(address)" : "there was no token for \(address)"))
        session.display.close()
    }
}
