import ArgumentParser
import Build
import Interface
import OCI
import Service
import ServiceClient
import Synchronization

/// `cooperage builds logs`.
struct BuildsLogsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what happened in a build, on standard output.",
        usage: "cooperage builds logs [-f] [<options>] <build>",
        discussion: """
            With -f, go on until the build has ended, across restarts of the server, and end as the build does: 0 where \
            it succeeded, 1 or 3 where it failed. Ctrl-C ends the log, not the build.
            """)

    @Argument(help: "The build's id.")
    var build: String

    @Flag(name: [.customShort("f"), .long], help: "Follow the build to its end.")
    var follow = false

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let client = try server.client(session)
        guard follow else { return try await client.log(of: build) { try Console.writeOutput($0) } }
        _ = try await client.build(build)
        let renderer = Mutex(PlainRenderer(palette: Console.outputPalette(session.environment)))
        let end = try await client.patient(events: BuildEvents(session.display.receive)).follow(build) { event in
            let text = renderer.withLock { $0.render(event, at: 0) }
            if !text.isEmpty { try Console.writeOutput(text) }
        }
        session.display.close()
        let outcome = try end.succeeded()
        try Console.writeOutput("\(outcome.references.last ?? outcome.descriptor.digest.description)\n")
    }
}
