public import Diagnostics

/// Bytes that could not be read, written or trusted.
public typealias ContentError = Failure<ContentErrorCode>

/// What can happen to bytes.
public enum ContentErrorCode: String, FailureCode {
    /// A system call on a file failed.
    case fileSystem = "file_system"
    /// No room is left on the device, or a quota is used up.
    case noSpace = "no_space"
    /// The place cannot be written to.
    case readOnly = "read_only"
    /// A file that was asked for does not exist.
    case notFound = "not_found"
    /// Content hashes to another digest than it was said to have.
    case digestMismatch = "digest_mismatch"
    /// Content is longer or shorter than it was said to be.
    case sizeMismatch = "size_mismatch"
    /// OpenSSL refused to work.
    case digestUnavailable = "digest_unavailable"

    /// Missing files are the asker's, all else is the world's.
    public var blame: Blame { self == .notFound ? .request : .outside }
}
