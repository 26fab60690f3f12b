import Content
import Diagnostics
import Programs
import Subprocess
import SystemPackage

/// Brings one commit of a repository onto this machine by the git command, with its tags, of which versions are made.
struct GitCheckout: Sendable {
    let environment: UvEnvironment
    let credentials: URLCredentials

    /// Checks a commit out.
    /// - Parameter directory: does not exist yet.
    /// - Throws: `PythonError` with git's own words.
    func checkOut(_ source: GitSource, into directory: FilePath) async throws {
        let git = try locate()
        let (origin, userInfo) = credentials.login(for: source.url)
        let variables = environment.forGit(origin: origin, userInfo: userInfo)
        func run(_ arguments: [String], in place: FilePath) async throws {
            let output: ProcessOutput
            do {
                output = try await ChildProcess(path: git, environment: variables, directory: place).run(arguments)
            } catch let error as SubprocessError {
                throw PythonError(.buildFailed, "'\(git)' could not be run", cause: error)
            }
            guard output.succeeded else { throw failure(output, source) }
        }
        // Contents of other commits are not needed; whoever cannot leave them out sends all.
        try await run(
            ["clone", "--quiet", "--no-checkout", "--filter=blob:none", "--", source.url, directory.string],
            in: directory.removingLastComponent())
        do {
            try await run(["checkout", "--quiet", "--detach", source.commit], in: directory)
        } catch is PythonError {
            // One that no branch leads to any more.
            try await run(["fetch", "--quiet", "origin", source.commit], in: directory)
            try await run(["checkout", "--quiet", "--detach", source.commit], in: directory)
        }
        try await run(["submodule", "--quiet", "update", "--init", "--recursive"], in: directory)
    }

    private func locate() throws -> FilePath {
        guard let path = program(named: "git", in: environment.variables) else {
            throw PythonError(
                .buildFailed, "a requirement is a git repository, and git is not on the PATH", hints: ["install git"])
        }
        return path
    }

    private func failure(_ output: ProcessOutput, _ source: GitSource) -> PythonError {
        let words = credentials.scrubbed(output.standardError).trimmingEnd
        return PythonError(
            .buildFailed, "git cannot check out \(source.commit) of '\(redacted(url: source.url))'\n\(words)",
            hints: ["the commit may have been removed from there: try --upgrade"])
    }
}

extension String {
    /// The text without white space at its end.
    var trimmingEnd: String {
        var text = self
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return text
    }
}
