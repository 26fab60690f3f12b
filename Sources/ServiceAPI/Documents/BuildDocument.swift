import Diagnostics
import Dockerfile
import Interface
import OCI
import Service

/// A build as clients see it.
struct BuildDocument: Encodable {
    private let record: BuildRecord
    /// What became of the Dockerfile, where the request that is answered had one.
    private let remarks: [LoweringRemark]?

    init(_ record: BuildRecord, remarks: [LoweringRemark]? = nil) {
        self.record = record
        self.remarks = remarks
    }

    private enum CodingKeys: String, CodingKey {
        case id, project, state, attempts, build, outcome, problem, remarks
        case requestedBy = "requested_by"
        case cancelRequested = "cancel_requested"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(record.id, forKey: .id)
        try container.encode(record.project, forKey: .project)
        try container.encode(record.state, forKey: .state)
        try container.encode(record.requestedBy, forKey: .requestedBy)
        try container.encode(record.cancelRequested, forKey: .cancelRequested)
        try container.encode(record.attempts, forKey: .attempts)
        try container.encode(record.createdAt.rfc3339, forKey: .createdAt)
        try container.encodeIfPresent(record.startedAt?.rfc3339, forKey: .startedAt)
        try container.encodeIfPresent(record.finishedAt?.rfc3339, forKey: .finishedAt)
        try container.encode(record.submission, forKey: .build)
        try container.encodeIfPresent(record.outcome, forKey: .outcome)
        try container.encodeIfPresent(record.problem, forKey: .problem)
        try container.encodeIfPresent(remarks?.map(\.description), forKey: .remarks)
    }
}

/// A part of a list of builds.
struct BuildListDocument: Encodable {
    let builds: [BuildDocument]
    let nextCursor: String?

    private enum CodingKeys: String, CodingKey {
        case builds
        case nextCursor = "next_cursor"
    }
}

/// The body of a request for a build.
struct BuildRequestDocument: RequestDocument {
    /// What is to be built.
    enum Subject {
        case submission(BuildSubmission)
        case dockerfile(DockerfileBuild)
    }

    let subject: Subject
    let secrets: BuildSecrets?

    private enum CodingKeys: String, CodingKey {
        case build, dockerfile, secrets
    }

    private enum BaseKeys: String, CodingKey {
        case base, catalog, reference, layout, scratch
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        secrets = try container.decodeIfPresent(SecretsDocument.self, forKey: .secrets)?.secrets
        guard container.contains(.build) != container.contains(.dockerfile) else {
            throw ServiceError(
                .invalidRequest, "a request is for one build", hints: ["it has either 'build' or 'dockerfile'"])
        }
        guard container.contains(.build) else {
            subject = .dockerfile(try container.decode(DockerfileRequestDocument.self, forKey: .dockerfile).build)
            return
        }
        subject = .submission(try container.decode(BuildSubmission.self, forKey: .build))
        let base = try container.nestedContainer(keyedBy: BaseKeys.self, forKey: .build)
            .nestedContainer(keyedBy: BaseKeys.self, forKey: .base)
        guard base.allKeys.count == 1 else {
            throw ServiceError(
                .invalidRequest, "the base has \(base.allKeys.count) names",
                hints: ["it has one of 'catalog', 'reference', 'layout' and 'scratch'"])
        }
    }

    static let shape = JSONShape.object([
        "build": buildShape, "dockerfile": DockerfileRequestDocument.shape, "secrets": SecretsDocument.shape,
    ])

    static let indexesShape = JSONShape.members(["index_url", "extra_index_urls", "find_links", "exclude_newer"])

    private static let buildShape: JSONShape = {
        var members = Dictionary(
            BuildSubmission.CodingKeys.allCases.map { ($0.rawValue, JSONShape.any) }, uniquingKeysWith: { $1 })
        members["base"] = .members(["catalog", "reference", "layout", "scratch"])
        members["indexes"] = indexesShape
        members["execution"] = .members(["env", "entrypoint", "cmd", "user", "workdir", "labels", "ports", "further"])
        members["changes"] = .members(["ignore_file", "stages", "environments", "instructions"])
        members["files"] = .list(.members(["destination", "excluded"]))
        return .object(members)
    }()
}

