import ArgumentParser
import Build
import Interface
import OCI
import Spec

/// `cooperage tag`.
struct TagCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give an image of a registry further names.",
        usage: "cooperage tag [<options>] <image> <tag> ...",
        discussion: """
            The names are tags of the image's repository; nothing but its manifest is sent. The line on standard output is \
            the digest reference.

              cooperage tag 127.0.0.1:5000/team/app:1 stable latest
            """)

    @Argument(help: "The image, registry/repository:tag or registry/repository@digest.")
    var image: String

    @Argument(help: "A tag, or the whole name.")
    var tag: [String]

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let reference = try Given(image, .flag("<image>")).read { try Reference($0) }
        let names = try tag.map { text in
            let isTag = !text.contains { "/:@".contains($0) }
            return try Given(text, .flag("<tag>")).read {
                try Reference(isTag ? "\(reference.name):\($0)" : $0)
            }
        }
        let digest = try await session.run {
            try await session.engine(registry.hosts(connection, session.environment)).tag(reference, as: names)
        }
        try Console.writeOutput("\(reference.pinned(to: digest))\n")
    }
}
