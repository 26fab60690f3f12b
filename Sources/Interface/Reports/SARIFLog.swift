import Diagnostics
import Dockerfile

/// The findings of a linter as SARIF 2.1.0 has them (OASIS, "Static Analysis Results Interchange Format").
struct SARIFLog: Encodable {
    struct Text: Encodable { let text: String }

    struct Rule: Encodable {
        struct Configuration: Encodable { let level: String }

        let id: String
        let shortDescription: Text
        let defaultConfiguration: Configuration
    }

    struct Driver: Encodable {
        let name = "cooperage lint"
        let rules: [Rule]
    }

    struct Tool: Encodable { let driver: Driver }

    struct Region: Encodable {
        let startLine: Int
        let startColumn: Int
    }

    struct Artifact: Encodable { let uri: String }

    struct PhysicalLocation: Encodable {
        let artifactLocation: Artifact
        let region: Region
    }

    struct Location: Encodable { let physicalLocation: PhysicalLocation }

    struct Result: Encodable {
        let ruleId: String
        let level: String
        let message: Text
        let locations: [Location]
    }

    struct Run: Encodable {
        let tool: Tool
        let columnKind = "unicodeCodePoints"
        let results: [Result]
    }

    private enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    let schema = "https://json.schemastore.org/sarif-2.1.0.json"
    let version = "2.1.0"
    let runs: [Run]

    init(_ outcome: LintOutcome) {
        // Our severities are SARIF's levels.
        let rules = LintRule.all.map { rule in
            Rule(
                id: rule.name, shortDescription: Text(text: rule.summary),
                defaultConfiguration: .init(level: rule.severity.rawValue))
        }
        let artifact = Artifact(uri: PercentEncoding.path(outcome.name))
        let results = outcome.findings.map { finding in
            Result(
                ruleId: finding.rule, level: finding.severity.rawValue,
                message: Text(text: ([finding.message] + finding.hints).joined(separator: "; ")),
                locations: [
                    Location(
                        physicalLocation: PhysicalLocation(
                            artifactLocation: artifact,
                            region: Region(startLine: finding.line, startColumn: finding.column)))
                ])
        }
        runs = [Run(tool: Tool(driver: Driver(rules: rules)), results: results)]
    }
}
