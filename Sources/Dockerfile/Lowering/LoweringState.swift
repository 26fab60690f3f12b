import OCI
import Spec

/// A Dockerfile on its way down: what the instructions so far have said.
struct LoweringState {
    let lowering: DockerfileLowering
    let plan: DockerfileLowering.Plan
    var scope: VariableScope
    /// The directory that relative paths start in; nil where only the base knows it.
    var workingDirectory: String?
    /// The user that commands run as; nil where the base decides and is not known.
    var user: String?
    var shell = ["/bin/sh", "-c"]
    var packages: LoweredDockerfile.Packages?
    var files: [LoweredDockerfile.Files] = []
    /// What each COPY put where, for whoever looks for a file.
    var placed: [PlacedSource] = []
    /// Directories that an instruction makes, in order.
    var directories: [String] = []
    var configuration = ConfigurationStep()
    var remarks: [LoweringRemark] = []
    /// Lines that need root as the image's user.
    var rootOnly: [LocatedInstruction] = []
    var consumed: Set<String>
    /// The ports so far.
    private var exposed: Set<String> = []
    /// Whether this stage has a CMD.
    private var hasCommand = false

    init(_ lowering: DockerfileLowering, plan: DockerfileLowering.Plan) {
        self.lowering = lowering
        self.plan = plan
        consumed = plan.consumed
        let base = lowering.baseConfiguration
        let variables = base.map { configuration in
            Dictionary(
                (configuration.env ?? []).map { entry in
                    let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return (parts.first.map(String.init) ?? "", parts.count == 2 ? String(parts[1]) : "")
                }, uniquingKeysWith: { _, last in last })
        }
        scope = VariableScope(base: variables)
        if let base {
            workingDirectory = ImagePath.absolute(base.workingDir ?? "/", in: "/")
            user = base.user ?? ""
            if let words = base.shell, !words.isEmpty { shell = words }
        }
    }

    var dockerfile: DockerfileDocument { lowering.dockerfile }

    // MARK: Instructions

    mutating func lower(_ stage: DockerfileStage) throws(DockerfileError) {
        hasCommand = false
        let name = stage.name.map { " AS \($0)" } ?? ""
        let isLowest = stage.index == plan.stages.first?.index
        remark(
            stage.location, "FROM \(stage.from.image)\(name)",
            isLowest ? "base \(Self.name(of: plan.base))" : "goes on from the stage '\(stage.from.image.lowercased())'")
        for located in stage.instructions { try lower(located) }
    }

    private mutating func lower(_ located: LocatedInstruction) throws(DockerfileError) {
        switch located.instruction {
        case .from: break
        case .argument(let declarations): try declare(declarations, in: located)
        case .environment(let values): try setEnvironment(values, in: located)
        case .label(let values): try setLabels(values, in: located)
        case .workingDirectory(let text): try setWorkingDirectory(text, in: located)
        case .user(let text): try setUser(text, in: located)
        case .copy(let copy): try lower(copy, in: located)
        case .add(let copy): try lowerAdd(copy, in: located)
        case .run(let run): try lower(run, in: located)
        case .command(let form):
            configuration.command = words(of: form)
            hasCommand = true
            remark(located, "CMD", "configuration")
        case .entrypoint(let form):
            configuration.entrypoint = words(of: form)
            if !hasCommand { configuration.command = nil }
            remark(located, "ENTRYPOINT", "configuration")
        case .shell(let words):
            shell = words
            skip(located, "SHELL", "it holds for the lines below; the image does not keep it")
        case .expose(let ports): try expose(ports, in: located)
        case .maintainer:
            skip(located, "MAINTAINER", "the image names no author; use LABEL org.opencontainers.image.authors")
        case .volume: throw unsupported(located, "volumes cannot be declared yet")
        case .stopSignal: throw unsupported(located, "the stop signal cannot be set yet")
        case .healthcheck: throw unsupported(located, "health checks cannot be declared yet")
        case .onBuild: throw unsupported(located, "instructions for images built on this one cannot be kept")
        }
    }

    private func unsupported(_ located: LocatedInstruction, _ why: String) -> DockerfileError {
        dockerfile.failure(
            .unsupportedInstruction, "\(located.keyword): \(why)", in: located,
            hints: ["leave the line out, or build this image by Docker"])
    }

