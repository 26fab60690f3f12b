public import Diagnostics

/// A wheel that cannot be installed.
public typealias WheelError = Failure<WheelErrorCode>

/// What can be wrong with a wheel (binary distribution format, packaging.python.org).
public enum WheelErrorCode: String, FailureCode {
    /// The archive is no wheel: parts are missing, double or contradict each other.
    case invalidWheel = "invalid_wheel"
    /// The wheel's format version is newer than what we know.
    case unsupportedVersion = "unsupported_wheel_version"
    /// An entry point cannot be read.
    case invalidEntryPoint = "invalid_entry_point"

    /// The wheel was asked for.
    public var blame: Blame { .request }
}
