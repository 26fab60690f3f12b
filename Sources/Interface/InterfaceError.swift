public import Diagnostics

/// A command line or a settings file that cannot be followed, or a terminal that is gone.
public typealias InterfaceError = Failure<InterfaceErrorCode>

/// What can be wrong between a person and a build.
public enum InterfaceErrorCode: String, FailureCode {
    /// A flag's value. Exit code 2, as for flags that do not exist.
    case invalidFlag = "invalid_flag"
    /// A settings file's text, key or value.
    case invalidSettings = "invalid_settings"
    /// An environment variable's value.
    case invalidVariable = "invalid_variable"
    /// The context is no directory.
    case invalidContext = "invalid_context"
    /// A manifest that was named is not there.
    case manifestNotFound = "manifest_not_found"
    /// Standard output or a result file cannot be written.
    case unwritable

    /// A closed pipe or a full disk is the world's, all else was asked for.
    public var blame: Blame { self == .unwritable ? .outside : .request }
}
