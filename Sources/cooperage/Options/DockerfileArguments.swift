import ArgumentParser
import Interface

/// What is told to a Dockerfile.
struct DockerfileArguments: ParsableArguments {
    @Option(help: "A value for an ARG of the Dockerfile, NAME=value; NAME alone takes its value here. Repeatable.")
    var buildArg: [String] = []

    @Option(help: "The stage of the Dockerfile to build, by name or number (default: the last).")
    var target: String?

    func apply(to settings: inout Settings) {
        settings.buildArguments = buildArg.given("--build-arg")
        settings.target = target.given("--target")
    }
}
