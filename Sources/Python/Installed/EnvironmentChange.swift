/// What an installer does to an environment so that it has what a lock names.
///
/// As uv does it: what is there at the version wanted stays as it is, wherever it came from; what is there at another version,
/// or twice, goes; what the lock does not name is left alone.
public struct EnvironmentChange: Sendable, Hashable {
    /// What is there already as the lock has it.
    public let kept: [InstalledDistribution]
    /// What makes room.
    public let removed: [InstalledDistribution]
    /// What is installed, in the lock's order.
    public let added: [LockedPackage]

    /// Compares what is there with what is wanted.
    /// - Parameter replaceable: what of it may go; nil means all.
    public init(
        from installed: [InstalledDistribution], to packages: [LockedPackage],
        replaceable: [InstalledDistribution]? = nil
    ) {
        let present = Dictionary(grouping: installed, by: \.normalizedName)
        var (kept, removed, added): ([InstalledDistribution], [InstalledDistribution], [LockedPackage]) = ([], [], [])
        for package in packages {
            let found = present[package.name] ?? []
            if found.count == 1, found[0].isVersion(package.version) {
                kept += found
            } else {
                removed += found.filter { replaceable?.contains($0) ?? true }
                added.append(package)
            }
        }
        (self.kept, self.removed, self.added) = (kept, removed, added)
    }
}
