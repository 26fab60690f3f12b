public import OCI

/// The forms in which a bill is written, by the names that syft gave them.
public enum SBOMFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// SPDX 2.3 as JSON (ISO/IEC 5962 is its version 2.2.1).
    case spdx = "spdx-json"
    /// CycloneDX 1.6 as JSON (ECMA-424).
    case cycloneDX = "cyclonedx-json"

    /// The type as IANA has it.
    public var mediaType: MediaType {
        switch self {
        case .spdx: MediaType(rawValue: "application/spdx+json")
        case .cycloneDX: MediaType(rawValue: "application/vnd.cyclonedx+json")
        }
    }

    /// How the names of its files end: SPDX 2.3, Annex "file formats"; CycloneDX, "Recognized file patterns".
    public var fileEnding: String {
        switch self {
        case .spdx: ".spdx.json"
        case .cycloneDX: ".cdx.json"
        }
    }

    /// The form that a file's name tells, or nil.
    public init?(fileName: String) {
        guard let format = Self.allCases.first(where: { fileName.lowercased().hasSuffix($0.fileEnding) }) else {
            return nil
        }
        self = format
    }
}
