import ArgumentParser
import Build
import Interface
import OCI
import Spec

/// `cooperage inspect`.
struct InspectCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show an image's configuration, layers and Python packages.",
        usage: "cooperage inspect [<options>] <image>",
        discussion: """
            The image is a reference, a layout directory, a docker archive (.tar), or an entry of the catalog.

              cooperage inspect 127.0.0.1:5000/team/app:1
              cooperage inspect out/ --json
            """)

    @Argument(help: "The image.", completion: .file())
    var image: String

    @Option(help: "Which image of an index; the host's if nothing is said.")
    var platform: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let source = try Given(image, .flag("<image>")).read { try BaseSource(inspected: $0) }
        let platform = try parsedPlatforms(platform.map { [$0] } ?? []).first
        let (found, tree) = try await session.run {
            let engine = try session.engine(registry.hosts(connection, session.environment)) {
                // What a tag means now, not when it was last a base.
                $0.pulls = true
            }
            return try await engine.inspect(source, platform: platform)
        }
        let report = ImageReport(found, name: image, tree: tree)
        try Console.writeOutput(
            json ? try report.json() + "\n" : report.text(Console.outputPalette(session.environment)))
    }
}
