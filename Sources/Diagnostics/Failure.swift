/// What went wrong, as a value: a code to match on, a sentence with the value at fault, where it happened, what
/// caused it and what to try.
///
/// Each target declares its own codes and names its failures by a type alias (`typealias RegistryError =
/// Failure<RegistryErrorCode>`). Only the executable turns a failure into prose for people.
public struct Failure<Code: FailureCode>: Diagnostic {
    /// Which rule was broken.
    public let code: Code
    /// One sentence in lower case, without a full stop, that holds the offending value.
    public let message: String
    /// Where it happened, outermost first: file and line, host and path.
    public let context: [FailureContext]
    /// What the user can do about it, one sentence each.
    public let hints: [String]
    /// The error underneath, if another layer reported one.
    public let cause: (any Error)?

    /// Makes a failure; see the properties for the form of each part.
    public init(
        _ code: Code, _ message: String, context: [FailureContext] = [], hints: [String] = [],
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.context = context
        self.hints = hints
        self.cause = cause
    }

    /// Who has to act.
    public var blame: Blame { code.blame }

    /// The code's stable name, `snake_case`.
    public var codeName: String { code.rawValue }

    /// The same failure with one more place around it.
    public func within(_ place: FailureContext) -> Failure {
        Failure(code, message, context: [place] + context, hints: hints, cause: cause)
    }
}

/// A failure's code: a stable `snake_case` name and who has to act on it.
public protocol FailureCode: RawRepresentable<String>, Sendable, Equatable {
    /// Who has to act.
    var blame: Blame { get }
}

/// One place in which a failure happened: `("file", "requirements.txt:3")`.
public struct FailureContext: Sendable, Equatable {
    /// What kind of place: `file`, `host`, `layer`, `package`.
    public let label: String
    /// Which one. Never a secret: URLs are redacted before they come here.
    public let value: String

    /// Names a place.
    public init(_ label: String, _ value: String) {
        self.label = label
        self.value = value
    }
}
