/// What a Dockerfile's comments say of rules: BuildKit's `# check=skip=A,B;error=true` at the top, and hadolint's
/// `# hadolint ignore=A,B` above an instruction, or `# hadolint global ignore=A,B` for all of them.
struct LintSuppressions {
    /// Whether any finding is to be a failure.
    private(set) var failsOnAll = false
    private var everywhere: [String] = []
    private var skipsAll = false
    /// What is passed over in an instruction, by its lines.
    private var places: [(lines: LineRange, names: [String])] = []

    init(_ document: DockerfileDocument) {
        for part in (document.directives.check ?? "").split(separator: ";") {
            let fields = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
            guard fields.count == 2 else { continue }
            switch fields[0].lowercased() {
            case "skip":
                everywhere += Self.names(fields[1])
                skipsAll = skipsAll || fields[1].lowercased() == "all"
            case "error": failsOnAll = fields[1].lowercased() == "true"
            default: continue
            }
        }
        var next = 1
        for located in document.instructions where located.lines.first >= next {
            var names: [String] = []
            for line in next..<located.lines.first {
                guard let comment = Self.comment(document.text.lines[line - 1]) else { continue }
                if let text = comment.after("global ignore=") {
                    everywhere += Self.names(text)
                } else if let text = comment.after("ignore=") {
                    names += Self.names(text)
                }
            }
            if !names.isEmpty { places.append((located.lines, names)) }
            next = located.lines.last + 1
        }
    }

    /// Whether a finding is held back.
    func holdsBack(_ finding: LintFinding, of rule: LintRule) -> Bool {
        if skipsAll, rule.isOptional { return true }
        let here = places.filter { ($0.lines.first...$0.lines.last).contains(finding.line) }.flatMap(\.names)
        return (everywhere + here).contains { rule.isCalled($0) }
    }

    /// What a comment says to a linter.
    private static func comment(_ line: ArraySlice<UInt8>) -> String? {
        let line = line.trimmingNewline.trimmingBlanks
        guard line.first == UInt8(ascii: "#") else { return nil }
        let text = line.dropFirst().trimmingBlanks.text
        return text.after("hadolint ") ?? text.after("cooperage ")
    }

    private static func names(_ text: String) -> [String] {
        text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    fileprivate func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
