import Diagnostics
import Layers
import OCI
import Python
import Spec

/// Where a Python step puts packages, as the base and the step come to it.
struct PlannedEnvironment: Sendable {
    /// The place.
    var environment: PythonEnvironment
    /// The distributions that are there already.
    var installed: [InstalledDistribution] = []
    /// Those that may be taken away for other versions: what a user's packages go before stays where it is.
    var replaceable: [InstalledDistribution] = []
    /// The environment that has to be made; nil where it is there.
    var new: NewEnvironment?
}

extension BaseImage {
    /// What a place comes to in this base.
    func environment(at place: PythonPlace?) async throws -> PlannedEnvironment {
        switch place {
        case nil:
            return try await planned(pythonEnvironment())
        case .prefix(let path):
            return try await planned(pythonEnvironment(prefix: path))
        case .virtual(let wanted):
            let question = try variablesOfPython() + [String(decoding: CanonicalJSON.encode(wanted), as: UTF8.self)]
            let made = try await remembered("virtual-environments", version: 1, question: question) { tree in
                try NewEnvironment(
                    wanted, in: tree, variables: variables, platform: configuration.platform)
            }
            return PlannedEnvironment(environment: made.environment, new: made)
        case .user(let path):
            let base = try await planned(pythonEnvironment())
            guard base.environment.kind != .virtual else {
                throw PythonError(
                    .unsupportedInterpreter,
                    "the base's Python is of the virtual environment '\(base.environment.scheme.prefix)', which does not look in '\(path)'",
                    hints: ["leave out --user"])
            }
            let own = try await remembered(
                "user-environments", version: 1, question: variablesOfPython() + [path]
            ) { base.environment.forUser(path, in: $0) }
            let there = try await distributions(of: own)
            return PlannedEnvironment(
                environment: own,
                installed: there
                    + base.installed.filter { one in
                        !there.contains { $0.normalizedName == one.normalizedName }
                    }, replaceable: there)
        }
    }

    private func planned(_ environment: PythonEnvironment) async throws -> PlannedEnvironment {
        let installed = try await distributions(of: environment)
        return PlannedEnvironment(environment: environment, installed: installed, replaceable: installed)
    }

    private var variables: [String: String] { configuration.config?.variables ?? [:] }

    /// What decides which Python a command gets.
    private func variablesOfPython() -> [String] {
        let variables = variables
        return ["VIRTUAL_ENV", "PATH"].map { "\($0)=\(variables[$0] ?? "")" }
    }

    /// The Python that a command in a container would get, or the one of an environment, with the directories of the base
    /// on the way to its packages.
    private func pythonEnvironment(prefix: String? = nil) async throws -> PythonEnvironment {
        let question = variablesOfPython() + (prefix.map { ["prefix=\($0)"] } ?? [])
        return try await remembered("python-environments", version: 1, question: question) { tree in
            var environment = try PythonDetector(
                tree: tree, environment: variables, platform: configuration.platform, prefix: prefix
            ).detect()
            environment.scheme = environment.scheme.surveyed(in: tree)
            return environment
        }
    }
}

extension NewEnvironment {
    /// The layer that holds it.
    /// - Parameters:
    ///   - destination: its path in the base.
    ///   - owner: whose it is; nil means root.
    ///   - texts: keeps what its files hold.
    func layer(
        at destination: ImageDestination, owner: SchemeOwner?, texts: inout KeptTexts, timestamp: Timestamp
    ) throws -> FileLayer {
        let root = destination.path
        let (uid, gid) = (owner?.uid ?? 0, owner?.gid ?? 0)
        func entry(_ path: String, _ kind: FileEntry.Kind, mode: UInt32) -> FileEntry {
            FileEntry(path: LayerPath.joined(root, path), kind: kind, mode: mode, uid: uid, gid: gid)
        }
        var all = destination.missing.map {
            FileEntry(path: $0, kind: .directory, mode: 0o755, uid: uid, gid: gid)
        }
        for path in directories {
            // A directory of the base keeps its mode and owner.
            let there = destination.existing[LayerPath.joined(root, path)]
            var directory = entry(path, .directory, mode: there?.mode ?? 0o755)
            (directory.uid, directory.gid) = (there?.uid ?? uid, there?.gid ?? gid)
            all.append(directory)
        }
        for item in entries {
            guard !item.isLink else {
                all.append(entry(item.path, .symbolicLink(target: item.text), mode: 0o777))
                continue
            }
            let bytes = Array(item.text.utf8)
            all.append(
                entry(item.path, .file(digest: try texts.keep(bytes), size: Int64(bytes.count)), mode: 0o644))
        }
        return FileLayer(
            entries: all.sorted { LayerPath.precedes($0.path, $1.path) }, compression: .deflate, timestamp: timestamp)
    }
}
