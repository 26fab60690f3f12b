import ArgumentParser
import Build
import Interface
import OCI
import Registry
import SystemPackage

/// `cooperage doctor`.
struct DoctorCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out what a registry does, by asking it.",
        usage: "cooperage doctor [<options>] <repository>",
        discussion: """
            Who may pull and push, chunks, resumed uploads, mounts, layers by Zstandard, deletion and the list of \
            referrers. The repository gets a few bytes, the same each time, under no name; they are deleted again where \
            the registry deletes. Uploads of some megabytes are cancelled.

              cooperage doctor 127.0.0.1:5000/team/app
              cooperage doctor --store 127.0.0.1:5000/team/app
            """)

    @Argument(help: "A repository into which you may push, registry/repository.")
    var repository: String

    @Flag(help: "Print the findings as JSON.")
    var json = false

    @Flag(help: "Keep what pushes had better know in ~/.config/cooperage/registries.toml.")
    var store = false

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let reference = try Given(repository, .flag("<repository>")).read { try Reference($0) }
        let diagnosis = try await session.run {
            try await session.engine(registry.hosts(connection, session.environment)).examine(reference)
        }
        if store { try keep(diagnosis, of: reference, session) }
        let report = DoctorReport(diagnosis.findings)
        try Console.writeOutput(
            json ? try report.json() + "\n" : report.text(Console.outputPalette(session.environment)))
    }

    private func keep(_ diagnosis: RegistryDiagnosis, of reference: Reference, _ session: Session) throws {
        let host = reference.registry
        guard let profile = diagnosis.profile else {
            return Console.writeError("nothing was found out about \(host) that could be kept\n")
        }
        let file = StoredProfiles.standardFile(environment: session.environment)
        var profiles = try StoredProfiles(file)
        profiles[host] = profile
        try profiles.write(to: file)
        Console.writeError("what pushes to \(host) go by is kept in \(file)\n")
    }
}
