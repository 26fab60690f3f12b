public import Diagnostics

/// A base image that cannot be found, read or made.
public typealias BaseImageError = Failure<BaseImageErrorCode>

/// What can be wrong with a base image.
public enum BaseImageErrorCode: String, FailureCode {
    /// The catalog has no entry of that name.
    case unknownBase = "unknown_base"
    /// A definition's text is not what the catalog's format asks for.
    case invalidDefinition = "invalid_base_definition"
    /// The root file system could not be made.
    case rootFilesystem = "root_filesystem_failed"

    /// Names and definitions are the user's; the tools and mirrors are the world's.
    public var blame: Blame { self == .rootFilesystem ? .outside : .request }
}
