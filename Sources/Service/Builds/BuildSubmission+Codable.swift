import OCI
import Spec

// The JSON names of a submission. Members that are left out have their usual values; a member that is not known is an
// error of the API's, which compares names before it decodes.

extension BuildSubmission {
    /// The members' names, as the OpenAPI document tells them.
    public enum CodingKeys: String, CodingKey, CaseIterable {
        case context
        case codeDestination = "code_destination"
        case excluded
        case files
        case changes
        case base
        case requirements
        case groups
        case extras
        case allExtras = "all_extras"
        case lock
        case packages
        case indexes
        case platforms
        case execution
        case annotations
        case sourceDateEpoch = "source_date_epoch"
        case layerLimit = "max_layer_size"
        case tags
        case pushes = "push"
        case exports = "export"
        case usesCache = "cache"
        case pulls = "pull"
        case upgrades = "upgrade"
        case allowsSourceBuilds = "allow_source_builds"
        case compilesBytecode = "compile_bytecode"
        case expectedImage = "image_id"
    }

    /// Reads the object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(base: try container.decode(Base.self, forKey: .base))
        context = try container.decodeIfPresent(Digest.self, forKey: .context)
        codeDestination = try container.decodeIfPresent(String.self, forKey: .codeDestination)
        excluded = try container.decodeIfPresent([String].self, forKey: .excluded) ?? []
        files = try container.decodeIfPresent([Files].self, forKey: .files) ?? []
        changes = try container.decodeIfPresent(Changes.self, forKey: .changes)
        packages = try container.decodeIfPresent([String].self, forKey: .packages) ?? []
        requirements = try container.decodeIfPresent([String].self, forKey: .requirements) ?? []
        selection = PackageSelection(
            groups: try container.decodeIfPresent([String].self, forKey: .groups) ?? [],
            extras: try container.decodeIfPresent([String].self, forKey: .extras) ?? [],
            allExtras: try container.decodeIfPresent(Bool.self, forKey: .allExtras) ?? false)
        lock = try container.decodeIfPresent(String.self, forKey: .lock)
        indexes = try container.decodeIfPresent(Indexes.self, forKey: .indexes) ?? Indexes()
        platforms = try (container.decodeIfPresent([String].self, forKey: .platforms) ?? []).map { try Platform($0) }
        execution = try container.decodeIfPresent(Execution.self, forKey: .execution) ?? Execution()
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations) ?? [:]
        sourceDateEpoch = try container.decodeIfPresent(Int64.self, forKey: .sourceDateEpoch)
        layerLimit = try container.decodeIfPresent(Int64.self, forKey: .layerLimit)
        tags = try (container.decodeIfPresent([String].self, forKey: .tags) ?? []).map { try Reference($0) }
        pushes = try container.decodeIfPresent(Bool.self, forKey: .pushes) ?? !tags.isEmpty
        exports = try container.decodeIfPresent(Bool.self, forKey: .exports) ?? false
        usesCache = try container.decodeIfPresent(Bool.self, forKey: .usesCache) ?? true
        pulls = try container.decodeIfPresent(Bool.self, forKey: .pulls) ?? false
        upgrades = try container.decodeIfPresent(Bool.self, forKey: .upgrades) ?? false
        allowsSourceBuilds = try container.decodeIfPresent(Bool.self, forKey: .allowsSourceBuilds) ?? true
        compilesBytecode = try container.decodeIfPresent(Bool.self, forKey: .compilesBytecode) ?? false
        expectedImage = try container.decodeIfPresent(Digest.self, forKey: .expectedImage)
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(context, forKey: .context)
        try container.encodeIfPresent(codeDestination, forKey: .codeDestination)
        try container.encode(excluded, forKey: .excluded)
        try container.encode(files, forKey: .files)
        try container.encodeIfPresent(changes, forKey: .changes)
        try container.encode(base, forKey: .base)
        try container.encode(requirements, forKey: .requirements)
        try container.encode(selection.groups, forKey: .groups)
        try container.encode(selection.extras, forKey: .extras)
        try container.encode(selection.allExtras, forKey: .allExtras)
        try container.encodeIfPresent(lock, forKey: .lock)
        try container.encode(packages, forKey: .packages)
        try container.encode(indexes, forKey: .indexes)
        try container.encode(platforms.map(\.description), forKey: .platforms)
        try container.encode(execution, forKey: .execution)
        try container.encode(annotations, forKey: .annotations)
        try container.encodeIfPresent(sourceDateEpoch, forKey: .sourceDateEpoch)
        try container.encodeIfPresent(layerLimit, forKey: .layerLimit)
        try container.encode(tags.map(\.description), forKey: .tags)
        try container.encode(pushes, forKey: .pushes)
        try container.encode(exports, forKey: .exports)
        try container.encode(usesCache, forKey: .usesCache)
        try container.encode(pulls, forKey: .pulls)
        try container.encode(upgrades, forKey: .upgrades)
        // As it was before there were the choices, for servers and shares of that time.
        if !allowsSourceBuilds { try container.encode(allowsSourceBuilds, forKey: .allowsSourceBuilds) }
        if compilesBytecode { try container.encode(compilesBytecode, forKey: .compilesBytecode) }
        try container.encodeIfPresent(expectedImage, forKey: .expectedImage)
    }
}

extension BuildSubmission.Base {
    private enum CodingKeys: String, CodingKey {
        case catalog, reference, layout, scratch
    }

    /// Reads `{"catalog": "python-3.11"}`, `{"reference": "registry/name:tag"}`, `{"layout": "path"}` or
    /// `{"scratch": true}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let name = try container.decodeIfPresent(String.self, forKey: .catalog) {
            self = .catalog(name)
        } else if let text = try container.decodeIfPresent(String.self, forKey: .reference) {
            self = .reference(try Reference(text))
        } else if try container.decodeIfPresent(Bool.self, forKey: .scratch) == true {
            self = .scratch
        } else {
            self = .layout(path: try container.decode(String.self, forKey: .layout))
        }
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .catalog(let name): try container.encode(name, forKey: .catalog)
        case .reference(let reference): try container.encode(reference.description, forKey: .reference)
        case .layout(let path): try container.encode(path, forKey: .layout)
        case .scratch: try container.encode(true, forKey: .scratch)
        }
    }
}
