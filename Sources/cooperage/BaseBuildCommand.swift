import ArgumentParser
import Build
import Images
import Interface
import OCI

/// `cooperage base build`.
struct BaseBuildCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make or fetch a base image of the catalog, into the cache.",
        usage: "cooperage base build [<options>] <name>",
        discussion: """
            A build does this by itself when it needs the base.

              cooperage base build python-3.11
            """)

    @Argument(help: "The name, as 'cooperage base list' shows it.", completion: .list(catalogNames))
    var name: String

    @Option(help: "A platform, or several separated by commas. Repeatable.")
    var platform: [String] = []

    @Flag(help: "Make or fetch it anew although the cache has it.")
    var rebuild = false

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let platforms = try parsedPlatforms(platform)
        try await session.run {
            let engine = try session.engine(registry.hosts(connection, session.environment))
            let images = try await engine.base(named: name, platforms: platforms, rebuild: rebuild)
            let references = [images.root.digest.description]
            try session.finish(BuildConclusion(images, references: references, uploadedBytes: nil))
        }
    }
}
