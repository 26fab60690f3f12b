/// An instruction of a Dockerfile as it was written: nothing is expanded yet.
public enum Instruction: Sendable, Hashable {
    /// `FROM`: a stage starts.
    case from(FromInstruction)
    /// `ARG`: names that a build may give values to.
    case argument([ArgumentDeclaration])
    /// `ENV` in either form.
    case environment([NamedValue])
    /// `LABEL` in either form.
    case label([NamedValue])
    /// `WORKDIR`.
    case workingDirectory(String)
    /// `USER`.
    case user(String)
    /// `COPY`.
    case copy(CopyInstruction)
    /// `ADD`.
    case add(CopyInstruction)
    /// `RUN`.
    case run(RunInstruction)
    /// `CMD`.
    case command(CommandForm)
    /// `ENTRYPOINT`.
    case entrypoint(CommandForm)
    /// `SHELL`: the words that shell forms are given to.
    case shell([String])
    /// `EXPOSE`.
    case expose([String])
    /// `VOLUME`.
    case volume([String])
    /// `STOPSIGNAL`.
    case stopSignal(String)
    /// `HEALTHCHECK`.
    case healthcheck(HealthcheckInstruction)
    /// `ONBUILD` with the instruction that it keeps.
    case onBuild(String)
    /// `MAINTAINER`.
    case maintainer(String)
}

/// An instruction and where it stands.
public struct LocatedInstruction: Sendable, Hashable {
    /// What it says.
    public let instruction: Instruction
    /// Its name in capitals.
    public let keyword: String
    /// The lines that it and its heredocs take.
    public let lines: LineRange
    /// Its text with continuation lines joined.
    let source: LogicalLine
}

/// `FROM [--platform=P] IMAGE [AS NAME]`.
public struct FromInstruction: Sendable, Hashable {
    /// The image or an earlier stage.
    public var image: String
    /// The stage's name in lower case.
    public var name: String?
    /// What `--platform` says.
    public var platform: String?
}

/// One name of an `ARG`.
public struct ArgumentDeclaration: Sendable, Hashable {
    /// The name.
    public var name: String
    /// What it is where the build gives nothing, with its quotes.
    public var defaultValue: String?
}

/// `NAME=value` or the old `NAME value`, with its quotes.
public struct NamedValue: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value.
    public var value: String
}

/// `COPY` or `ADD`.
public struct CopyInstruction: Sendable, Hashable {
    /// Paths, patterns and, for `ADD`, URLs.
    public var sources: [String]
    /// Contents that are written in the Dockerfile itself.
    public var heredocs: [Heredoc]
    /// Where they go.
    public var destination: String
    /// The stage or image of `--from`.
    public var from: String?
    /// `user[:group]` of `--chown`.
    public var owner: String?
    /// The mode of `--chmod`.
    public var mode: String?
    /// Whether `--link` is given.
    public var links: Bool
    /// Whether `--parents` keeps the directories of the sources.
    public var keepsParents: Bool
    /// The patterns of `--exclude`.
    public var excluded: [String]
    /// `ADD --checksum`.
    public var checksum: String?
    /// `ADD --keep-git-dir`.
    public var keepsGitDirectory: Bool
    /// `ADD --unpack`.
    public var unpacks: Bool?
}

/// `RUN`.
public struct RunInstruction: Sendable, Hashable {
    /// What is run.
    public var form: CommandForm
    /// What stands in the Dockerfile below the command: its input, or the script itself.
    public var heredocs: [Heredoc]
    /// Each `--mount`, by key; `type` is always there.
    public var mounts: [[String: String]]
    /// What `--network` says.
    public var network: String?
    /// What `--security` says.
    public var security: String?
}

/// A command line in one of its two forms.
public enum CommandForm: Sendable, Hashable {
    /// A text for the shell.
    case shell(String)
    /// Words, written as a JSON array.
    case exec([String])
}

/// `HEALTHCHECK`.
public enum HealthcheckInstruction: Sendable, Hashable {
    /// `HEALTHCHECK NONE` takes the base's away.
    case none
    /// `HEALTHCHECK [OPTIONS] CMD …` with its options by name, unread.
    case command(CommandForm, options: [String: String])
}

/// A text that follows an instruction up to a line of its own.
public struct Heredoc: Sendable, Hashable {
    /// The word that ends it; a file's name for `COPY`.
    public var name: String
    /// The text with its line ends. `<<-` has taken the tabs at the starts of lines away.
    public var content: String
    /// Whether variables in it are expanded: the name was not quoted.
    public var expands: Bool
    /// The number before `<<`, 0 where there is none.
    public var descriptor: Int
    /// Whether it was written `<<-`.
    var dropsTabs: Bool
}
