import Spec

// Which environment a command means: by the programs that it calls, by PATH, and by uv's own rules.

extension LoweringState {
    /// The variables that a command sees.
    var variables: [String: String] {
        scope.environment
            .merging(scope.arguments.compactMapValues { $0 }) { environment, _ in environment }
            .merging(scope.base ?? [:]) { ours, _ in ours }
            .merging(surroundings.variables) { $1 }
    }

    /// Adds an installation to those of an environment.
    /// - Parameter isAlone: whether nothing of the earlier ones is left.
    mutating func add(
        _ installation: LoweredDockerfile.Installation?, at place: PythonPlace?, isAlone: Bool = false
    ) {
        let number: Int
        if let found = packages.firstIndex(where: { $0.place == place }) {
            number = found
        } else {
            packages.append(.init(place: place, installations: []))
            number = packages.count - 1
        }
        guard let installation else { return }
        if isAlone { packages[number].installations = [] }
        // What is installed once more changes nothing.
        if packages[number].installations.last != installation { packages[number].installations.append(installation) }
    }

    /// Refuses what would come to an environment after a line has given its directory away: all of its packages have one
    /// owner.
    func refuseGiven(_ place: PythonPlace?) throws(CommandRefusal) {
        guard case .virtual(let environment) = place else { return }
        for named in givenAway {
            // A pattern may mean all that is beside it.
            let parts = named.path.split(separator: "/")
            let fixed = parts.prefix { !NamedFiles.isPattern(String($0)) }
            guard ImagePath.inside(environment.path, "/" + fixed.joined(separator: "/")) != nil else { continue }
            throw CommandRefusal(
                reason: "a line above gives '\(named.path)' away, and with it '\(environment.path)'",
                word: environment.path, hints: ["put that line below this one"])
        }
    }

    /// `python -m venv PATH` and its like.
    mutating func make(
        _ wanted: VirtualEnvironment, withPip hasPip: Bool, _ command: ShellCommand, _ mounts: [PlacedSource],
        in located: LocatedInstruction
    ) throws {
        var wanted = wanted
        if wanted.maker == .uv {
            try InstallerVariables.check(variables, known: InstallerVariables.choosing.union(["UV_PYTHON"]))
            if wanted.version == nil, wanted.program == nil, let python = variables["UV_PYTHON"], !python.isEmpty {
                wanted.version = try UvSync.version(python)
            }
            if wanted.path.isEmpty { wanted.path = try uvDefault(mounts, in: located) }
        }
        wanted.path = try absolute(wanted.path, in: located, at: wanted.path)
        if let program = wanted.program { wanted.program = try interpreter(program, in: located) }
        guard !environments.contains(where: { $0.path == wanted.path }) else {
            throw CommandRefusal(reason: "a line above has made the environment '\(wanted.path)'", word: wanted.path)
        }
        try refuseGiven(.virtual(wanted))
        environments.append(wanted)
        if !hasPip { environmentsWithoutPip.insert(wanted.path) }
        add(nil, at: .virtual(wanted))
        remark(located, "RUN \(command.shown)", "a virtual environment in \(wanted.path)")
    }

    /// Where `uv venv` goes by itself: `.venv`, or in a project's own directory where its environment is to be.
    private func uvDefault(_ mounts: [PlacedSource], in located: LocatedInstruction) throws(DockerfileError) -> String {
        let project = try absolute("pyproject.toml", in: located, at: "uv")
        guard let path = variables["UV_PROJECT_ENVIRONMENT"], !path.isEmpty,
            let source = contextPath(of: project, mounts: mounts),
            lowering.contextEntry.map({ $0(source) != nil }) ?? true
        else { return ".venv" }
        return path
    }

    /// The interpreter that makes an environment; nil for the base's own, which stands behind that of an environment.
    private func interpreter(_ program: String, in located: LocatedInstruction) throws(DockerfileError) -> String? {
        guard program.contains("/") else { return program }
        let path = try absolute(program, in: located, at: program)
        return made(at: Self.root(of: path)) == nil ? path : nil
    }

