extension LintRule {
    /// What is installed.
    static let packages: [LintRule] = [
        LintRule(
            "unpinned-requirement", .warning, aliases: ["DL3013"],
            "a requirement without a version is another one tomorrow"
        ) { subject in
            subject.commands().flatMap { located, command -> [LintObservation] in
                guard command.problem == nil, let outcome = try? KnownCommands.outcome(of: command),
                    case .installs(let installation) = outcome, !installation.isOfInstallers
                else { return [] }
                return installation.requirements.filter { !$0.contains("==") }.map { requirement in
                    subject.found(
                        "'\(requirement)' does not say which version", in: located,
                        at: String(requirement.prefix { !" ;<>=!~[".contains($0) }),
                        hints: ["write NAME==VERSION, or install a file that a lock was exported to"])
                }
            }
        }
    ]
}
