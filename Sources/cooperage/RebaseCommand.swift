import ArgumentParser
import Build
import Interface
import OCI
import Spec

/// `cooperage rebase`.
struct RebaseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rebase",
        abstract: "Put an image on another base, without building it anew.",
        usage: "cooperage rebase [<options>] <image> --new-base <base>",
        discussion: """
            The layers of the old base are replaced by those of the new one; the image's own stay as they are, and are not \
            sent where they are. Settings follow the new base where the image says what its old base said. Python, C \
            library, and what the layers remove or write over are checked against the new base. The line on standard \
            output is the digest reference.

              cooperage rebase 127.0.0.1:5000/app:1 --new-base 127.0.0.1:5000/base:2
              cooperage rebase oci:a --old-base oci:b --new-base oci:c -t oci:d
            """)

    @Argument(help: "The image: a reference, a layout directory or a docker archive (.tar).", completion: .file())
    var image: String

    @Option(
        help:
            "What it was built on (default: what its annotations name), as registry/repository@digest, layout or archive.",
        completion: .list(catalogNames))
    var oldBase: String?

    @Option(help: "What it is put on: as --base of 'build'.", completion: .list(catalogNames))
    var newBase: String

    @Option(
        name: [.customShort("t"), .long],
        help:
            "Where it goes: a name in a registry, a layout (oci:DIR) or an archive (.tar). Repeatable (default: the image's name)."
    )
    var tag: [String] = []

    @Option(help: "Rebase one image of an index, for this platform.")
    var platform: String?

    @Flag(help: "Leave out the check of what is in the layers, and read none of them.")
    var force = false

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        func source(_ text: String, _ flag: String) throws -> BaseSource {
            try Given(text, .flag(flag)).read { try BaseSource(inspected: $0) }
        }
        let request = RebaseRequest(
            try source(image, "<image>"), from: try oldBase.map { try source($0, "--old-base") },
            to: try source(newBase, "--new-base"),
            platform: try parsedPlatforms(platform.map { [$0] } ?? []).first,
            destinations: try tag.map { try Given($0, .flag("--tag")).read { try CopyDestination($0) } },
            isForced: force)
        let result = try await session.run {
            try await session.engine(registry.hosts(connection, session.environment)) {
                // What a tag means now, not when it was last a base.
                $0.pulls = true
            }.rebase(request)
        }
        try session.finish(result)
    }
}
