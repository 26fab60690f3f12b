import Spec

/// What a RUN's commands find around them, beside the image: secrets, and variables of the shell.
struct RunSurroundings {
    /// The secrets that are mounted.
    var secrets: [SecretMount] = []
    /// The variables that mounts and `export` set, secrets as marks.
    var variables: [String: String] = [:]

    /// What `cat` would print of a file: the mark of the secret that it holds.
    func text(ofFile path: String) -> String? {
        secrets.last { $0.path == path }.map { SecretMarker.text($0.id) }
    }

    /// Refuses variables by which commands would be other programs.
    func refuseOtherPrograms(_ variables: [String: String]) throws(CommandRefusal) {
        guard let name = ["HOME", "PATH", "VIRTUAL_ENV"].first(where: { variables[$0] != nil }) else { return }
        throw CommandRefusal(
            reason: "it changes which programs the commands after it are", word: name, hints: ["set it by ENV"])
    }

    /// Those that are variables of the installers and need not be lent: without them the variable is not set.
    var optionalIndexes: [String] {
        secrets.filter { mount in
            guard let variable = mount.variable, !mount.isRequired else { return false }
            return variable.hasPrefix("PIP_") || variable.hasPrefix("UV_")
        }.map(\.id)
    }
}

extension LoweringState {
    /// The secrets that mounts show to a RUN.
    func surroundings(of run: RunInstruction, in located: LocatedInstruction) throws(DockerfileError)
        -> RunSurroundings
    {
        var found = RunSurroundings()
        for mount in run.mounts where mount["type"] == "secret" {
            do {
                let secret = try SecretMount(mount) { try expand($0, in: located) }
                found.secrets.append(secret)
                if let variable = secret.variable { found.variables[variable] = SecretMarker.text(secret.id) }
            } catch let refusal as CommandRefusal {
                throw dockerfile.failure(
                    .unsupportedCommand, "'RUN --mount' cannot be followed: \(refusal.reason)", in: located,
                    at: "--mount")
            } catch let error as DockerfileError {
                throw error
            } catch {
                throw dockerfile.failure(.unsupportedCommand, "\(error)", in: located, at: "--mount")
            }
        }
        return found
    }

    /// What an installation takes from secrets, and its variables without those that name them.
    func secretUses(
        _ surroundings: RunSurroundings, _ variables: inout [String: String], isUv: Bool, in located: LocatedInstruction
    ) -> [SecretUse] {
        var uses: [SecretUse] = []
        func use(_ mount: SecretMount, _ kind: SecretUse.Kind, isRequired: Bool = false) {
            let use = SecretUse(
                id: mount.id, kind: kind, isRequired: isRequired || mount.isRequired, lines: located.lines)
            if !uses.contains(use) { uses.append(use) }
        }
        let home = variables["HOME"] ?? "/root"
        for mount in surroundings.secrets {
            if let path = mount.path {
                if path == variables["NETRC"] || ["\(home)/.netrc", "\(home)/_netrc"].contains(path) {
                    use(mount, .netrc)
                }
                if !isUv, path == variables["PIP_CONFIG_FILE"] {
                    variables["PIP_CONFIG_FILE"] = nil
                    use(mount, .pipConfiguration)
                } else if !isUv,
                    ["\(home)/.config/pip/pip.conf", "\(home)/.pip/pip.conf", "/etc/pip.conf"].contains(path)
                {
                    use(mount, .pipConfiguration)
                }
                if isUv, path == variables["UV_CONFIG_FILE"] {
                    variables["UV_CONFIG_FILE"] = nil
                    use(mount, .uvConfiguration)
                } else if isUv, ["\(home)/.config/uv/uv.toml", "/etc/uv/uv.toml"].contains(path) {
                    use(mount, .uvConfiguration)
                }
            }
        }
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            guard let id = SecretMarker.whole(value) else { continue }
            let isOfIndex =
                isUv && name.hasPrefix("UV_INDEX_") && (name.hasSuffix("_PASSWORD") || name.hasSuffix("_USERNAME"))
            // Those of pip and uv are read where their other values are.
            guard isOfIndex || !(name.hasPrefix("PIP_") || name.hasPrefix("UV_")) else { continue }
            let mount = surroundings.secrets.last { $0.id == id }
            let isExported = mount?.variable != name
            uses.append(
                SecretUse(
                    id: id, kind: .variable(name), isRequired: isExported || (mount?.isRequired ?? true),
                    lines: located.lines))
            if isOfIndex { variables[name] = nil }
        }
        return uses
    }

    /// `export NAME=value`: what the commands after it find.
    mutating func export(
        _ variables: [EnvironmentVariable], _ shown: String, in located: LocatedInstruction
    ) throws(CommandRefusal) {
        for variable in variables {
            try surroundings.refuseOtherPrograms([variable.name: variable.value])
            surroundings.variables[variable.name] = variable.value
        }
        skip(located, shown, "it holds for the commands after it")
    }

    /// Follows a command with the variables that stand before it.
    mutating func withVariables(of command: ShellCommand, _ follow: (inout LoweringState) throws -> Void) throws {
        try surroundings.refuseOtherPrograms(command.assigned)
        let before = surroundings.variables
        surroundings.variables.merge(command.assigned) { $1 }
        defer { surroundings.variables = before }
        try follow(&self)
    }

    /// Refuses secrets that would become part of what is kept.
    func refuseMisplaced(_ indexes: PackageIndexes, _ texts: [String]) throws(CommandRefusal) {
        let urls = [indexes.indexURL].compactMap(\.self) + indexes.extraIndexURLs + indexes.findLinks
        guard
            let id = urls.compactMap(SecretMarker.misplaced).first ?? texts.flatMap(SecretMarker.ids).first
        else { return }
        throw CommandRefusal(
            reason: "the secret '\(id)' stands for something else than an index, or the user or the password of its URL"
        )
    }
}

extension [SecretUse] {
    /// Those that are settings of the installers: they say which index is asked.
    var configurations: Set<String> {
        Set(compactMap { [.pipConfiguration, .uvConfiguration].contains($0.kind) ? $0.id : nil })
    }
}
