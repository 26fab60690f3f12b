import Diagnostics

extension TextScrubber {
    func scrubbed(_ problem: BuildProblem) -> BuildProblem {
        var problem = problem
        problem.message = scrubbed(problem.message)
        problem.context = problem.context.map(scrubbed)
        problem.hints = problem.hints.map(scrubbed)
        return problem
    }
}