    // MARK: Where packages go

    /// The environment that an installation goes to; nil where the base's Python looks.
    func place(of installation: PackageInstallation, in located: LocatedInstruction) throws -> PythonPlace? {
        switch installation.target {
        case .program(let program):
            return try place(ofProgram: program, in: located)
        case .user(let program):
            if let place = try place(ofProgram: program, in: located) {
                throw CommandRefusal(
                    reason: "--user goes to a home, and not into the environment '\(place.path)'", word: "--user")
            }
            let home = variables["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "/root"
            let base = variables["PYTHONUSERBASE"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local"
            return .user(try absolute(base, in: located, at: base))
        case .python(let path): return place(at: try absolute(path, in: located, at: path))
        case .uv(let isSystem):
            guard !isSystem, !InstallerVariables.isTrue(variables["UV_SYSTEM_PYTHON"]) else { return nil }
            if let path = variables["UV_PYTHON"], path.contains("/") {
                return place(at: try absolute(path, in: located, at: path))
            }
            if let activated { return place(at: activated) }
            if let path = scope.environment["VIRTUAL_ENV"], !path.isEmpty {
                return place(at: try absolute(path, in: located, at: path))
            }
            guard (scope.base?["VIRTUAL_ENV"] ?? "").isEmpty else { return nil }
            return nearby().map(PythonPlace.virtual)
        }
    }

    /// By a program's path, or by the PATH.
    private func place(ofProgram program: String, in located: LocatedInstruction) throws -> PythonPlace? {
        if program.contains("/") {
            let place = place(at: try absolute(program, in: located, at: program))
            try requirePip(in: place, program)
            return place
        }
        let base = Set((scope.base?["PATH"] ?? "").split(separator: ":").map(String.init))
        let path =
            (activated.map { [$0 + "/bin"] } ?? [])
            + (scope.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for directory in path {
            if directory.hasSuffix("/bin"), case let root = String(directory.dropLast(4)),
                let found = made(at: root) ?? (root == activated ? VirtualEnvironment(path: root) : nil)
            {
                // The next one that has it is what a shell finds.
                if environmentsWithoutPip.contains(found.path), !PipInstall.isPython(program) { continue }
                let place = place(at: found.path)
                try requirePip(in: place, program)
                return place
            }
            if base.contains(directory) { break }
        }
        return nil
    }

    private func requirePip(in place: PythonPlace?, _ program: String) throws(CommandRefusal) {
        guard let place, environmentsWithoutPip.contains(place.path) else { return }
        throw CommandRefusal(
            reason: "the environment '\(place.path)' has no pip", word: program,
            hints: ["use 'uv pip install', or make it with pip in it (uv venv --seed, python -m venv)"])
    }

    /// The environment at a path, or of a program in its `bin`.
    func place(at path: String) -> PythonPlace? {
        let root = Self.root(of: path)
        if let found = made(at: root) { return .virtual(found) }
        let base = scope.base?["VIRTUAL_ENV"].flatMap { ImagePath.absolute($0, in: "/") }
        return root == base ? nil : .prefix(root)
    }

    /// `/opt/venv` of `/opt/venv/bin/python`.
    private static func root(of path: String) -> String {
        let parts = path.split(separator: "/")
        guard parts.count > 1, parts[parts.count - 2] == "bin" else { return path }
        return "/" + parts.dropLast(2).joined(separator: "/")
    }

    private func made(at path: String) -> VirtualEnvironment? {
        environments.first { $0.path == ImagePath.absolute(path, in: "/") }
    }

    /// The `.venv` of the working directory or of one above it.
    private func nearby() -> VirtualEnvironment? {
        guard var directory = workingDirectory else { return nil }
        while true {
            if let found = made(at: ImagePath.joined(directory, ".venv")) { return found }
            if directory == "/" { return nil }
            directory = ImagePath.absolute("..", in: directory) ?? "/"
        }
    }
}