/// What a caller lends to one build; each list may be missing.
struct SecretsDocument: RequestDocument {
    let secrets: BuildSecrets

    private enum CodingKeys: String, CodingKey {
        case registries, indexes, named
    }

    /// So many secrets by id may be lent, and so long each: buildkit's own limit, and more than anybody needs.
    private static let limits = (count: 64, bytes: 500 << 10)

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        secrets = BuildSecrets(
            registries: try container.decodeIfPresent([BuildSecrets.Login].self, forKey: .registries) ?? [],
            indexes: try container.decodeIfPresent([BuildSecrets.Login].self, forKey: .indexes) ?? [],
            named: try container.decodeIfPresent([BuildSecrets.Named].self, forKey: .named) ?? [])
        guard (secrets.registries + secrets.indexes).allSatisfy({ !$0.scope.isEmpty }) else {
            throw ServiceError(
                .invalidRequest, "a secret has an empty scope", hints: ["the scope is a registry's or an index's host"])
        }
        guard Set(secrets.named.map(\.id)).count == secrets.named.count, secrets.named.count <= Self.limits.count else {
            throw ServiceError(
                .invalidRequest, "an id of a secret is there twice, or there are more than \(Self.limits.count)")
        }
        for secret in secrets.named {
            guard SecretSpecification.isID(secret.id) else {
                throw ServiceError(
                    .invalidRequest, "'\(secret.id.prefix(128))' is no id of a secret",
                    hints: ["an id has letters, digits, '_', '-' and '.'"])
            }
            guard secret.value.utf8.count <= Self.limits.bytes else {
                throw ServiceError(
                    .invalidRequest, "the secret '\(secret.id)' is longer than \(Self.limits.bytes >> 10) KiB")
            }
        }
    }

    static let shape = JSONShape.object([
        "registries": .list(LoginDocument.shape), "indexes": .list(LoginDocument.shape),
        "named": .list(.members(["id", "value"])),
    ])
}

/// The body of a request for another attempt.
struct RetryDocument: RequestDocument {
    let secrets: BuildSecrets?

    private enum CodingKeys: String, CodingKey {
        case secrets
    }

    init(from decoder: any Decoder) throws {
        secrets = try decoder.container(keyedBy: CodingKeys.self)
            .decodeIfPresent(SecretsDocument.self, forKey: .secrets)?.secrets
    }

    static let shape = JSONShape.object(["secrets": SecretsDocument.shape])
}

/// The body of a request for a context.
struct ContextDocument: RequestDocument {
    let manifest: ContextManifest

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        manifest = ContextManifest(entries: try container.decode([Entry].self, forKey: .entries).map(\.entry))
    }

    private enum CodingKeys: String, CodingKey {
        case entries
    }

    /// An entry, of which the size may be missing unless it is a file.
    private struct Entry: Decodable {
        let entry: ContextManifest.Entry

        private enum CodingKeys: String, CodingKey {
            case path, kind, mode, size, digest, target
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let kind = try container.decode(ContextManifest.Kind.self, forKey: .kind)
            entry = ContextManifest.Entry(
                path: try container.decode(String.self, forKey: .path), kind: kind,
                mode: try container.decode(UInt32.self, forKey: .mode),
                size: kind == .file
                    ? try container.decode(Int64.self, forKey: .size)
                    : try container.decodeIfPresent(Int64.self, forKey: .size) ?? 0,
                digest: try container.decodeIfPresent(Digest.self, forKey: .digest),
                target: try container.decodeIfPresent(String.self, forKey: .target))
        }
    }

    static let shape = JSONShape.object([
        "entries": .list(.members(["path", "kind", "mode", "size", "digest", "target"]))
    ])
}
