public import ArgumentParser
import Interface
import OCI
public import Service
import ServiceClient

/// `cooperage builds list`.
struct BuildsListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List builds, newest first.",
        usage: "cooperage builds list [<options>]",
        discussion: """
              cooperage builds list --state running --server http://127.0.0.1:8480
            """)

    @Option(help: "Only those in this state. Repeatable.")
    var state: [BuildState] = []

    @Option(name: [.customShort("t"), .long], help: "Only those with this name.")
    var tag: String?

    @Option(name: [.customShort("n"), .long], help: "At most so many.")
    var limit = 20

    @Flag(help: "Print the builds as JSON.")
    var json = false

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("'--limit \(limit)' is not from 1 to 10000.") }
    }

    func execute() async throws {
        let session = Session(progress)
        let client = try server.client(session)
        let tag = try tag.given("--tag")?.read { try Reference($0) }
        let builds = try await client.builds(states: state, tag: tag, limit: limit)
        try Console.writeOutput(
            json
                ? String(decoding: CanonicalJSON.encode(builds), as: UTF8.self) + "\n"
                : BuildListReport(builds.map(\.row)).text(Console.outputPalette(session.environment)))
    }
}

extension BuildState: ExpressibleByArgument {}
