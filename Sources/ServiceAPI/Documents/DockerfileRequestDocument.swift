import OCI
import Service

/// A build by a Dockerfile, as a request has it.
struct DockerfileRequestDocument: RequestDocument {
    let build: DockerfileBuild

    enum CodingKeys: String, CodingKey, CaseIterable {
        case context, path, target, platform, labels, annotations, indexes, tags, cache, pull, push, export
        case arguments = "build_args"
        case compilesBytecode = "compile_bytecode"
        case layerLimit = "max_layer_size"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var build = DockerfileBuild(
            context: try container.decode(Digest.self, forKey: .context),
            dockerfile: try container.decodeIfPresent(String.self, forKey: .path) ?? "Dockerfile",
            arguments: try container.decodeIfPresent([String: String].self, forKey: .arguments) ?? [:],
            target: try container.decodeIfPresent(String.self, forKey: .target),
            platform: try container.decodeIfPresent(String.self, forKey: .platform).map { try Platform($0) },
            labels: try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:],
            usesCache: try container.decodeIfPresent(Bool.self, forKey: .cache) ?? true,
            pulls: try container.decodeIfPresent(Bool.self, forKey: .pull) ?? false)
        build.annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations) ?? [:]
        build.indexes =
            try container.decodeIfPresent(BuildSubmission.Indexes.self, forKey: .indexes) ?? BuildSubmission.Indexes()
        build.compilesBytecode = try container.decodeIfPresent(Bool.self, forKey: .compilesBytecode) ?? false
        build.layerLimit = try container.decodeIfPresent(Int64.self, forKey: .layerLimit)
        build.tags = try (container.decodeIfPresent([String].self, forKey: .tags) ?? []).map { try Reference($0) }
        build.pushes = try container.decodeIfPresent(Bool.self, forKey: .push) ?? !build.tags.isEmpty
        build.exports = try container.decodeIfPresent(Bool.self, forKey: .export) ?? false
        self.build = build
    }

    static let shape: JSONShape = {
        var members = Dictionary(
            CodingKeys.allCases.map { ($0.rawValue, JSONShape.any) }, uniquingKeysWith: { $1 })
        members["indexes"] = BuildRequestDocument.indexesShape
        return .object(members)
    }()
}
