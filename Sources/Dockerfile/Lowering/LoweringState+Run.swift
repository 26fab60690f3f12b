import Spec

extension LoweringState {
    /// `RUN`: each command of the table does to the image what it says.
    mutating func lower(_ run: RunInstruction, in located: LocatedInstruction) throws(DockerfileError) {
        let mounts = try mounts(of: run, in: located)
        if let network = run.network, network != "default" {
            throw refuse(
                located, "--network=\(network)", "nothing is run, and packages come by the network", at: "--network")
        }
        if let security = run.security, security != "sandbox" {
            throw refuse(located, "--security=\(security)", "nothing is run", at: "--security")
        }
        surroundings = try surroundings(of: run, in: located)
        defer { surroundings = RunSurroundings() }
        let commands = try commands(of: run, in: located)
        guard !commands.isEmpty else { return skip(located, "RUN", "it holds no command") }
        let start = workingDirectory
        defer {
            workingDirectory = start
            activated = nil
        }
        var changes: [FileChange] = []
        for command in commands {
            do {
                let made = try follow(KnownCommands.outcome(of: command), command, mounts, in: located)
                for case .owner(let assignment) in made where assignment.isRecursive { givenAway += assignment.files }
                changes += made
            } catch let refusal as CommandRefusal {
                // Where a `CommandSandbox` (of the room Build) is at hand, the whole RUN goes to it instead.
                record(failure(refusal, command, in: located), at: located)
            } catch let error as DockerfileError {
                record(error, at: located)
            } catch {
                record(refuse(located, command.shown, "\(error)", at: ""), at: located)
            }
        }
        if !changes.isEmpty { add(changes, of: located, titled: "RUN \(Self.text(of: run))") }
    }

