public import Diagnostics

/// A value that the OCI specifications do not allow.
public typealias OCIError = Failure<OCIErrorCode>

/// The rules that a value can break.
public enum OCIErrorCode: String, FailureCode {
    case invalidDigest = "invalid_digest"
    case invalidReference = "invalid_reference"
    case invalidPlatform = "invalid_platform"

    /// Such a value was given to us.
    public var blame: Blame { .request }
}
