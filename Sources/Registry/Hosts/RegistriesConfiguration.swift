import Diagnostics
import OCI
import SystemPackage

/// What containers' `registries.conf` says of registries: where names really lead, which mirrors are asked first, what is
/// insecure and what is blocked (containers-registries.conf(5), version 2). Short names and their aliases are not taken: a
/// name means the same everywhere.
public struct RegistriesConfiguration: Sendable {
    /// A `[[registry]]` table.
    struct Entry: Sendable {
        /// `host[:port][/path]`, or `*.host`.
        var prefix: String
        /// What stands in the prefix's place when something is pulled; empty leaves the name as it is.
        var location: String
        /// Nil where nothing is said.
        var isInsecure: Bool?
        var isBlocked = false
        var mirrors: [Mirror] = []
        /// Where it stands.
        var file: FilePath
    }

    /// A `[[registry.mirror]]` table.
    struct Mirror: Sendable {
        /// For which pulls a mirror is asked.
        enum Use: String, Sendable {
            case all
            case digestOnly = "digest-only"
            case tagOnly = "tag-only"
        }

        var location: String
        var isInsecure: Bool?
        var use = Use.all
    }

    private(set) var entries: [Entry]

    /// Nothing particular.
    public init() { entries = [] }

    /// Takes entries; of several with one prefix the last counts.
    init(_ entries: [Entry]) {
        self.entries = entries.reduce(into: []) { kept, entry in
            kept.removeAll { $0.prefix == entry.prefix }
            kept.append(entry)
        }
    }

    /// The entry with the longest prefix of a name.
    func entry(for reference: Reference) -> Entry? {
        entries.filter { $0.match(reference.name) != nil }.max { $0.prefix.utf8.count < $1.prefix.utf8.count }
    }

    /// The hosts of locations of which it is said that they are insecure, or that they are not.
    func hosts(insecure: Bool) -> Set<String> {
        let locations = entries.flatMap { entry in
            [(entry.location.isEmpty ? entry.prefix : entry.location, entry.isInsecure)]
                + entry.mirrors.map { ($0.location, $0.isInsecure) }
        }
        return Set(locations.filter { $0.1 == insecure }.map { String($0.0.prefix { $0 != "/" }) })
    }

    /// The names under which an image is asked for when it is pulled: mirrors first, where it really is last.
    /// - Throws: `RegistryError`: `blocked`, or `invalid_configuration` where a location gives no name.
    func sources(of reference: Reference) throws -> [Reference] {
        guard let entry = entry(for: reference) else { return [reference] }
        try entry.check(reference)
        let isPinned = reference.digest != nil
        let mirrors = entry.mirrors.filter { $0.use == .all || ($0.use == .digestOnly) == isPinned }
        return try mirrors.map { try entry.rewrite(reference, to: $0.location) }
            + [try entry.rewrite(reference, to: entry.location)]
    }

    /// Refuses a name that is blocked.
    func check(_ reference: Reference) throws { try entry(for: reference)?.check(reference) }
}

extension RegistriesConfiguration.Entry {
    /// How much of a name the prefix covers, in characters; nil where it is none of it.
    func match(_ name: String) -> Int? {
        let covered: Substring
        if prefix.hasPrefix("*.") {
            // Any number of subdomains, in the host alone.
            let host = name.prefix { $0 != "/" && $0 != ":" }
            let suffix = prefix.dropFirst()
            guard host.hasSuffix(suffix), host.count > suffix.count else { return nil }
            covered = host
        } else {
            guard name.hasPrefix(prefix) else { return nil }
            covered = name.prefix(prefix.count)
        }
        let rest = name[covered.endIndex...]
        return rest.isEmpty || rest.first.map { "/:@".contains($0) } == true ? covered.count : nil
    }

    func check(_ reference: Reference) throws {
        guard isBlocked else { return }
        throw RegistryError(
            .blocked, "'\(reference.name)' is blocked by the configuration of this machine",
            context: [FailureContext("file", file.string), FailureContext("prefix", prefix)])
    }

    func rewrite(_ reference: Reference, to location: String) throws -> Reference {
        guard !location.isEmpty, let length = match(reference.name) else { return reference }
        let name = location + reference.name.dropFirst(length)
        let suffix = (reference.tag.map { ":\($0)" } ?? "") + (reference.digest.map { "@\($0)" } ?? "")
        // A location without a registry's name would otherwise be taken for one of Docker Hub's.
        guard let rewritten = try? Reference(name + suffix), rewritten.name == name || name.hasPrefix("docker.io")
        else {
            throw RegistryError(
                .invalidConfiguration, "'\(location)' leads '\(reference.name)' to '\(name)', which is no name",
                context: [FailureContext("file", file.string), FailureContext("prefix", prefix)],
                hints: ["a location begins with a registry's host, as in mirror.example:5000/path"])
        }
        return rewritten
    }
}
