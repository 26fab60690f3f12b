import ArgumentParser
import Interface
import OCI
import ServiceClient

/// `cooperage builds show`.
struct BuildsShowCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one build: what was asked for, where it stands, what it came to.",
        usage: "cooperage builds show [<options>] <build>")

    @Argument(help: "The build's id.")
    var build: String

    @Flag(help: "Print the build as JSON.")
    var json = false

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let build = try await server.client(session).build(build)
        try Console.writeOutput(
            json
                ? String(decoding: CanonicalJSON.encode(build), as: UTF8.self) + "\n"
                : FieldsReport(build.fields).text(Console.outputPalette(session.environment)))
    }
}
