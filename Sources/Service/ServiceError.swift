public import Diagnostics

// Builds as jobs: who asked for what, in which order it is done, by which worker, and what is remembered of it. This room
// knows no HTTP: `ServiceAPI` speaks it, and the build itself is `Build`'s, the same that the command line uses.

/// A request that the service cannot serve.
public typealias ServiceError = Failure<ServiceErrorCode>

/// How the service can fail.
public enum ServiceErrorCode: String, FailureCode {
    /// There is no build, project, context or token of that name, or not for this caller.
    case notFound = "not_found"
    /// The request breaks a rule: a field's value, a path, a size.
    case invalidRequest = "invalid_request"
    /// Something larger or more than a limit allows.
    case tooLarge = "too_large"
    /// The state of the thing does not allow it: cancelling what ended, a key that was used for something else.
    case conflict
    /// The caller is not known.
    case unauthenticated
    /// The caller is known and may not do that.
    case forbidden
    /// The project's policy does not allow it.
    case againstPolicy = "against_policy"
    /// As many as the project may have are waiting already.
    case tooMany = "too_many"
    /// Content that the request needs was not uploaded by this project.
    case missingContent = "missing_content"
    /// What a build starts from cannot be looked up, without which it cannot be accepted.
    case baseUnavailable = "base_unavailable"
    /// The server's configuration cannot be used.
    case invalidConfiguration = "invalid_configuration"
    /// A secret cannot be decrypted with the keys at hand.
    case undecipherable
    /// The database does not answer.
    case databaseUnavailable = "database_unavailable"
    /// The database refused a statement, or holds what it should not.
    case databaseFailed = "database_failed"
    /// The attempt took longer than the project allows.
    case timedOut = "timed_out"
    /// Workers died at it again and again.
    case abandoned

    /// The asker's, but for what fails around us.
    public var blame: Blame {
        switch self {
        case .baseUnavailable, .databaseUnavailable, .databaseFailed, .timedOut, .abandoned, .undecipherable: .outside
        default: .request
        }
    }
}
