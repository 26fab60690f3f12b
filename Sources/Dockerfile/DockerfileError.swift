public import Diagnostics

/// What can be wrong with a Dockerfile, or with what is asked of it.
public enum DockerfileErrorCode: String, FailureCode {
    /// A line does not read as its instruction does.
    case invalidSyntax = "invalid_syntax"
    /// A parser directive at the top is wrong.
    case invalidDirective = "invalid_directive"
    /// An instruction that no Dockerfile has.
    case unknownInstruction = "unknown_instruction"
    /// Two stages have one name.
    case duplicateStage = "duplicate_stage"
    /// A variable's expansion does not read as one, or a variable that has to be set is not.
    case invalidExpansion = "invalid_expansion"
    /// A value that only the base image knows.
    case unknownValue = "unknown_value"
    /// No stage has the name.
    case unknownStage = "unknown_stage"
    /// The image that a stage starts from has no name that can be read.
    case invalidBase = "invalid_base"
    /// An instruction that is well formed, but that Cooperage cannot follow.
    case unsupportedInstruction = "unsupported_instruction"
    /// A command of a RUN that Cooperage does not know, or cannot follow.
    case unsupportedCommand = "unsupported_command"
    /// A requirements file that no COPY put where a command looks for it.
    case requirementsNotFound = "requirements_not_found"
    /// A path of a COPY that the context does not hold.
    case sourceNotFound = "source_not_found"
    /// A secret that installations need, and nobody lends.
    case secretNotLent = "secret_not_lent"

    /// Who has to act: always whoever wrote the Dockerfile.
    public var blame: Blame { .request }
}

/// A failure of this target. Its context names the file with line and column, and shows the line.
public typealias DockerfileError = Failure<DockerfileErrorCode>

/// What is wrong at an offset of an instruction's text, before the place in the file is known.
struct LineProblem: Error {
    var code: DockerfileErrorCode = .invalidSyntax
    var message: String
    var hints: [String] = []
    /// In bytes of the instruction's logical line.
    var offset: Int
}
