public import ArgumentParser
import Build
public import Interface

/// How a build is carried out. None of it changes the image.
struct RunningOptions: ParsableArguments {
    @Flag(help: "Make every layer and resolve anew, whatever the cache holds.")
    var noCache = false

    @Flag(help: "Ask the registry again what the base's tag means.")
    var pull = false

    @Option(help: "How many layers are made at a time (default: one a core).")
    var workers: Int?

    @OptionGroup var registry: RegistryOptions

    func validate() throws {
        if let workers, !(1...1024).contains(workers) {
            throw ValidationError("'--workers \(workers)' is not from 1 to 1024.")
        }
    }

    func apply(to settings: inout Settings) {
        settings.ignoresCache = noCache.given("--no-cache")
        settings.pulls = pull.given("--pull")
    }

    /// Refuses what a server decides.
    func refuseOnServer() throws {
        if let host = registry.insecureRegistry.first {
            throw Origin.flag("--insecure-registry").error(
                "plain HTTP with '\(host)' is the server's to allow",
                hints: ["ask whoever runs the server to name it in the server's settings"])
        }
        if workers != nil {
            throw Origin.flag("--workers").error("how many layers are made at a time is the server's to choose")
        }
    }

    func configure(_ configuration: inout BuildEngine.Configuration, for request: BuildRequest) {
        registry.configure(&configuration)
        configuration.usesCache = request.usesCache
        configuration.pulls = request.pulls
        if let workers { configuration.workers = workers }
    }
}

/// How registries are spoken to.
struct RegistryOptions: ParsableArguments {
    @Option(help: "Allow plain HTTP with this host[:port]. Repeatable.")
    var insecureRegistry: [String] = []

    func configure(_ configuration: inout BuildEngine.Configuration) {
        configuration.insecureRegistries = Set(insecureRegistry)
    }
}

/// How progress is shown.
struct ProgressOptions: ParsableArguments {
    @Option(help: "How progress is shown, on standard error: live on a terminal, a line an event, JSON, or not at all.")
    var progress = ProgressMode.auto

    @Flag(name: [.customShort("q"), .long], help: "The same as --progress quiet: print the result alone.")
    var quiet = false

    @Flag(name: [.customShort("D"), .long], help: "Log each request to a server on standard error.")
    var debug = false

    var mode: ProgressMode { quiet ? .quiet : progress }
}

extension ProgressMode: ExpressibleByArgument {}
