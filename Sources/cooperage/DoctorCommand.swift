import ArgumentParser
import Build
import Interface
import OCI

/// `cooperage doctor`.
struct DoctorCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out what a registry does, by asking it.",
        usage: "cooperage doctor [<options>] <repository>",
        discussion: """
            Who may pull and push, chunks, resumed uploads, mounts, layers by Zstandard, deletion and the list of \
            referrers. The repository gets a few bytes, the same each time, under no name; they are deleted again where \
            the registry deletes.

              cooperage doctor 127.0.0.1:5000/team/app
            """)

    @Argument(help: "A repository into which you may push, registry/repository.")
    var repository: String

    @Flag(help: "Print the findings as JSON.")
    var json = false

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let reference = try Given(repository, .flag("<repository>")).read { try Reference($0) }
        let findings = try await session.run {
            try await session.engine(registry.configure).examine(reference)
        }
        let report = DoctorReport(findings)
        try Console.writeOutput(
            json ? try report.json() + "\n" : report.text(Console.outputPalette(session.environment)))
    }
}
