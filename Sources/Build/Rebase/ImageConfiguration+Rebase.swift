import OCI

// What an image says, on another base. Where it says what its old base said, it follows the new one; what it says itself
// stays. So an image that was built here comes to the configuration that a build on the new base gives.

extension ImageConfiguration.Execution {
    /// These settings of an image on another base.
    /// - Parameters:
    ///   - old: the settings of the base that it was built on.
    ///   - new: those of the base that it is put on.
    func rebased(from old: Self, to new: Self) -> Self {
        var result = self
        func follow<Value: Equatable>(_ path: WritableKeyPath<Self, Value>) {
            if self[keyPath: path] == old[keyPath: path] { result[keyPath: path] = new[keyPath: path] }
        }
        follow(\.user)
        follow(\.workingDir)
        follow(\.stopSignal)
        follow(\.shell)
        follow(\.healthcheck)
        // Arguments belong to the entry point that they were written for.
        if entrypoint == old.entrypoint {
            follow(\.cmd)
            follow(\.entrypoint)
        }
        // Instructions for builds upon the base are none for builds upon the image: `onBuild` stays.
        result.labels = Self.merged(labels, old.labels, new.labels)
        result.exposedPorts = Self.merged(exposedPorts, old.exposedPorts, new.exposedPorts)
        result.volumes = Self.merged(volumes, old.volumes, new.volumes)
        result.env = rebasedVariables(from: old, to: new)
        return result
    }

    /// The variables, those of the base in its order.
    private func rebasedVariables(from old: Self, to new: Self) -> [String]? {
        var merged = Self()
        merged.env = new.env
        let (own, before, after) = (variables, old.variables, new.variables)
        // What the image took away, or the new base has no more, goes.
        merged.env?.removeAll { entry in
            let name = Self.name(of: entry)
            return own[name] == nil && before[name] != nil
        }
        for entry in env ?? [] {
            let name = Self.name(of: entry)
            guard let value = own[name], merged.environment(name) != value else { continue }
            guard let inherited = before[name] else {
                merged.setEnvironment(name, value)
                continue
            }
            guard value != inherited else { continue }
            merged.setEnvironment(name, Self.extended(value, inherited, after[name]))
        }
        return (merged.env ?? []).isEmpty && env == nil ? nil : merged.env ?? []
    }

    private static func name(of entry: String) -> String {
        entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? entry
    }

    /// A list such as `PATH` that was the base's with something before or behind it is the new base's with the same.
    private static func extended(_ value: String, _ old: String, _ new: String?) -> String {
        guard let new, !old.isEmpty else { return value }
        if value.hasSuffix(":\(old)") { return value.dropLast(old.count) + new }
        if value.hasPrefix("\(old):") { return new + value.dropFirst(old.count) }
        return value
    }

    /// A set or a mapping, key by key.
    private static func merged<Value: Equatable>(
        _ own: [String: Value]?, _ old: [String: Value]?, _ new: [String: Value]?
    ) -> [String: Value]? {
        var result = new ?? [:]
        for (key, value) in old ?? [:] where own?[key] == nil && result[key] == value { result[key] = nil }
        for (key, value) in own ?? [:] where old?[key] != value { result[key] = value }
        return result.isEmpty && own == nil ? nil : result
    }
}

extension ImageConfiguration {
    /// The entries of the history that tell of the layers above a base, one for each and the empty ones between them.
    /// - Parameter old: the history of the base as its images have it.
    func history(above old: [History], layers: Int) -> [History] {
        let all = history ?? []
        let count = rootfs.diffIDs.count
        guard all.count(where: { $0.emptyLayer != true }) == count else {
            // Registries count them.
            return (layers..<count).map { _ in History(created: created, comment: "layer of the image") }
        }
        if all.starts(with: old), old.count(where: { $0.emptyLayer != true }) == layers {
            return Array(all.dropFirst(old.count))
        }
        var seen = 0
        return Array(
            all.drop { entry in
                guard entry.emptyLayer != true else { return seen < layers }
                seen += 1
                return seen <= layers
            })
    }
}
