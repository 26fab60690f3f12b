import Foundation

/// What a registry has to know of a manifest or an index: what it refers to.
struct DocumentContent: Decodable {
    struct Entry: Decodable { var digest: String }

    var config: Entry?
    var layers: [Entry]?
    var manifests: [Entry]?
    var subject: Entry?
    var artifactType: String?
    var annotations: [String: String]?

    /// The blobs that must be there.
    var blobs: [String] { (layers ?? []).map(\.digest) + (config.map { [$0.digest] } ?? []) }
    /// The manifests that must be there.
    var documents: [String] { (manifests ?? []).map(\.digest) }
}

extension RegistryState.Contents {
    /// What manifests refer to and is not there, as `REPOSITORY@DIGEST`.
    func missing() throws -> [String] {
        var missing: Set<String> = []
        for (repository, documents) in documents {
            for document in documents.values {
                let content = try JSONDecoder().decode(DocumentContent.self, from: Data(document.bytes))
                let lost =
                    content.blobs.filter { blobs[repository]?[$0] == nil }
                    + content.documents.filter { documents[$0] == nil }
                missing.formUnion(lost.map { "\(repository)@\($0)" })
            }
        }
        return missing.sorted()
    }
}
