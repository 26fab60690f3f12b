public import Diagnostics
public import OCI

/// Looks at a Dockerfile: what will be built natively and what not, secrets that would get out, bases that may change, and
/// what other linters say that can be known for sure. It reads no file and asks nobody: what the base holds is not known.
public struct DockerfileLinter: Sendable {
    /// What the client gives to `ARG`s.
    public var buildArguments: [String: String] = [:]
    /// The stage that is built, by name or number; nil means the last one.
    public var target: String?
    /// What the image is for.
    public var platform = Platform.host
    /// The names of the catalog.
    public var catalogNames: Set<String> = []
    /// What stands at a path of the context, nil if nothing does; nil where the context is not known.
    public var contextEntry: (@Sendable (_ path: String) -> DockerfileLowering.ContextEntry?)?
    /// Whether the ignore file leaves a path of the context out.
    public var isIgnored: @Sendable (_ path: String) -> Bool = { _ in false }
    /// The rules that are passed over.
    public var ignoredRules: [String] = []

    /// Takes nothing; what is known can be set.
    public init() {}

    /// What each base has, whichever it is.
    private static let assumed = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

    /// Looks at a Dockerfile.
    /// - Parameters:
    ///   - text: all of it.
    ///   - name: how findings call it.
    /// - Throws: `DockerfileError` where the target is no stage.
    public func outcome(of text: String, name: String) throws(DockerfileError) -> LintOutcome {
        let reading = DockerfileReading(text, name: name)
        var lowering = DockerfileLowering(
            reading.document, buildArguments: buildArguments, target: target, platform: platform)
        lowering.catalogNames = catalogNames
        lowering.contextEntry = contextEntry
        lowering.assumedVariables = Self.assumed
        var refusals: [LoweringRefusal] = []
        var remarks: [LoweringRemark] = []
        // Where lines are missing, what the others come to is not known.
        if reading.problems.allSatisfy({ $0.code == .duplicateStage }) {
            do {
                let (lowered, refused) = try lowering.lowering()
                (remarks, refusals) = (lowered.remarks, refused)
            } catch {
                guard error.code != .unknownStage else { throw error }
                refusals = [LoweringRefusal(lines: LineRange(first: 1, last: 1), keyword: "FROM", error: error)]
            }
        }
        let subject = LintSubject(
            document: reading.document, lowering: lowering, problems: reading.problems, refusals: refusals,
            images: lowering.images(), isIgnored: isIgnored)
        return outcome(subject, remarks)
    }

    private func outcome(_ subject: LintSubject, _ remarks: [LoweringRemark]) -> LintOutcome {
        let suppressions = LintSuppressions(subject.document)
        let scrubber = TextScrubber(secrets: SecretValues.values(in: subject.document, given: buildArguments))
        var outcome = LintOutcome(
            name: subject.document.name, findings: [], remarks: remarks, failsOnAll: suppressions.failsOnAll,
            ignoredCount: 0)
        for number in outcome.remarks.indices {
            outcome.remarks[number].instruction = scrubber.scrubbed(outcome.remarks[number].instruction)
            outcome.remarks[number].result = scrubber.scrubbed(outcome.remarks[number].result)
        }
        for rule in LintRule.all {
            let isIgnored = ignoredRules.contains(where: rule.isCalled)
            for found in rule.check(subject) {
                let finding = LintFinding(
                    rule: rule.name, severity: found.severity ?? rule.severity,
                    message: scrubber.scrubbed(SourceText.shown(found.message, limit: 600)), line: found.line,
                    column: found.column, hints: found.hints.map(scrubber.scrubbed))
                if isIgnored || suppressions.holdsBack(finding, of: rule) {
                    outcome.ignoredCount += 1
                } else {
                    outcome.findings.append(finding)
                }
            }
        }
        outcome.findings.sort {
            ($0.line, $0.column, $1.severity, $0.rule) < ($1.line, $1.column, $0.severity, $1.rule)
        }
        return outcome
    }
}
