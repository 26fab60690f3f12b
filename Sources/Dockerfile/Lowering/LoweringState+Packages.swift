import Spec

// Commands that install packages, as what they install into which environment.

extension LoweringState {
    /// `pip install` and its like.
    mutating func install(
        _ asked: PackageInstallation, _ command: ShellCommand, _ mounts: [PlacedSource], in located: LocatedInstruction
    ) throws {
        let shown = "RUN \(command.shown)"
        var asked = asked
        if asked.names.contains("pip"), let place = try? place(of: asked, in: located) {
            environmentsWithoutPip.remove(place.path)
        }
        if asked.isOfInstallers {
            // Code may need it while it runs, at a version that somebody chose.
            asked.requirements = asked.requirements.filter { $0.hasPrefix("setuptools==") }
            if asked.requirements.isEmpty { return skip(located, shown, "Cooperage installs packages without them") }
        }
        try requireRoot("packages would go to its home")
        let place = try place(of: asked, in: located)
        var variables = variables
        var installation = LoweredDockerfile.Installation()
        installation.secrets = secretUses(surroundings, &variables, isUv: asked.isByUv, in: located)
        installation.optionalSecrets = Set(surroundings.optionalIndexes)
        try InstallerVariables.apply(variables, to: &asked)
        installation.indexes = try indexes(asked.indexes, command, mounts, in: located)
        try refuseMisplaced(
            installation.indexes,
            asked.requirements + asked.files + asked.constraints + asked.lines + asked.projects.map(\.path))
        installation.requirements = asked.requirements
        installation.selection = asked.selection
        installation.options = asked.options
        installation.compilesBytecode = asked.compilesBytecode
        for path in asked.files {
            let source = try file(path, command, mounts, in: located, what: "requirements file")
            if !installation.files.contains(source) { installation.files.append(source) }
        }
        installation.lines = asked.lines.map { .init(text: $0) }
        for path in asked.constraints {
            let source = try file(path, command, mounts, in: located, what: "file of constraints")
            installation.lines.append(.init(text: "-c ", path: source))
        }
        for project in asked.projects {
            let source = try file(project.path, command, mounts, in: located, what: "project")
            installation.lines.append(
                .init(text: project.isEditable ? "-e " : "", path: source, suffix: project.extras))
            guard project.isEditable else { continue }
            installation.options.editableSources.append(
                .init(directory: source, place: try absolute(project.path, in: located, at: project.path)))
        }
        try refuseGiven(place)
        add(installation, at: place)
        remark(located, shown, "python layers" + (place.map { " in \($0.path)" } ?? ""))
    }

    private func indexes(
        _ asked: PackageIndexes, _ command: ShellCommand, _ mounts: [PlacedSource], in located: LocatedInstruction
    ) throws -> PackageIndexes {
        var indexes = asked
        indexes.findLinks = try indexes.findLinks.map { place in
            guard !place.contains("://") else { return place }
            return try file(place, command, mounts, in: located, what: "directory")
        }
        return indexes
    }

    // MARK: uv sync

    /// `uv sync`: the environment beside the project's lock becomes what the lock says.
    mutating func sync(
        _ asked: SyncRequest, _ command: ShellCommand, _ mounts: [PlacedSource], in located: LocatedInstruction
    ) throws {
        var asked = asked
        var variables = variables
        let secrets = secretUses(surroundings, &variables, isUv: true, in: located)
        try InstallerVariables.check(variables, known: UvSync.variables.union(InstallerVariables.choosing))
        try apply(variables, to: &asked)
        let start = try absolute(asked.directory ?? ".", in: located, at: asked.directory ?? "uv")
        let root = try project(from: start, mounts, in: located)
        let lock = try file(ImagePath.joined(root, "uv.lock"), command, mounts, in: located, what: "lock")
        let project = try file(ImagePath.joined(root, "pyproject.toml"), command, mounts, in: located, what: "project")
        guard ImagePath.inside("/" + lock, "/" + project.dropLast("pyproject.toml".count)) == "uv.lock",
            ImagePath.name(lock) == "uv.lock", ImagePath.name(project) == "pyproject.toml"
        else {
            throw CommandRefusal(
                reason: "'\(lock)' and '\(project)' do not lie beside each other in the context, as a project has them")
        }
        let place = try syncPlace(asked, root, in: located)
        var installation = LoweredDockerfile.Installation()
        installation.files = [lock]
        installation.selection = asked.selection
        installation.indexes = try indexes(asked.indexes, command, mounts, in: located)
        try refuseMisplaced(installation.indexes, [])
        installation.secrets = secrets
        installation.optionalSecrets = Set(surroundings.optionalIndexes)
        installation.requiresLock = !asked.isFrozen
        installation.compilesBytecode = asked.compilesBytecode
        installation.options.isExact = !asked.isInexact
        let directory = String(lock.dropLast("uv.lock".count))
        installation.options.editableSources = [.init(directory: directory, place: root)]
        try refuseGiven(place)
        add(installation, at: place, isAlone: !asked.isInexact)
        remark(located, "RUN \(command.shown)", "python layers" + (place.map { " in \($0.path)" } ?? ""))
    }