    /// The command as it was written, in one line: values of variables are not in it.
    private static func text(of run: RunInstruction) -> String {
        let text: String =
            switch run.form {
            case .exec(let words): words.joined(separator: " ")
            case .shell(let text): run.heredocs.first.map { "<<\($0.name)" } ?? text
            }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: Commands

    private func commands(of run: RunInstruction, in located: LocatedInstruction) throws(DockerfileError)
        -> [ShellCommand]
    {
        switch run.form {
        case .exec(let words):
            guard let name = words.first, !name.isEmpty else { return [] }
            let programs = ["/bin/sh", "sh", "/bin/bash", "bash"]
            if programs.contains(name), words.count == 3, words[1] == "-c" { return script(words[2]) }
            return [ShellCommand(words: words)]
        case .shell(let text):
            guard Self.isPlain(shell) else {
                throw refuse(
                    located, SourceText.shown(text, limit: 60), "it is run by '\(shell.joined(separator: " "))'",
                    at: "",
                    ["the shells that are known are sh, bash, dash and ash"])
            }
            guard let heredoc = run.heredocs.first else { return script(text) }
            guard run.heredocs.count == 1, Heredoc(mark: text)?.name == heredoc.name, heredoc.descriptor == 0 else {
                throw refuse(
                    located, SourceText.shown(text, limit: 60), "it reads a text of the Dockerfile", at: "")
            }
            return script(try scriptText(of: heredoc, in: located))
        }
    }

    private func scriptText(of heredoc: Heredoc, in located: LocatedInstruction) throws(DockerfileError) -> String {
        guard heredoc.content.hasPrefix("#!") else { return heredoc.content }
        let line = heredoc.content.prefix { !$0.isNewline }.dropFirst(2).drop { $0 == " " }
        guard ["/bin/sh", "/bin/bash", "/usr/bin/env bash", "/usr/bin/env sh"].contains(String(line)) else {
            throw refuse(located, "a script for '\(line)'", "it is no shell's", at: "")
        }
        return heredoc.content
    }

    private func script(_ text: String) -> [ShellCommand] {
        let (scope, surroundings) = (scope, surroundings)
        let lookup: (String) -> String? = { name in
            surroundings.variables[name] ?? (try? scope.value(name)) ?? nil
        }
        return ShellScript(text, lookup: lookup, fileText: surroundings.text(ofFile:)).commands
    }

    private static func isPlain(_ shell: [String]) -> Bool {
        guard let program = shell.first.map(ImagePath.name), ["sh", "bash", "dash", "ash"].contains(program),
            shell.last.map({ $0.hasPrefix("-") && $0.hasSuffix("c") }) ?? false
        else { return false }
        return shell.dropFirst().allSatisfy { word in
            word == "pipefail" || (word.hasPrefix("-") && word.dropFirst().allSatisfy { "euxoc".contains($0) })
        }
    }

    // MARK: Mounts

    /// The files that mounts show to a RUN.
    private func mounts(of run: RunInstruction, in located: LocatedInstruction) throws(DockerfileError)
        -> [PlacedSource]
    {
        var placed: [PlacedSource] = []
        for mount in run.mounts {
            let type = mount["type"] ?? "bind"
            switch type {
            case "cache", "tmpfs", "secret": continue
            case "bind":
                // What it shows comes from elsewhere: programs, which are not run here. A command that reads a file there
                // is told that nothing brought it.
                if mount["from"] != nil { continue }
                let source = try expand(mount["source"] ?? mount["src"] ?? "", in: located)
                guard let relative = ImagePath.relative(source),
                    let target = mount["target"] ?? mount["dst"] ?? mount["destination"]
                else { throw refuse(located, "--mount", "it does not name what is mounted where", at: "--mount") }
                let path = try absolute(try expand(target, in: located), in: located, at: target)
                placed.append(PlacedSource(source: relative, kind: .any, target: path))
            default:
                throw refuse(
                    located, "--mount", "mounts of type '\(type)' are not known", at: "--mount",
                    ["those of type cache, tmpfs, bind and secret are"])
            }
        }
        return placed
    }

    // MARK: Outcomes

    /// - Returns: what the command does to files.
    private mutating func follow(
        _ outcome: CommandOutcome, _ command: ShellCommand, _ mounts: [PlacedSource], in located: LocatedInstruction
    ) throws -> [FileChange] {
        let shown = "RUN \(command.shown)"
        switch outcome {
        case .nothing(let why): skip(located, shown, why)
        case .changesDirectory(let path):
            workingDirectory = try absolute(path, in: located, at: path)
            skip(located, shown, "the commands after it start there")
        case .changes(let changes):
            try requireRoot("what it may change, and whose it becomes, is that user's")
            let changes = try changes.map { try absolute($0, in: located) }
            remark(located, shown, "files")
            return changes
        case .exports(let variables): try export(variables, shown, in: located)
        case .makesEnvironments(let wanted, let hasPip):
            try requireRoot("the environment would be that user's")
            for environment in wanted { try make(environment, withPip: hasPip, command, mounts, in: located) }
        case .activates(let path):
            activated = try absolute(path, in: located, at: path)
            skip(located, shown, "the commands after it use the environment")
        case .syncs(let request):
            try requireRoot("the environment would be that user's")
            try withVariables(of: command) { state in try state.sync(request, command, mounts, in: located) }
        case .installs(let installation):
            try withVariables(of: command) { state in try state.install(installation, command, mounts, in: located) }
        }
        return []
    }

    func requireRoot(_ why: String) throws(CommandRefusal) {
        guard let user, !Self.isRoot(user) else { return }
        throw CommandRefusal(reason: "it runs as the user '\(user)': \(why)", hints: ["put the line above USER"])
    }

    /// The path in the context of a file that a command reads.
    func file(
        _ path: String, _ command: ShellCommand, _ mounts: [PlacedSource], in located: LocatedInstruction, what: String
    ) throws(DockerfileError) -> String {
        let absolute = try absolute(path, in: located, at: path)
        guard let source = contextPath(of: absolute, mounts: mounts) else {
            throw dockerfile.failure(
                .requirementsNotFound, "no line above puts the \(what) '\(absolute)' into the image", in: located,
                at: path, hints: ["COPY it first, or mount it by --mount=type=bind"])
        }
        if let contextEntry = lowering.contextEntry, !source.isEmpty, contextEntry(source) == nil {
            throw dockerfile.failure(
                .sourceNotFound, "the context holds no '\(source)'", in: located, at: path,
                hints: ["it would be the \(what) '\(absolute)'"])
        }
        return source
    }

    // MARK: Refusals

    private func failure(
        _ refusal: CommandRefusal, _ command: ShellCommand, in located: LocatedInstruction
    ) -> DockerfileError {
        let name = command.shown.isEmpty ? "RUN" : "RUN \(command.shown)"
        let known = "known are \(KnownCommands.forms.joined(separator: ", ")), and chains of them by && and ;"
        let word = refusal.word.isEmpty ? command.name : refusal.word
        return dockerfile.failure(
            .unsupportedCommand, "'\(name)' cannot be followed: \(SourceText.shown(refusal.reason))", in: located,
            at: word, hints: refusal.hints + [known])
    }

    private func refuse(
        _ located: LocatedInstruction, _ what: String, _ why: String, at word: String, _ hints: [String] = []
    ) -> DockerfileError {
        dockerfile.failure(
            .unsupportedCommand, "'RUN \(what)' cannot be followed: \(why)", in: located, at: word, hints: hints)
    }
}
