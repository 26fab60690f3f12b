public import Diagnostics

/// What can be done about a failure by trying again.
public enum FailureClass: Sendable, Equatable {
    /// It may be gone in a moment.
    case passing
    /// It will be the same next time.
    case permanent
    /// Other credentials may help.
    case authorisation

    /// The class of an HTTP status of 400 or above.
    public init(status: Int) {
        switch status {
        case 401, 403: self = .authorisation
        case 408, 425, 429, 500, 502, 503, 504: self = .passing
        default: self = .permanent
        }
    }
}

/// A failure's code that tells whether trying again can help.
public protocol ClassifiedCode: FailureCode {
    /// Whether trying again can help.
    var failureClass: FailureClass { get }
}

/// An error that tells whether trying again can help. Errors of other types are permanent.
public protocol ClassifiedFailure: Error {
    /// Whether trying again can help.
    var failureClass: FailureClass { get }
}

extension Failure: ClassifiedFailure where Code: ClassifiedCode {
    /// The code's class.
    public var failureClass: FailureClass { code.failureClass }
}

/// A failure on its way to the `Retrier`, with what only the place of the failure knew. The retrier unwraps it when it
/// gives up, so nobody else sees one.
public struct Attempted: Error {
    /// What went wrong.
    public let error: any Error
    /// How long the server asked to be left alone.
    public let retryAfter: Duration?
    /// Whether the attempt got further than those before it. Then the count of attempts starts anew: a download that
    /// is cut every 100 MB still comes to its end.
    public let madeProgress: Bool

    /// Wraps an error.
    public init(_ error: any Error, retryAfter: Duration? = nil, madeProgress: Bool = false) {
        self.error = error
        self.retryAfter = retryAfter
        self.madeProgress = madeProgress
    }
}
