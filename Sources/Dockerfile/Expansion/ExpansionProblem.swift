/// Why a text cannot be expanded.
struct ExpansionProblem: Error, Equatable {
    var code: DockerfileErrorCode = .invalidExpansion
    var message: String
    var hints: [String] = []
}

/// How much text the expansions of one Dockerfile may make: a few lines that double a variable each would fill any memory.
final class ExpansionBudget {
    /// In characters; a program's arguments and environment have room for less.
    private var left = 4 << 20

    /// The most that one expansion may make: what the kernel takes as one string of the environment.
    static let single = 128 << 10

    func spend(_ text: String) throws(ExpansionProblem) -> String {
        left -= text.utf8.count
        guard left >= 0 else { throw ExpansionProblem(message: "the variables of this Dockerfile make too much text") }
        return text
    }
}
