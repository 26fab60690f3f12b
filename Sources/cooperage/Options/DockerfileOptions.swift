import ArgumentParser
import Interface

/// A build by a Dockerfile.
struct DockerfileOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: "Build by this Dockerfile, natively: what cannot be followed is refused with its line.",
        completion: .file())
    var file: String?

    @OptionGroup var arguments: DockerfileArguments

    func apply(to settings: inout Settings) {
        settings.dockerfile = file.given("--file")
        arguments.apply(to: &settings)
    }
}
