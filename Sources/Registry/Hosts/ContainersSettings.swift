import SystemPackage

/// Where podman and its relatives keep their settings, which we read beside them.
enum ContainersSettings {
    /// Those of the machine.
    static let system: FilePath = "/etc/containers"

    /// Those of a user, `~/.config/containers`; nil for one without a home.
    static func user(_ environment: [String: String]) -> FilePath? {
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return FilePath(home).appending(".config").appending("containers")
    }
}
