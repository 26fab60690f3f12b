import FoundationEssentials
import OCI
public import Registry

/// What a registry does, as a table or as JSON.
public struct DoctorReport: Sendable {
    private let findings: [RegistryFinding]

    /// Takes what was found out.
    public init(_ findings: [RegistryFinding]) { self.findings = findings }

    /// An array of objects with subject, verdict and detail, without a line feed.
    public func json() throws -> String { String(decoding: try CanonicalJSON.encode(findings), as: UTF8.self) }

    /// A line a finding.
    public func text(_ palette: Palette = .plain) -> String {
        var table = Columns([("ASPECT", .left), ("VERDICT", .left), ("DETAIL", .left)])
        for finding in findings { table.append([finding.subject, finding.verdict.rawValue, finding.detail]) }
        return table.text(palette)
    }
}
