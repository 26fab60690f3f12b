// Between people and the engine: what flags and settings files say becomes a `BuildRequest`, what a build tells becomes
// text or JSON. No flags are declared here and nothing is built: the executable does the one, `Build` the other, so that
// all of this is tested without a process.

/// What the user asks for, as it was written: the flags of a command line, or a settings file. Each value knows where it
/// came from, for errors and for relative paths. What is nil or empty was not given.
public struct Settings: Sendable, Hashable {
    /// The Dockerfile.
    public var dockerfile: Given<String>?
    /// `NAME=value` for its `ARG`s, or `NAME` for the value that it has here.
    public var buildArguments: [Given<String>] = []
    /// The stage of it that is built.
    public var target: Given<String>?
    /// The base image.
    public var base: Given<String>?
    /// The manifests' paths.
    public var requirements: [Given<String>] = []
    /// Dependency groups of the manifests' projects.
    public var groups: [Given<String>] = []
    /// Extras of the manifests' projects.
    public var extras: [Given<String>] = []
    /// Whether all extras are wanted.
    public var allExtras: Given<Bool>?
    /// The image's names.
    public var tags: [Given<String>] = []
    /// The platforms, each entry one or several separated by commas.
    public var platforms: [Given<String>] = []
    /// Where the image goes, in buildx's form.
    public var outputs: [Given<String>] = []
    /// Whether the image is pushed under its names.
    public var pushes: Given<Bool>?
    /// `name=value`, for the configuration.
    public var labels: [Given<String>] = []
    /// `[manifest:]name=value`.
    public var annotations: [Given<String>] = []
    /// `NAME=value`, or `NAME` for the value that it has here.
    public var environment: [Given<String>] = []
    /// The fixed start of the command line.
    public var entrypoint: Given<CommandWords>?
    /// The default arguments.
    public var command: Given<CommandWords>?
    /// `user[:group]`.
    public var user: Given<String>?
    /// The directory in which the command starts.
    public var workingDirectory: Given<String>?
    /// Whether the code comes into the image: `copy` or `none`.
    public var code: Given<String>?
    /// The directory of the code in the image; usually the one in which the command starts.
    public var codeRoot: Given<String>?
    /// The package index.
    public var indexURL: Given<String>?
    /// Further package indexes.
    public var extraIndexURLs: [Given<String>] = []
    /// Directories or pages that list distributions.
    public var findLinks: [Given<String>] = []
    /// What is lent to the build, in buildx's form. Not for settings files.
    public var secrets: [Given<String>] = []
    /// Where the lock is written, or lies.
    public var lockFile: Given<String>?
    /// Whether the lock has to be there and to fit the manifests.
    public var locked: Given<Bool>?
    /// The date after which distributions do not count.
    public var excludeNewer: Given<String>?
    /// Whether newer versions are looked for.
    public var upgrades: Given<Bool>?
    /// Whether what has no wheel is built from its sources.
    public var allowsSourceBuilds: Given<Bool>?
    /// Whether the packages' modules come with their bytecode.
    public var compilesBytecode: Given<Bool>?
    /// How many bytes a layer may have, compressed.
    public var layerLimit: Given<String>?
    /// Whether what earlier builds made is passed over.
    public var ignoresCache: Given<Bool>?
    /// Whether registries are asked again for the base.
    public var pulls: Given<Bool>?
    /// Where the result is described, as buildx does it.
    public var metadataFile: Given<String>?
    /// Where the image's ID is written.
    public var imageIDFile: Given<String>?
    /// Where the bill of materials is written.
    public var sbomFile: Given<String>?
    /// The form of the bill of materials.
    public var sbomFormat: Given<String>?
    /// What is pushed with the image and tells of it, in buildx's form.
    public var attestations: [Given<String>] = []

    /// Nothing given.
    public init() {}

    /// These settings where `flags` says nothing. Lists are replaced as a whole; names and values (`labels`,
    /// `annotations`, `environment`) are joined, and a flag's come last, where they win.
    public func overridden(by flags: Settings) -> Settings {
        var result = self
        for key in SettingKey.all { key.override(&result, by: flags) }
        result.secrets = flags.secrets
        return result
    }
}

/// The words of a command, as they were given.
public enum CommandWords: Sendable, Hashable {
    /// One text: a JSON array of the words, or words as a shell writes them.
    case text(String)
    /// The words.
    case list([String])
}
