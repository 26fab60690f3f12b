import Build
public import Diagnostics
public import Dockerfile
import OCI
public import SystemPackage

/// A look at a Dockerfile as it was asked for.
public struct LintRequest: Sendable {
    private let linter: DockerfileLinter
    private let source: DockerfileSource

    /// Reads the Dockerfile that the flags name, else the context's.
    /// - Parameter ignored: names of rules, each entry one or several separated by commas.
    /// - Throws: `InterfaceError` for flags that cannot be followed, a file that is not there among them.
    public init(
        context: FilePath, flags: Settings, ignored: [Given<String>], in surroundings: Surroundings
    ) throws {
        let maker = try RequestMaker(context: context, settings: flags, in: surroundings)
        let file = flags.dockerfile ?? Given(context.appending("Dockerfile").string, .flag("--file"))
        source = try DockerfileSource(file, context: context, flags: flags, in: surroundings)
        var linter = DockerfileLinter()
        linter.buildArguments = source.buildArguments
        linter.target = source.target
        linter.platform = try maker.platforms().first ?? .host
        linter.catalogNames = source.catalogNames
        linter.contextEntry = source.contextEntry
        if let (path, text) = source.ignoreFile {
            let rules = try IgnoreFile(text, name: path.string)
            let entry = source.contextEntry
            linter.isIgnored = { path in
                // In a directory that is left out something may be taken in again.
                rules.excludes(path) && (rules.prunes || entry(path) == .file)
            }
        }
        for given in ignored {
            for name in given.value.split(separator: ",").map(String.init) {
                guard LintRule.all.contains(where: { $0.isCalled(name) }) else {
                    let near = nearest(to: name, among: LintRule.all.flatMap { [$0.name] + $0.aliases })
                    throw given.origin.error(
                        "'\(name)' is no rule",
                        hints: near.map { ["did you mean \($0)?"] } ?? ["docs/lint.md lists them"])
                }
                linter.ignoredRules.append(name)
            }
        }
        self.linter = linter
    }

    /// What is to be said of it.
    /// - Throws: `DockerfileError` where the target is no stage.
    public func outcome() throws(DockerfileError) -> LintOutcome {
        try linter.outcome(of: source.text, name: source.path.string)
    }
}
