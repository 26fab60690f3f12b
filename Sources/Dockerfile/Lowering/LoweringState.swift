import OCI
import Spec

/// A Dockerfile on its way down: what the instructions so far have said.
struct LoweringState {
    let lowering: DockerfileLowering
    let plan: DockerfileLowering.Plan
    /// The stages that files can be taken from, by their numbers.
    let earlier: [Int: FinishedStage]
    /// What the base starts with; nil where that is not known.
    private let base: ImageConfiguration.Execution?
    /// The number of the stage whose lines are at hand; nil for those that the base keeps.
    private(set) var stage: Int?
    /// Where the lines at hand stand: the Dockerfile, or what the base keeps for whoever builds on it.
    private(set) var dockerfile: DockerfileDocument
    var scope: VariableScope
    /// The directory that relative paths start in; nil where only the base knows it.
    var workingDirectory: String?
    /// The user that commands run as; nil where the base decides and is not known.
    var user: String?
    var shell = ["/bin/sh", "-c"]
    /// The environments with what goes into each, in the order in which lines first name them.
    var packages: [LoweredDockerfile.Packages] = []
    /// The virtual environments that lines have made.
    var environments: [VirtualEnvironment] = []
    /// The paths of those that have no pip.
    var environmentsWithoutPip: Set<String> = []
    /// The environment whose programs come first in the RUN at hand.
    var activated: String?
    var instructions: [FileInstruction] = []
    /// What `chown -R` has named so far.
    var givenAway: [NamedFiles] = []
    /// What each COPY put where, for whoever looks for a file.
    var placed: [PlacedSource] = []
    var configuration = ConfigurationStep()
    var further = FurtherConfiguration()
    var remarks: [LoweringRemark] = []
    /// What the RUN at hand shows to its commands.
    var surroundings = RunSurroundings()
    /// What could not be followed.
    private(set) var refusals: [LoweringRefusal] = []
    /// The lines that brought those at hand here, where these stand in no file.
    private var origin: LineRange?
    var consumed: Set<String>
    /// The ports so far.
    private var exposed: Set<String> = []
    /// Whether this stage has a CMD.
    private var hasCommand = false

    init(
        _ lowering: DockerfileLowering, plan: DockerfileLowering.Plan, base: ImageConfiguration.Execution?,
        earlier: [Int: FinishedStage]
    ) {
        self.lowering = lowering
        self.plan = plan
        let base = plan.base == .scratch ? BaseSource.scratchConfiguration : base
        self.base = base
        self.earlier = earlier
        dockerfile = lowering.dockerfile
        consumed = plan.frame.consumed
        scope = VariableScope(base: base?.variables)
        if base == nil {
            for (name, value) in lowering.assumedVariables { scope.declareArgument(name, value) }
        }
        if let base {
            workingDirectory = ImagePath.absolute(base.workingDir ?? "/", in: "/")
            user = base.user ?? ""
            if let words = base.shell, !words.isEmpty { shell = words }
        }
    }

    // MARK: Instructions

    mutating func lower(_ stage: DockerfileStage) throws(DockerfileError) {
        hasCommand = false
        self.stage = stage.index
        let name = stage.name.map { " AS \($0)" } ?? ""
        let isLowest = stage.index == plan.stages.first?.index
        remark(
            stage.location, "FROM \(stage.from.image)\(name)",
            isLowest ? "base \(Self.name(of: plan.base))" : "goes on from the stage '\(stage.from.image.lowercased())'")
        if isLowest { try lowerTriggers(at: stage) }
        for located in stage.instructions { attempt(located) }
        // What a stage keeps for others is followed where the next one starts from it.
        guard stage.index != plan.stages.last?.index, !further.onBuild.isEmpty else { return }
        let triggers = further.onBuild
        further.onBuild = []
        try lower(triggers: triggers, of: "the stage '\(stage.name ?? String(stage.index))'", at: stage)
    }

    /// Lowers an instruction. One that cannot be followed is left out, and what is wrong with it kept.
    private mutating func attempt(_ located: LocatedInstruction) {
        guard refusals.count < LoweringRefusal.limit else { return }
        do {
            try lower(located)
        } catch {
            record(error, at: located)
        }
    }

    /// Keeps why an instruction, or a command of it, cannot be followed.
    mutating func record(_ error: DockerfileError, at located: LocatedInstruction) {
        refusals.append(LoweringRefusal(lines: origin ?? located.lines, keyword: located.keyword, error: error))
    }

