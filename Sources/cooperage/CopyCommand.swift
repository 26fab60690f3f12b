import ArgumentParser
import Build
import Interface
import OCI
import Spec

/// `cooperage copy`.
struct CopyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy an image between registries, layouts and archives.",
        usage: "cooperage copy [<options>] <source> <destination>",
        discussion: """
            Both are a reference, a layout directory (oci:DIR) or a docker archive (.tar). All platforms of an index are \
            copied, to the byte, but for archives, which hold one image. What the destination has is not sent, and layers \
            within a registry are mounted. The line on standard output is the digest reference.

              cooperage copy docker.io/library/python:3.11 127.0.0.1:5000/python:3.11
              cooperage copy 127.0.0.1:5000/team/app:1 oci:out/
              cooperage copy image.tar 127.0.0.1:5000/team/app:1
            """)

    @Argument(help: "The image.", completion: .file())
    var source: String

    @Argument(help: "Where it goes.", completion: .file())
    var destination: String

    @Option(help: "Copy one image of an index, for this platform.")
    var platform: String?

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let source = try Given(source, .flag("<source>")).read { try BaseSource(inspected: $0) }
        let destination = try Given(destination, .flag("<destination>")).read { try CopyDestination($0) }
        let platform = try parsedPlatforms(platform.map { [$0] } ?? []).first
        let result = try await session.run {
            try await session.engine(registry.hosts(connection, session.environment))
                .copy(source, platform: platform, to: destination)
        }
        try session.finish(result)
    }
}
