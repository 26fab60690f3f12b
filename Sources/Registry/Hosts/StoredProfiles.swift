import Content
import Diagnostics
public import SystemPackage
import TOMLKit

/// What `cooperage doctor --store` found out about registries, in a TOML file of the user's.
public struct StoredProfiles: Sendable {
    private static let styles: [(name: String, style: RegistryProfile.UploadStyle)] = [
        ("whole", .whole), ("chunked", RegistryProfile().uploads), ("always-chunked", .alwaysChunked),
    ]

    private var profiles: [String: StoredProfile] = [:]

    /// None.
    public init() {}

    /// Where the file of a user is: `$XDG_CONFIG_HOME/cooperage/registries.toml`, else below `~/.config`.
    public static func standardFile(environment: [String: String]) -> FilePath {
        func directory(_ name: String) -> FilePath? { environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) } }
        let settings = directory("XDG_CONFIG_HOME") ?? (directory("HOME") ?? "/").appending(".config")
        return settings.appending("cooperage").appending("registries.toml")
    }

    /// Reads a file; one that is not there holds none.
    /// - Throws: `RegistryError` (`invalid_configuration`).
    public init(_ file: FilePath) throws {
        guard try FileSystem.status(file) != nil else { return }
        for table in try ConfigurationTable(file).tables("registry") {
            guard let host = try table.text("host"), !host.isEmpty else { throw table.error("host", "is missing") }
            var profile = StoredProfile()
            if let name = try table.text("uploads") {
                guard let known = Self.styles.first(where: { $0.name == name }) else {
                    throw table.error(
                        "uploads", "is '\(name)'",
                        hints: ["it is one of \(Self.styles.map(\.name).joined(separator: ", "))"])
                }
                profile.uploads = known.style
            }
            profile.largestBody = try table.size("largest-body")
            profile.mounts = try table.flag("mounts")
            profiles[host] = profile
        }
    }

    /// What is known of a registry, with what was found out.
    func profile(of registry: String, beside known: RegistryProfile) -> RegistryProfile {
        profiles[registry]?.applied(to: known) ?? known
    }

    /// What was found out about a registry; nil where it was not asked.
    public subscript(registry: String) -> StoredProfile? {
        get { profiles[registry] }
        set { profiles[registry] = newValue }
    }

    /// Writes the file.
    public func write(to file: FilePath) throws {
        let tables = profiles.sorted { $0.key < $1.key }.map { host, profile in
            let table = TOMLTable()
            table["host"] = host
            if let name = Self.styles.first(where: { $0.style == profile.uploads })?.name { table["uploads"] = name }
            if let size = profile.largestBody { table["largest-body"] = Int(size) }
            if let mounts = profile.mounts { table["mounts"] = mounts }
            return "[[registry]]\n\(table.convert())\n"
        }
        let head =
            "# Written by 'cooperage doctor --store'. Without its table a registry is asked in the usual way again.\n"
        try FileSystem.makeDirectory(file.removingLastComponent())
        try FileSystem.write((head + tables.map { "\n\($0)" }.joined()).utf8, to: file)
    }
}