    /// What the base keeps for whoever builds on it.
    private mutating func lowerTriggers(at stage: DockerfileStage) throws(DockerfileError) {
        guard let triggers = base?.onBuild, !triggers.isEmpty else { return }
        try lower(triggers: triggers, of: Self.name(of: plan.base), at: stage)
    }

    private mutating func lower(
        triggers: [String], of name: String, at keeper: DockerfileStage
    ) throws(DockerfileError) {
        let own = (dockerfile, stage)
        origin = keeper.location.lines
        defer {
            (dockerfile, stage) = own
            origin = nil
        }
        stage = nil
        let text = "FROM scratch\n" + triggers.joined(separator: "\n")
        dockerfile = try DockerfileDocument(text, name: "ONBUILD of \(name)")
        for located in dockerfile.stages.last?.instructions ?? [] { attempt(located) }
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
        case .add(let copy): try lower(copy, adds: true, in: located)
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
            further.shell = words
            remark(located, "SHELL", "configuration")
        case .expose(let ports): try expose(ports, in: located)
        case .maintainer:
            skip(located, "MAINTAINER", "the image names no author; use LABEL org.opencontainers.image.authors")
        case .volume(let paths): try setVolumes(paths, in: located)
        case .stopSignal(let text):
            further.stopSignal = try signal(text, in: located)
            remark(located, "STOPSIGNAL \(text)", "configuration")
        case .healthcheck(let check):
            further.healthcheck = try healthcheck(check, in: located)
            remark(located, "HEALTHCHECK", "configuration")
        case .onBuild(let text):
            further.onBuild.append(text)
            remark(located, "ONBUILD \(text.prefix { !$0.isWhitespace })", "configuration")
        }
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
                scope.declareArgument(name, plan.frame.globals[name])
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
        if directory != "/" {
            add(
                [.directory(NewDirectory(path: directory, makesParents: true))], of: located,
                titled: "WORKDIR \(text)")
        }
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

    /// Adds what an instruction does to files.
    mutating func add(_ changes: [FileChange], of located: LocatedInstruction, titled title: String) {
        let place = "\(dockerfile.name):\(located.lines.first)"
        instructions.append(
            FileInstruction(title: SourceText.shown(title, limit: 100), place: place, changes: changes))
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
            return try plan.frame.budget.spend(expander.word(text))
        } catch {
            throw dockerfile.failure(error.code, error.message, in: located, at: text, hints: error.hints)
        }
    }

    /// A text of the Dockerfile with its variables.
    func expand(heredoc text: String, in located: LocatedInstruction) throws(DockerfileError) -> String {
        do {
            return try plan.frame.budget.spend(expander.text(text))
        } catch {
            throw dockerfile.failure(error.code, error.message, in: located, hints: error.hints)
        }
    }

    func expandWords(_ text: String, in located: LocatedInstruction) throws(DockerfileError) -> [String] {
        do {
            let words = try expander.words(text)
            _ = try plan.frame.budget.spend(words.joined())
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

    static func name(of base: BaseSource) -> String {
        switch base {
        case .catalog(let name): "'\(name)' of the catalog"
        case .registry(let reference): reference.description
        case .layout(let path), .archive(let path): path
        case .scratch: "scratch, without files"
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

    /// What others may take from the stage.
    func finishedStage(named name: String) -> FinishedStage {
        let stage = LoweredStage(
            name: name, base: plan.base, platform: plan.platform, environments: packages, instructions: instructions)
        return FinishedStage(stage: stage, placed: placed, remarks: remarks, consumed: consumed)
    }

    mutating func finish() throws(DockerfileError) -> LoweredDockerfile {
        let others = earlier.sorted { $0.key < $1.key }.map(\.value)
        for other in others { consumed.formUnion(other.consumed) }
        remarks = others.flatMap(\.remarks) + remarks
        for name in lowering.buildArguments.keys.sorted()
        where !consumed.contains(name) && !BuildArguments.undeclared.contains(name) {
            remarks.append(
                LoweringRemark(
                    lines: nil, instruction: "build argument \(name)", kind: .withoutEffect,
                    result: "no ARG declares it"))
        }
        if further != FurtherConfiguration() { configuration.further = further }
        return LoweredDockerfile(
            stages: others.map(\.stage), base: plan.base, platform: plan.platform, environments: packages,
            instructions: instructions, configuration: configuration, remarks: remarks)
    }
}
