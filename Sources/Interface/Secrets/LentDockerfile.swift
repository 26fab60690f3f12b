import Diagnostics
public import Dockerfile
import Python
public import Spec

/// A Dockerfile with what is lent put where its secret mounts want it: URLs of indexes are whole, and what else an
/// installer takes has the id by which `LentVariables` knows it.
public struct LentDockerfile: Sendable {
    /// The Dockerfile; no mark of a secret is left in it.
    public private(set) var dockerfile: LoweredDockerfile
    /// What is lent, by the ids that the build knows.
    public private(set) var secrets: SecretSet
    /// The ids of those that stand in the indexes already.
    public private(set) var used: Set<String> = []
    private let name: String

    /// Puts secrets in.
    /// - Parameters:
    ///   - lent: what the user lends, by the ids of the mounts.
    ///   - name: how messages name the Dockerfile.
    /// - Throws: `DockerfileError` (`secret_not_lent`) for a secret without which nothing is installed, and
    ///   `InterfaceError` for one that is not what its mount takes it for. Nothing of a value is in them.
    public init(_ dockerfile: LoweredDockerfile, lent: SecretSet, name: String) throws {
        self.dockerfile = dockerfile
        self.name = name
        secrets = lent
        var filled = dockerfile
        for number in filled.environments.indices { try fill(&filled.environments[number], lent) }
        for stage in filled.stages.indices {
            for number in filled.stages[stage].environments.indices {
                try fill(&filled.stages[stage].environments[number], lent)
            }
        }
        self.dockerfile = filled
        secrets = lent.without(taken).adding(values)
        // What stands in a URL by a variable need not stand in a requirements file as well.
        for use in (dockerfile.environments + dockerfile.stages.flatMap(\.environments)).flatMap(\.secrets) {
            if case .variable(let name) = use.kind, inURLs.contains(use.id) { used.insert(name) }
        }
    }

    /// The secrets by the ids that the build knows.
    private var values: [String: [UInt8]] = [:]
    /// The ids of the mounts that are known by others now.
    private var taken: Set<String> = []
    private var inURLs: Set<String> = []

    private mutating func fill(_ packages: inout LoweredDockerfile.Packages, _ lent: SecretSet) throws {
        for number in packages.installations.indices { try fill(&packages.installations[number], lent) }
    }

    private mutating func fill(_ installation: inout LoweredDockerfile.Installation, _ lent: SecretSet) throws {
        for use in installation.secrets {
            guard let bytes = lent.bytes(use.id) else {
                if use.isRequired { throw notLent(use.id, use.lines) }
                continue
            }
            taken.insert(use.id)
            switch use.kind {
            case .netrc: values[LentVariables.netrcID] = bytes
            case .variable(let name): values[name] = bytes
            case .pipConfiguration:
                try installation.indexes.add(InstallerConfiguration(pip: try text(use.id, lent), id: use.id))
            case .uvConfiguration:
                try installation.indexes.add(InstallerConfiguration(uv: try text(use.id, lent), id: use.id))
            }
        }
        let optional = installation.optionalSecrets
        if let url = installation.indexes.indexURL {
            let urls = try filled(url, lent, optional)
            guard urls.count <= 1 else {
                throw Origin.flag("--secret").error("a secret of the Dockerfile's first index holds several URLs")
            }
            installation.indexes.indexURL = urls.first
        }
        installation.indexes.extraIndexURLs = try installation.indexes.extraIndexURLs.flatMap {
            try filled($0, lent, optional)
        }
        installation.indexes.findLinks = try installation.indexes.findLinks.flatMap { try filled($0, lent, optional) }
        installation.secrets = []
        installation.optionalSecrets = []
    }

    /// A URL with its secrets; several where a secret holds several, none where one that need not be lent is not.
    private mutating func filled(_ url: String, _ lent: SecretSet, _ optional: Set<String>) throws -> [String] {
        if let id = SecretMarker.whole(url) {
            guard lent.bytes(id) != nil || !optional.contains(id) else { return [] }
            take(id)
            return try urls(try text(id, lent), id)
        }
        let ids = SecretMarker.ids(in: url)
        for id in ids { take(id) }
        return ids.isEmpty ? [url] : [try SecretMarker.replacing(in: url) { try text($0, lent) }]
    }

    private mutating func take(_ id: String) {
        taken.insert(id)
        inURLs.insert(id)
    }

    private func text(_ id: String, _ lent: SecretSet) throws -> String {
        guard lent.bytes(id) != nil else { throw notLent(id, nil) }
        guard let text = lent.text(id) else {
            throw Origin.flag("--secret").error("the secret '\(id)' is no text, and the Dockerfile takes it for one")
        }
        return text
    }

    private func urls(_ text: String, _ id: String) throws -> [String] {
        let urls = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !urls.isEmpty, urls.allSatisfy({ $0.hasPrefix("https://") || $0.hasPrefix("http://") }) else {
            throw Origin.flag("--secret").error(
                "the secret '\(id)' is no URL of an index", hints: ["it reads https://user:password@host/simple"])
        }
        return urls
    }

    private func notLent(_ id: String, _ lines: LineRange?) -> DockerfileError {
        DockerfileError(
            .secretNotLent, "the Dockerfile's installations need the secret '\(id)'",
            context: [FailureContext("file", name + (lines.map { ":\($0.first)" } ?? ""))],
            hints: ["lend it by --secret id=\(id),env=VARIABLE or --secret id=\(id),src=FILE"])
    }
}
