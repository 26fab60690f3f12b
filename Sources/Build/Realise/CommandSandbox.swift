public import OCI
public import Spec

/// Runs a command of a Dockerfile that Cooperage does not know, in a container that it makes for it: the seam at which one
/// comes in. Nothing conforms yet, and so `LoweringState` refuses such a command (`unsupported_command`); with a sandbox at
/// hand its RUN becomes a step of its own kind instead, whose planner asks for the layer.
///
/// What a conforming type has to keep to, since layers are cached and shared:
/// - It sees the files below and the command, and nothing else of this machine: no network unless `reachesNetwork`, no
///   caches of other projects, no credentials.
/// - Its layer holds what the command changed, by the rules of all layers: sorted, whiteouts for what is gone, the timestamp
///   for all entries, no devices. It goes to the store of the build's cache, not to what is everybody's.
/// - A command that ends with another status than 0 is a `BuildError` (`tool_failed`) with its last lines.
/// - Cancellation ends the command within a second.
public protocol CommandSandbox: Sendable {
    /// What a command makes of a root file system.
    /// - Parameters:
    ///   - command: what is run.
    ///   - root: the layers of the root file system, lowest first. They lie in the build's cache.
    ///   - platform: what it runs on.
    ///   - timestamp: what the layer's entries carry as their time.
    /// - Returns: a layer on top of them.
    func layer(
        running command: SandboxedCommand, on root: [Descriptor], platform: Platform, timestamp: Timestamp
    ) async throws -> MadeLayer
}

/// A command that a sandbox runs.
public struct SandboxedCommand: Sendable, Hashable {
    /// The program and its arguments: of a shell form the shell's.
    public var words: [String]
    /// The variables that it sees: those of `ENV` and `ARG`.
    public var environment: [EnvironmentVariable]
    /// Where it starts, absolute.
    public var workingDirectory: String
    /// `user[:group]`; nil means root.
    public var user: String?
    /// Whether it may reach the network.
    public var reachesNetwork: Bool

    /// Takes the parts.
    public init(
        words: [String], environment: [EnvironmentVariable], workingDirectory: String, user: String? = nil,
        reachesNetwork: Bool = false
    ) {
        self.words = words
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.reachesNetwork = reachesNetwork
    }
}