    private mutating func declare(
        _ declarations: [ArgumentDeclaration], in located: LocatedInstruction
    ) throws(DockerfileError) {
        var names: [String] = []
        for declaration in declarations {
            let name = try expand(declaration.name, in: located)
            names.append(name)
            if let given = lowering.buildArguments[name] {
                consumed.insert(name)
                scope.declareArgument(name, given)
            } else if let value = declaration.defaultValue {
                scope.declareArgument(name, try expand(value, in: located))
            } else {
                scope.declareArgument(name, plan.globals[name])
            }
        }
        skip(located, "ARG \(names.joined(separator: ", "))", "it holds for the lines below")
    }

    private mutating func setEnvironment(
        _ values: [NamedValue], in located: LocatedInstruction
    ) throws(DockerfileError) {
        // All values of a line see what was set before it.
        var expanded: [EnvironmentVariable] = []
        for value in values {
            expanded.append(
                EnvironmentVariable(
                    name: try expand(value.name, in: located), value: try expand(value.value, in: located)))
        }
        for variable in expanded {
            guard !variable.name.isEmpty, !variable.name.contains("=") else {
                throw dockerfile.failure(
                    .invalidSyntax, "'\(variable.name)' is not the name of a variable", in: located)
            }
            scope.setEnvironment(variable.name, variable.value)
            if let place = configuration.environment.firstIndex(where: { $0.name == variable.name }) {
                configuration.environment[place] = variable
            } else {
                configuration.environment.append(variable)
            }
        }
        remark(located, "ENV \(expanded.map(\.name).joined(separator: ", "))", "configuration")
    }

    private mutating func setLabels(_ values: [NamedValue], in located: LocatedInstruction) throws(DockerfileError) {
        var names: [String] = []
        for value in values {
            let name = try expand(value.name, in: located)
            configuration.labels[name] = try expand(value.value, in: located)
            names.append(name)
        }
        remark(located, "LABEL \(names.joined(separator: ", "))", "configuration")
    }

    private mutating func setWorkingDirectory(
        _ text: String, in located: LocatedInstruction
    ) throws(DockerfileError) {
        let path = try expand(text, in: located)
        let directory = try absolute(path, in: located, at: text)
        workingDirectory = directory
        configuration.workingDirectory = directory
        directories.append(directory)
        let isRoots = user.map(Self.isRoot) ?? true
        remark(
            located, "WORKDIR \(text)", isRoots ? "configuration" : "configuration; it belongs to root where it is new")
    }

    private mutating func setUser(_ text: String, in located: LocatedInstruction) throws(DockerfileError) {
        let name = try expand(text, in: located)
        guard !name.isEmpty else {
            throw dockerfile.failure(.invalidSyntax, "the user '\(text)' is empty here", in: located, at: text)
        }
        user = name
        configuration.user = name
        remark(located, "USER \(text)", "configuration")
    }

    private mutating func expose(_ ports: [String], in located: LocatedInstruction) throws(DockerfileError) {
        for text in ports {
            for word in try expandWords(text, in: located) {
                guard let found = Self.ports(word) else {
                    throw dockerfile.failure(
                        .invalidSyntax, "'\(word)' is not a port", in: located, at: text,
                        hints: ["write PORT, PORT/udp or FIRST-LAST"])
                }
                for port in found where exposed.insert(port).inserted { configuration.exposedPorts.append(port) }
            }
        }
        remark(located, "EXPOSE \(ports.joined(separator: " "))", "configuration")
    }

