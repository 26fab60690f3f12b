import Content
import Diagnostics
public import SystemPackage

extension RegistriesConfiguration {
    /// The variable that names the file.
    public static let variable = "CONTAINERS_REGISTRIES_CONF"

    /// Reads the files of a user, as containers-registries.conf(5) and containers-registries.conf.d(5) have it: the file that
    /// is named, else the user's own, else the system's; and the `.conf` files of the system's and the user's directories,
    /// of which the system's does not count where the user's own file is read.
    /// - Parameter named: a file that a flag names, in the place of the variable's.
    /// - Throws: `RegistryError` (`invalid_configuration`).
    public init(environment: [String: String], named: FilePath? = nil) throws {
        let system = ContainersSettings.system
        let user = ContainersSettings.user(environment)
        let fromVariable = environment[Self.variable].flatMap { $0.isEmpty ? nil : FilePath($0) }
        let name = "registries.conf"
        let isUsers = user.map { FileSystem.exists($0.appending(name)) } ?? false
        let directories = (isUsers ? [] : [system]) + [user].compactMap(\.self)
        if let file = named ?? fromVariable {
            guard FileSystem.exists(file) else {
                throw RegistryError(
                    .invalidConfiguration, "there is no file '\(file)' that says where registries are",
                    context: named == nil ? [FailureContext("variable", Self.variable)] : [])
            }
            let all = [system] + [user].compactMap(\.self)
            try self.init(files: [file] + all.flatMap { try Self.dropIns($0.appending("\(name).d")) })
        } else {
            let main = (isUsers ? user : nil) ?? system
            try self.init(
                files: [main.appending(name)].filter { FileSystem.exists($0) }
                    + directories.flatMap { try Self.dropIns($0.appending("\(name).d")) })
        }
    }

    /// Reads files, of which later ones go before earlier ones.
    public init(files: [FilePath]) throws { self.init(try files.flatMap { try Self.entries(of: $0) }) }

    private static func dropIns(_ directory: FilePath) throws -> [FilePath] {
        guard try FileSystem.status(directory)?.kind == .directory else { return [] }
        return try FileSystem.names(in: directory).filter { $0.hasSuffix(".conf") }.map { directory.appending($0) }
    }

    private static func entries(of file: FilePath) throws -> [Entry] {
        let root = try ConfigurationTable(file)
        if root.has("registries") {
            throw root.error(
                "registries", "is of the format's version 1, which podman does not take any more either",
                hints: ["write [[registry]] tables: containers-registries.conf(5)"])
        }
        return try root.tables("registry").map { try entry($0) }
    }

    private static func entry(_ table: ConfigurationTable) throws(RegistryError) -> Entry {
        let location = try place("location", in: table)
        let prefix = try place("prefix", in: table) ?? location
        guard let prefix else { throw table.error("location", "is missing, and there is no prefix either") }
        let isWildcard = prefix.hasPrefix("*.")
        guard location != nil || isWildcard else { throw table.error("location", "is missing") }
        guard !prefix.dropFirst(isWildcard ? 2 : 0).contains("*"), !isWildcard || !prefix.contains(where: "/:".contains)
        else {
            throw table.error(
                "prefix", "is '\(prefix)', where a star stands for nothing", hints: ["a wildcard is *.example.com"])
        }
        guard !table.has("pull-from-mirror") else {
            throw table.error("pull-from-mirror", "is of mirrors", hints: ["move it into [[registry.mirror]]"])
        }
        let byDigestOnly = try table.flag("mirror-by-digest-only") ?? false
        var entry = Entry(
            prefix: prefix, location: location ?? "", isInsecure: try table.flag("insecure"),
            isBlocked: try table.flag("blocked") ?? false, file: table.file)
        entry.mirrors = []
        for mirror in try table.tables("mirror") {
            entry.mirrors.append(try self.mirror(mirror, byDigestOnly: byDigestOnly))
        }
        return entry
    }

    private static func mirror(_ table: ConfigurationTable, byDigestOnly: Bool) throws(RegistryError) -> Mirror {
        guard let location = try place("location", in: table) else { throw table.error("location", "is missing") }
        var mirror = Mirror(location: location, isInsecure: try table.flag("insecure"))
        if let text = try table.text("pull-from-mirror"), !text.isEmpty {
            guard let use = Mirror.Use(rawValue: text) else {
                throw table.error(
                    "pull-from-mirror", "is '\(text)'", hints: ["it is one of all, digest-only and tag-only"])
            }
            guard !byDigestOnly else {
                throw table.error("pull-from-mirror", "contradicts 'mirror-by-digest-only' of its registry")
            }
            mirror.use = use
        } else if byDigestOnly {
            mirror.use = .digestOnly
        }
        return mirror
    }

    /// A prefix or a location; nil where it is missing or empty.
    private static func place(_ key: String, in table: ConfigurationTable) throws(RegistryError) -> String? {
        guard var text = try table.text(key) else { return nil }
        while text.hasSuffix("/") { text.removeLast() }
        guard !text.contains("://") else {
            throw table.error(
                key, "is '\(redacted(url: text))', which has a scheme", hints: ["it is host[:port][/path]"])
        }
        return text.isEmpty ? nil : text
    }
}
