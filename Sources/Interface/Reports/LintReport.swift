import Diagnostics
public import Dockerfile
import OCI

/// What is to be said of a Dockerfile, as text, JSON or SARIF.
public struct LintReport: Sendable {
    /// The forms that there are.
    public enum Format: String, Sendable, CaseIterable {
        /// Lines for people.
        case text
        /// One document of ours.
        case json
        /// SARIF 2.1.0 (OASIS), which code hosts show beside the lines.
        case sarif
    }

    private let outcome: LintOutcome

    /// Takes what was found.
    public init(_ outcome: LintOutcome) { self.outcome = outcome }

    /// The report with a line feed at its end.
    public func rendered(_ format: Format, _ palette: Palette = .plain) throws -> String {
        switch format {
        case .text: text(palette)
        case .json: String(decoding: try CanonicalJSON.encode(LintDocument(outcome)), as: UTF8.self) + "\n"
        case .sarif: String(decoding: try CanonicalJSON.encode(SARIFLog(outcome)), as: UTF8.self) + "\n"
        }
    }

    // MARK: Text

    /// What is built natively, then what was found, then how much that is.
    private func text(_ palette: Palette) -> String {
        var lines = outcome.remarks.map { printable($0.description) }
        if !lines.isEmpty { lines.append("") }
        for finding in outcome.findings {
            let place = "\(outcome.name):\(finding.line):\(finding.column)"
            let severity = palette(Self.style(of: finding.severity), finding.severity.rawValue)
            lines.append(
                "\(palette(.bold, printable(place))): \(severity): \(printable(finding.message)) [\(finding.rule)]")
            lines += finding.hints.map { "    \(palette(.cyan, "hint")): \(printable($0))" }
        }
        if !outcome.findings.isEmpty { lines.append("") }
        lines.append(summary)
        return lines.map { $0 + "\n" }.joined()
    }

    private var summary: String {
        let counts = LintSeverity.allCases.sorted(by: >).compactMap { severity -> String? in
            let number = outcome.findings.count { $0.severity == severity }
            return number == 0 ? nil : counted(number, severity.rawValue)
        }
        let ignored = outcome.ignoredCount == 0 ? "" : "; \(outcome.ignoredCount) ignored"
        return (counts.isEmpty ? "nothing found" : counts.joined(separator: ", ")) + ignored
    }

    private static func style(of severity: LintSeverity) -> Palette.Style {
        switch severity {
        case .error: .red
        case .warning: .yellow
        case .note: .cyan
        }
    }
}

/// The report in JSON.
private struct LintDocument: Encodable {
    struct Finding: Encodable {
        let rule: String
        let severity: LintSeverity
        let message: String
        let line: Int
        let column: Int
        let hints: [String]
    }

    struct Instruction: Encodable {
        let lines: LineRange?
        let instruction: String
        let kind: LoweringRemark.Kind
        let result: String
    }

    let file: String
    let findings: [Finding]
    let instructions: [Instruction]
    let ignored: Int

    init(_ outcome: LintOutcome) {
        file = outcome.name
        findings = outcome.findings.map {
            Finding(
                rule: $0.rule, severity: $0.severity, message: $0.message, line: $0.line, column: $0.column,
                hints: $0.hints)
        }
        instructions = outcome.remarks.map {
            Instruction(lines: $0.lines, instruction: $0.instruction, kind: $0.kind, result: $0.result)
        }
        ignored = outcome.ignoredCount
    }
}
