import Diagnostics
import HTTPTypes
import Hummingbird
import Service

/// An error as docker's clients are told it: `{"message": …}`.
struct EngineMessage: Encodable {
    let message: String

    /// An error in one text: what is wrong, where, and what to do.
    static func text(of error: any Error) -> String { text(of: Problem(engine: error)) }

    static func text(of problem: Problem) -> String { text(problem.detail, problem.context, problem.hints) }

    static func text(of problem: BuildProblem) -> String { text(problem.message, problem.context, problem.hints) }

    private static func text(_ message: String, _ context: [String], _ hints: [String]) -> String {
        ([message] + context.map { "  at \($0)" } + hints.map { "hint: \($0)" }).joined(separator: "\n")
    }

    /// The answer with an error.
    static func response(_ problem: Problem) throws -> Response {
        // What our API tells apart by 422 is a bad parameter to docker.
        let status = problem.status == 422 ? 400 : problem.status
        return try JSONAnswer.response(
            EngineMessage(message: text(of: problem)), status: HTTPResponse.Status(code: status),
            headers: problem.headers)
    }
}

extension Problem {
    /// What an error means to docker's clients, which see no server's log: with its causes where the request is at fault.
    init(engine error: any Error) {
        self.init(error)
        guard status < 500 else { return }
        var cause = (error as? any Diagnostic)?.cause as? any Diagnostic
        while let next = cause, next.blame == .request {
            detail += ": \(next.message)"
            cause = next.cause as? any Diagnostic
        }
    }
}
