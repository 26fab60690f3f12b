public import Diagnostics

/// A build that could not be planned or carried out.
public typealias BuildError = Failure<BuildErrorCode>

/// What can be wrong with a build.
public enum BuildErrorCode: String, FailureCode {
    /// The context directory is missing, no directory, or changes while it is read.
    case invalidContext = "invalid_context"
    /// A line of `.dockerignore` is no pattern.
    case invalidIgnorePattern = "invalid_ignore_pattern"
    /// The base is not known, not there, or not of the platform asked for.
    case invalidBase = "invalid_base"
    /// A setting of the spec cannot be followed.
    case invalidSpec = "invalid_spec"
    /// A base image's definition in the catalog cannot be read.
    case invalidBaseDefinition = "invalid_base_definition"
    /// A tool that a build needs is missing or failed.
    case toolFailed = "tool_failed"
    /// An image cannot be put on another base.
    case notRebasable = "not_rebasable"
    /// The result cannot be written where it was asked for.
    case invalidOutput = "invalid_output"

    /// Tools are of the world outside; all else was asked for.
    public var blame: Blame { self == .toolFailed ? .outside : .request }
}