    /// `8080`, `53/udp`, `7000-7002/tcp` as single ports with protocol.
    private static func ports(_ text: String) -> [String]? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
        // A port of the host in front of it is read and dropped, as Docker does.
        guard ["tcp", "udp", "sctp"].contains(transport), let range = parts[0].split(separator: ":").last else {
            return nil
        }
        let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first > 0,
            first <= last
        else { return nil }
        return (first...last).map { "\($0)/\(transport)" }
    }

    private func words(of form: CommandForm) -> [String] {
        switch form {
        case .exec(let words): words
        case .shell(let text): shell + [text]
        }
    }

    // MARK: Values

    func expand(_ text: String, in located: LocatedInstruction) throws(DockerfileError) -> String {
        do {
            return try plan.budget.spend(expander.word(text))
        } catch {
            throw dockerfile.failure(error.code, error.message, in: located, at: text, hints: error.hints)
        }
    }

    private func expandWords(_ text: String, in located: LocatedInstruction) throws(DockerfileError) -> [String] {
        do {
            let words = try expander.words(text)
            _ = try plan.budget.spend(words.joined())
            return words
        } catch {
            throw dockerfile.failure(error.code, error.message, in: located, at: text, hints: error.hints)
        }
    }

    private var expander: Expander {
        let scope = scope
        return Expander(escape: dockerfile.directives.escape) { (name) throws(ExpansionProblem) in
            try scope.value(name)
        }
    }

    /// An absolute path in the image.
    func absolute(_ path: String, in located: LocatedInstruction, at word: String) throws(DockerfileError) -> String {
        guard !path.isEmpty else {
            throw dockerfile.failure(.invalidSyntax, "the path '\(word)' is empty here", in: located, at: word)
        }
        guard let absolute = ImagePath.absolute(path, in: workingDirectory) else {
            throw dockerfile.failure(
                .unknownValue, "'\(path)' starts at the working directory, which the base image alone may tell",
                in: located, at: word, hints: ["set an absolute WORKDIR first"])
        }
        return absolute
    }

    static func isRoot(_ user: String) -> Bool {
        let name = user.prefix { $0 != ":" }
        return name.isEmpty || name == "root" || name == "0"
    }

    private static func name(of base: BaseSource) -> String {
        switch base {
        case .catalog(let name): "'\(name)' of the catalog"
        case .registry(let reference): reference.description
        case .layout(let path), .archive(let path): path
        }
    }

    // MARK: Remarks

    mutating func remark(_ located: LocatedInstruction, _ instruction: String, _ result: String) {
        add(located, instruction, .native, result)
    }

    mutating func skip(_ located: LocatedInstruction, _ instruction: String, _ why: String) {
        add(located, instruction, .withoutEffect, why)
    }

    private mutating func add(
        _ located: LocatedInstruction, _ instruction: String, _ kind: LoweringRemark.Kind, _ result: String
    ) {
        remarks.append(
            LoweringRemark(
                lines: located.lines, instruction: SourceText.shown(instruction, limit: 100), kind: kind, result: result
            ))
    }

    // MARK: The end

    mutating func finish() throws(DockerfileError) -> LoweredDockerfile {
        if let user, !Self.isRoot(user), let line = rootOnly.first {
            throw dockerfile.failure(
                .unsupportedCommand,
                "the image's user '\(user)' could not write what this line lets everybody write: modes cannot be changed yet",
                in: line, hints: ["leave out the line if the user need not write there, or run as root"])
        }
        dropRepeatedFiles()
        for name in lowering.buildArguments.keys.sorted()
        where !consumed.contains(name) && !BuildArguments.undeclared.contains(name) {
            remarks.append(
                LoweringRemark(
                    lines: nil, instruction: "build argument \(name)", kind: .withoutEffect,
                    result: "no ARG declares it"))
        }
        var missing: [String] = []
        for directory in directories where directory != "/" && !missing.contains(directory) {
            let comes = files.contains { files in
                ImagePath.inside(files.destination, directory) != nil
                    || (files.selection ?? []).contains { selected in
                        !selected.isPattern
                            && ImagePath.inside(ImagePath.joined(files.destination, selected.path), directory)
                                .map { !$0.isEmpty } ?? false
                    }
            }
            if !comes { missing.append(directory) }
        }
        let needed = missing.filter { directory in
            !missing.contains { $0 != directory && ImagePath.inside($0, directory) != nil }
        }
        return LoweredDockerfile(
            base: plan.base, platform: plan.platform, packages: packages, files: files, directories: needed,
            configuration: configuration, remarks: remarks, linesForRootOnly: rootOnly.map(\.lines))
    }

    /// Leaves out a COPY of single paths that a later one of the whole context puts to the same place once more.
    private mutating func dropRepeatedFiles() {
        var kept: [LoweredDockerfile.Files] = []
        for (number, item) in files.enumerated() {
            let later = files[(number + 1)...].first { other in
                item.selection != nil && other.selection == nil && other.excluded.isEmpty
                    && other.destination == item.destination
            }
            guard let later else {
                kept.append(item)
                continue
            }
            for index in remarks.indices where remarks[index].lines == item.lines && remarks[index].kind == .native {
                remarks[index].result = "part of the files of \(later.lines)"
            }
        }
        files = kept
    }
}

/// What a COPY put where.
struct PlacedSource {
    /// The path of the context, or a pattern of names in it.
    var source: String
    var isPattern: Bool
    /// Where it stands in the image: the file itself, or the directory's content; for a pattern the directory.
    var target: String
}
