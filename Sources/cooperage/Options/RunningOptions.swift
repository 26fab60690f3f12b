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
        try registry.refuseOnServer()
        if workers != nil {
            throw Origin.flag("--workers").error("how many layers are made at a time is the server's to choose")
        }
    }

    func configure(_ configuration: inout BuildEngine.Configuration, for request: BuildRequest) {
        configuration.usesCache = request.usesCache
        configuration.pulls = request.pulls
        if let workers { configuration.workers = workers }
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
