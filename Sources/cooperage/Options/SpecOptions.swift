import ArgumentParser
import Build
import Interface
import Python
import Spec
import SystemPackage

/// What goes into the image.
struct SpecOptions: ParsableArguments {
    @Argument(help: "The directory of the code.", completion: .directory)
    var context = "."

    @Option(
        help: "The base: a name of 'cooperage base list', a reference, a layout directory or an archive (.tar).",
        completion: .list(catalogNames))
    var base: String?

    @OptionGroup(title: "Dockerfile") var dockerfile: DockerfileOptions

    @Option(help: "A platform, or several separated by commas; more than one give an index. Repeatable.")
    var platform: [String] = []

    @Option(help: "Whether the code comes into the image, copy or none: then it is loaded at run time (default: copy).")
    var code: String?

    @Option(help: "Where the code goes (default: where the command starts).")
    var codeRoot: String?

    @OptionGroup(title: "Packages") var packages: PackageOptions
    @OptionGroup(title: "Packages") var lock: LockOptions
    @OptionGroup(title: "Packages") var bytecode: BytecodeOptions
    @OptionGroup(title: "Configuration") var configuration: ConfigurationOptions

    var contextPath: FilePath { FilePath(context.isEmpty ? "." : context) }

    /// What these flags say.
    var settings: Settings {
        var settings = Settings()
        settings.base = base.given("--base")
        settings.platforms = platform.given("--platform")
        settings.code = code.given("--code")
        settings.codeRoot = codeRoot.given("--code-root")
        dockerfile.apply(to: &settings)
        packages.apply(to: &settings)
        lock.apply(to: &settings)
        bytecode.apply(to: &settings)
        configuration.apply(to: &settings)
        return settings
    }
}

/// Python packages.
struct PackageOptions: ParsableArguments {
    @Option(
        name: [.customShort("r"), .long],
        help: "A requirements file, uv.lock, pylock.toml or pyproject.toml. Repeatable.", completion: .file())
    var requirements: [String] = []

    @Option(help: "A dependency group of pyproject.toml or uv.lock. Repeatable.")
    var group: [String] = []

    @Option(help: "An extra of pyproject.toml or uv.lock. Repeatable.")
    var extra: [String] = []

    @Flag(help: "All extras of pyproject.toml or uv.lock.")
    var allExtras = false

    @Option(help: "The package index, instead of PyPI.")
    var indexUrl: String?

    @Option(help: "A further package index, asked first. Repeatable.")
    var extraIndexUrl: [String] = []

    @Option(
        help: """
            A secret for indexes, id=NAME,env=VARIABLE or id=NAME,src=FILE: ${NAME} in their URLs, a variable \
            UV_INDEX_…_PASSWORD, or netrc. Repeatable.
            """)
    var secret: [String] = []

    @Option(help: "Whether the keyring command is asked for the passwords of indexes (default: UV_KEYRING_PROVIDER).")
    var keyringProvider: Keyring.Provider?

    @Option(help: "A directory or page that lists wheels. Repeatable.", completion: .directory)
    var findLinks: [String] = []

    @Option(help: "Leave out what was uploaded after this day or time (2026-01-31).")
    var excludeNewer: String?

    @Flag(help: "Look for newer versions although the same requirements were resolved before.")
    var upgrade = false

    @Flag(
        inversion: .prefixedNo,
        help: "Build what has no wheel from its sources, which runs their code (on a server: where it allows that).")
    var allowSourceBuilds: Bool?

    func apply(to settings: inout Settings) {
        settings.requirements = requirements.given("--requirements")
        settings.indexURL = indexUrl.given("--index-url")
        settings.extraIndexURLs = extraIndexUrl.given("--extra-index-url")
        settings.findLinks = findLinks.given("--find-links")
        settings.secrets = secret.given("--secret")
        settings.groups = group.given("--group")
        settings.extras = extra.given("--extra")
        settings.allExtras = allExtras.given("--all-extras")
        settings.excludeNewer = excludeNewer.given("--exclude-newer")
        settings.upgrades = upgrade.given("--upgrade")
        settings.allowsSourceBuilds = allowSourceBuilds.map { allows in
            Given(allows, .flag(allows ? "--allow-source-builds" : "--no-allow-source-builds"))
        }
    }
}

extension PackageOptions {
    /// Lets the engine fetch with what is lent.
    func configure(
        _ configuration: inout BuildEngine.Configuration, secrets: SecretSet, used: Set<String>
    ) {
        configuration.secrets = secrets
        configuration.usedSecrets = used
        if let keyringProvider {
            configuration.environment[Keyring.Provider.variable] = keyringProvider.rawValue
        }
    }

    /// Refuses what a server has not.
    func refuseOnServer() throws {
        guard keyringProvider == .subprocess else { return }
        throw Origin.flag("--keyring-provider").error(
            "a server has no keyring", hints: ["lend the password by --secret id=UV_INDEX_NAME_PASSWORD,env=VARIABLE"])
    }
}

/// The lock of a build.
struct LockOptions: ParsableArguments {
    @Option(help: "Write the resolution here (pylock.toml); with --locked, where the lock lies.", completion: .file())
    var lockFile: String?

    @Flag(help: "Build by the lock beside the manifest, and refuse where it does not fit any more.")
    var locked = false

    func apply(to settings: inout Settings) {
        settings.lockFile = lockFile.given("--lock-file")
        settings.locked = locked.given("--locked")
    }
}

/// The bytecode of an image's packages.
struct BytecodeOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Compile the packages' modules to bytecode, so that containers start sooner.")
    var compileBytecode: Bool?

    func apply(to settings: inout Settings) {
        settings.compilesBytecode = compileBytecode.map { compiles in
            Given(compiles, .flag(compiles ? "--compile-bytecode" : "--no-compile-bytecode"))
        }
    }
}

/// What a container starts with.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "An environment variable, NAME=value; NAME alone takes its value here. Repeatable.")
    var env: [String] = []

    @Option(
        parsing: .unconditional, help: "The command: words as a shell writes them, or a JSON array.")
    var entrypoint: String?

    @Option(
        parsing: .unconditional, help: "The command's default arguments, in the same form.")
    var cmd: String?

    @Option(help: "The user, by name or number, and a group after a colon.")
    var user: String?

    @Option(help: "Where the command starts, and the code goes without --code-root (default: /app).")
    var workdir: String?

    @Option(help: "A label, name=value. Repeatable.")
    var label: [String] = []

    @Option(help: "An annotation of the manifest, [manifest:]name=value. Repeatable.")
    var annotation: [String] = []

    func apply(to settings: inout Settings) {
        settings.environment = env.given("--env")
        settings.entrypoint = entrypoint.map { Given(.text($0), .flag("--entrypoint")) }
        settings.command = cmd.map { Given(.text($0), .flag("--cmd")) }
        settings.user = user.given("--user")
        settings.workingDirectory = workdir.given("--workdir")
        settings.labels = label.given("--label")
        settings.annotations = annotation.given("--annotation")
    }
}
