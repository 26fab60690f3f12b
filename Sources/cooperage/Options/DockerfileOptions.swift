import ArgumentParser
import Interface

/// A build by a Dockerfile.
struct DockerfileOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: "Build by this Dockerfile, natively: what cannot be followed is refused with its line.",
        completion: .file())
    var file: String?

    @Option(help: "A value for an ARG of the Dockerfile, NAME=value; NAME alone takes its value here. Repeatable.")
    var buildArg: [String] = []

    @Option(help: "The stage of the Dockerfile to build, by name or number (default: the last).")
    var target: String?

    func apply(to settings: inout Settings) {
        settings.dockerfile = file.given("--file")
        settings.buildArguments = buildArg.given("--build-arg")
        settings.target = target.given("--target")
    }
}