    private func apply(_ variables: [String: String], to asked: inout SyncRequest) throws(CommandRefusal) {
        func isTrue(_ name: String) -> Bool { InstallerVariables.isTrue(variables[name]) }
        if !asked.isLocked, isTrue("UV_FROZEN") { asked.isFrozen = true }
        if isTrue("UV_COMPILE_BYTECODE") { asked.compilesBytecode = true }
        if isTrue("UV_NO_DEV"), asked.selection.sync?.excludedGroups.contains("dev") == false {
            asked.selection.sync?.excludedGroups.insert("dev", at: 0)
        }
        if isTrue("UV_NO_EDITABLE") { asked.selection.sync?.copiesCode = true }
        if isTrue("UV_NO_DEFAULT_GROUPS") { asked.selection.sync?.takesDefaultGroups = false }
        let omissions: [(String, ProjectSync.Omission)] = [
            ("UV_NO_INSTALL_PROJECT", .project), ("UV_NO_INSTALL_WORKSPACE", .workspace),
            ("UV_NO_INSTALL_LOCAL", .local),
        ]
        for (name, omission) in omissions where isTrue(name) && asked.selection.sync?.omission == nil {
            asked.selection.sync?.omission = omission
        }
        if asked.version == nil, let python = variables["UV_PYTHON"], !python.isEmpty {
            asked.version = try UvSync.version(python)
        }
        // Locks name their indexes; another default one has uv write the lock anew.
        asked.indexes.indexURL = asked.indexes.indexURL ?? variables["UV_DEFAULT_INDEX"] ?? variables["UV_INDEX_URL"]
        for name in ["UV_INDEX", "UV_EXTRA_INDEX_URL"] {
            asked.indexes.extraIndexURLs += (variables[name] ?? "").split(whereSeparator: \.isWhitespace).map(
                String.init)
        }
    }

    /// The directory of a project: the first upwards that has a `pyproject.toml`.
    private func project(from start: String, _ mounts: [PlacedSource], in located: LocatedInstruction) throws -> String
    {
        var directory = start
        while true {
            if let source = contextPath(of: ImagePath.joined(directory, "pyproject.toml"), mounts: mounts),
                lowering.contextEntry.map({ $0(source) != nil }) ?? true
            {
                return directory
            }
            guard directory != "/" else {
                throw dockerfile.failure(
                    .requirementsNotFound,
                    "no line above puts a 'pyproject.toml' into '\(start)' or a directory above it",
                    in: located, at: "sync", hints: ["COPY it first, or mount it by --mount=type=bind"])
            }
            directory = ImagePath.absolute("..", in: directory) ?? "/"
        }
    }

    /// Where a project's environment is, which is made if nothing has made it.
    private mutating func syncPlace(_ asked: SyncRequest, _ root: String, in located: LocatedInstruction) throws
        -> PythonPlace?
    {
        var path = ImagePath.joined(root, ".venv")
        if asked.isActive, let active = activated ?? variables["VIRTUAL_ENV"], !active.isEmpty {
            path = try absolute(active, in: located, at: active)
        } else if let named = variables["UV_PROJECT_ENVIRONMENT"], !named.isEmpty {
            path = ImagePath.absolute(named, in: root) ?? named
        }
        switch place(at: path) {
        case .prefix:
            // The base's own are those that its PATH leads to.
            let isBases = (scope.base?["PATH"] ?? "").split(separator: ":").contains { $0 == path + "/bin" }
            if isBases { return .prefix(path) }
            let wanted = VirtualEnvironment(path: path, maker: .uv, version: asked.version)
            environments.append(wanted)
            environmentsWithoutPip.insert(path)
            return .virtual(wanted)
        case let place: return place
        }
    }
}
