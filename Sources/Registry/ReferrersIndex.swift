import Diagnostics
import FoundationEssentials
import OCI

/// The list of what refers to a manifest, which clients keep under a tag where a registry does not keep it itself
/// (distribution specification 1.1, "Referrers Tag Schema").
///
/// Others write it, too: what they put into it stays as it came, known here or not.
struct ReferrersIndex {
    private var document: [String: JSONTree]

    /// A list of nothing.
    init() {
        document = [
            "schemaVersion": .integer(2), "mediaType": .text(MediaType.index.rawValue), "manifests": .list([]),
        ]
    }

    /// Reads a list; nil for what is no index.
    init?(_ content: ManifestContent) {
        guard content.descriptor.mediaType == .index,
            let document = try? CanonicalJSON.decode([String: JSONTree].self, from: Data(content.bytes)),
            case .list? = document["manifests"]
        else { return nil }
        self.document = document
    }

    /// The tag under which the list of a manifest is kept.
    static func tag(of subject: Digest) -> String {
        "\(subject.algorithm.rawValue.prefix(32))-\(subject.encoded.prefix(64))"
    }

    /// Whether a manifest is in the list.
    func contains(_ digest: Digest) -> Bool {
        entries.contains { entry in
            guard case .object(let fields) = entry else { return false }
            return fields["digest"] == .text(digest.description)
        }
    }

    /// Puts a manifest at the end of the list, described as the registry's own list would describe it.
    mutating func append(_ artifact: ArtifactManifest, as descriptor: Descriptor) {
        var entry: [String: JSONTree] = [
            "mediaType": .text(descriptor.mediaType.rawValue), "digest": .text(descriptor.digest.description),
            "size": .integer(descriptor.size), "artifactType": .text(artifact.artifactType.rawValue),
        ]
        if let annotations = artifact.annotations {
            entry["annotations"] = .object(annotations.mapValues { .text($0) })
        }
        document["manifests"] = .list(entries + [.object(entry)])
    }

    /// The list as a registry takes it.
    func content() throws -> ManifestContent {
        try ManifestContent([UInt8](CanonicalJSON.encode(document)), mediaType: .index)
    }

    private var entries: [JSONTree] {
        guard case .list(let entries)? = document["manifests"] else { return [] }
        return entries
    }
}
