/// The face that every failure of ours shows, whatever its code: what the executable renders for people and the
/// service puts into a problem document.
public protocol Diagnostic: Error, CustomStringConvertible {
    /// The code's stable name, `snake_case`.
    var codeName: String { get }
    /// One sentence with the value at fault.
    var message: String { get }
    /// Where it happened, outermost first.
    var context: [FailureContext] { get }
    /// What the user can do about it.
    var hints: [String] { get }
    /// The error underneath.
    var cause: (any Error)? { get }
    /// Who has to act.
    var blame: Blame { get }
}

extension Diagnostic {
    /// The message with its context and causes on one line, for logs and test output.
    public var description: String {
        let places = context.map { " [\($0.label) \($0.value)]" }.joined()
        let underneath = cause.map { ": \($0)" } ?? ""
        return message + places + underneath
    }
}

/// Who has to act on a failure. It decides the exit code.
public enum Blame: Sendable, Equatable {
    /// What was asked for is wrong: a file, a flag's value, a requirement. Exit code 1.
    case request
    /// The world outside failed: network, registry, disk, a missing tool. Exit code 3.
    case outside
}
