import ArgumentParser
import Build
import Interface
import Spec
import SystemPackage

/// `cooperage lock`.
struct LockCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Resolve requirements as a build does, and write the lock.",
        usage: "cooperage lock [<options>] [<context>]",
        discussion: """
            The lock is a standard pylock.toml (PEP 751) beside its manifest, pylock.NAME.toml for NAME.txt. Versions of \
            a lock that is there are kept as long as the manifest allows them. 'build --locked' builds by it.

              cooperage lock .
              cooperage lock . --platform linux/amd64,linux/arm64 --upgrade
              cooperage lock . --group serving -o pylock.serving.toml
            """)

    @Argument(help: "The directory of the code.", completion: .directory)
    var context = "."

    @Option(
        help: "The base: a name of 'cooperage base list', a reference, a layout directory or an archive (.tar).",
        completion: .list(catalogNames))
    var base: String?

    @Option(help: "A platform, or several separated by commas: one lock holds them all. Repeatable.")
    var platform: [String] = []

    @Option(
        name: [.customShort("o"), .long],
        help: "Where the lock goes, '-' for standard output (default: beside the manifest).",
        completion: .file())
    var output: String?

    @OptionGroup(title: "Packages") var packages: PackageOptions

    @Flag(help: "Ask the registry again what the base's tag means.")
    var pull = false

    @OptionGroup(title: "Running") var registry: RegistryOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let surroundings = try session.surroundings
        let conclusion = try await session.run {
            var flags = Settings()
            flags.base = base.given("--base")
            flags.platforms = platform.given("--platform")
            flags.lockFile = output.given("--output")
            packages.apply(to: &flags)
            let request = try LockRequest(
                context: FilePath(context.isEmpty ? "." : context), flags: flags, in: surroundings)
            for remark in request.remarks { session.display.receive(remark) }
            let hosts = try registry.hosts(connection, session.environment)
            let engine = try session.engine(hosts) { configuration in
                configuration.pulls = pull
                packages.configure(&configuration, secrets: request.secrets, used: request.usedSecrets)
            }
            let conclusion = try LockConclusion(try await engine.locks(request.spec), for: request)
            try conclusion.write()
            return conclusion
        }
        Console.writeError(try conclusion.text(session.mode))
    }
}
