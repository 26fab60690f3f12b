public import OCI
public import Spec

/// What a stage starts from.
public struct StageBase: Sendable, Hashable {
    /// The image.
    public var source: BaseSource
    /// The platform that its `FROM --platform` demands; nil leaves it to the build.
    public var platform: Platform?

    /// Takes the parts.
    public init(source: BaseSource, platform: Platform?) {
        self.source = source
        self.platform = platform
    }
}

/// A stage that files are taken from.
public struct LoweredStage: Sendable, Hashable, Codable {
    /// Its name, or its number.
    public var name: String
    /// What it starts from.
    public var base: BaseSource
    /// The platform that `FROM --platform` demands; nil leaves it to the build.
    public var platform: Platform?
    /// The Python packages that it installs, by where they go.
    public var environments: [LoweredDockerfile.Packages]
    /// What happens to its files, instruction by instruction.
    public var instructions: [FileInstruction]

    /// The requirements files that it needs beside the context's, each with its path.
    /// - Parameters:
    ///   - file: the path of the first one; the others lie beside it.
    ///   - context: the context's directory, absolute.
    public func requirementsTexts(file: String, context: String) -> [(path: String, text: String)] {
        LoweredDockerfile.Packages.texts(of: environments, file: file, context: context)
    }
}

/// A stage that was lowered, and what is known of its files.
struct FinishedStage {
    var stage: LoweredStage
    /// What each COPY put where.
    var placed: [PlacedSource]
    /// What became of its instructions.
    var remarks: [LoweringRemark]
    /// The given arguments that it took.
    var consumed: Set<String>
}
