public import Diagnostics
public import OCI
public import Spec

/// Turns a Dockerfile into what Cooperage builds natively, or says which line keeps it from that.
///
/// It reads no file and asks nobody. What only others know can be given: the base's configuration (`base()` tells which
/// base that is), and what the context holds. Where it is not given and matters, the lowering refuses rather than guesses;
/// the one exception is whether a COPY's source is a file, which its name then tells.
public struct DockerfileLowering: Sendable {
    /// What stands at a path of the context.
    public enum ContextEntry: Sendable, Hashable {
        /// A file, or a link.
        case file
        /// A directory.
        case directory
    }

    /// The Dockerfile.
    public let dockerfile: DockerfileDocument
    /// What the client gives to `ARG`s.
    public let buildArguments: [String: String]
    /// The stage to build, by name or number; nil means the last one.
    public let target: String?
    /// What the image is for.
    public let platform: Platform
    /// The names of the catalog. A base named so is the catalog's, not Docker Hub's.
    public var catalogNames: Set<String> = []
    /// What stands in for an image of a registry; nil where nothing does.
    public var standIn: (@Sendable (Reference) -> BaseSource?)?
    /// What the base image starts with; nil where it is not known.
    public var baseConfiguration: ImageConfiguration.Execution?
    /// Variables that the base is taken to have where its configuration is not known.
    var assumedVariables: [String: String] = [:]
    /// What the bases start with of the stages that files are taken from, as far as that is known.
    public var otherConfigurations: [StageBase: ImageConfiguration.Execution] = [:]
    /// What stands at a path of the context, nil if nothing does; nil where the context is not known.
    public var contextEntry: (@Sendable (_ path: String) -> ContextEntry?)?

    /// Takes what each build has; what only some know can be set.
    public init(
        _ dockerfile: DockerfileDocument, buildArguments: [String: String] = [:], target: String? = nil,
        platform: Platform = .host
    ) {
        self.dockerfile = dockerfile
        self.buildArguments = buildArguments
        self.target = target
        self.platform = platform
    }

    /// The base of the target, so that its configuration can be looked up.
    /// - Throws: `DockerfileError` with the line.
    public func base() throws(DockerfileError) -> (source: BaseSource, platform: Platform?) {
        let plan = try plan(of: try targetStage(), in: try frame())
        return (plan.base, plan.platform)
    }

    /// The bases of the other stages whose instructions count, for the same purpose: of those that files are taken from.
    /// - Throws: `DockerfileError` with the line.
    public func otherBases() throws(DockerfileError) -> [StageBase] {
        let frame = try frame()
        let target = try targetStage()
        let own = try plan(of: target, in: frame).stageBase
        var found: [StageBase] = []
        for stage in try stages(neededBy: target, in: frame) {
            let plan = try plan(of: stage, in: frame)
            // Whoever only names an image, so that files can be taken from it, needs to know nothing of it.
            let isBare = plan.stages.allSatisfy(\.instructions.isEmpty)
            if !isBare, plan.base != .scratch, plan.stageBase != own, !found.contains(plan.stageBase) {
                found.append(plan.stageBase)
            }
        }
        return found
    }

    /// What the Dockerfile says.
    /// - Throws: `DockerfileError` with line and column: what cannot be followed, and why.
    public func lowered() throws(DockerfileError) -> LoweredDockerfile {
        let (lowered, refusals) = try lowering()
        if let first = refusals.first { throw first.error }
        return lowered
    }

    /// What can be followed of the Dockerfile, and what cannot.
    func lowering() throws(DockerfileError) -> (lowered: LoweredDockerfile, refusals: [LoweringRefusal]) {
        let frame = try frame()
        let target = try targetStage()
        let targetPlan = try plan(of: target, in: frame)
        var earlier: [Int: FinishedStage] = [:]
        var refusals: [LoweringRefusal] = []
        for stage in try stages(neededBy: target, in: frame) {
            let plan = try plan(of: stage, in: frame)
            let isTargets = plan.stageBase == targetPlan.stageBase
            let known = isTargets ? baseConfiguration : otherConfigurations[plan.stageBase]
            var state = LoweringState(self, plan: plan, base: known, earlier: earlier)
            for part in plan.stages { try state.lower(part) }
            refusals += state.refusals
            earlier[stage.index] = state.finishedStage(named: stage.name ?? String(stage.index))
        }
        var state = LoweringState(self, plan: targetPlan, base: baseConfiguration, earlier: earlier)
        for stage in targetPlan.stages { try state.lower(stage) }
        refusals += state.refusals
        return (try state.finish(), refusals)
    }

    // MARK: Stages

    /// What holds for all stages.
    struct Frame {
        /// The values of the `ARG`s before the first `FROM`.
        var globals: [String: String]
        var budget: ExpansionBudget
        /// The given arguments that an `ARG` before the first `FROM` took.
        var consumed: Set<String>
    }

    /// The stages that make up one that is built, lowest first, and what they start from.
    struct Plan {
        var stages: [DockerfileStage]
        var base: BaseSource
        var platform: Platform?
        var frame: Frame

        var stageBase: StageBase { StageBase(source: base, platform: platform) }
    }

    private func frame() throws(DockerfileError) -> Frame {
        let target = try targetStage()
        let budget = ExpansionBudget()
        let arguments = BuildArguments(
            given: buildArguments, target: platform, stage: target.name ?? String(target.index))
        let (globals, consumed) = try globals(arguments, budget)
        return Frame(globals: globals, budget: budget, consumed: consumed)
    }

    private func plan(of stage: DockerfileStage, in frame: Frame) throws(DockerfileError) -> Plan {
        let globals = frame.globals
        var stages = [stage]
        var demanded: Platform?
        while let stage = stages.first {
            if let text = stage.from.platform, demanded == nil {
                let expanded = try expanded(text, globals, frame.budget, in: stage.location)
                do {
                    demanded = expanded.isEmpty ? nil : try Platform(expanded)
                } catch {
                    throw dockerfile.failure(
                        .invalidBase, error.message, in: stage.location, at: text, hints: error.hints)
                }
            }
            let image = try expanded(stage.from.image, globals, frame.budget, in: stage.location)
            if let parent = dockerfile.stages.last(where: { $0.index < stage.index && $0.name == image.lowercased() }) {
                stages.insert(parent, at: 0)
                continue
            }
            let base = try base(named: image, of: stage)
            return Plan(
                stages: stages, base: base, platform: demanded == platform ? nil : demanded, frame: frame)
        }
        throw DockerfileError(.unknownStage, "'\(dockerfile.name)' has no stage")
    }

    /// The values of the `ARG`s before the first `FROM`, and the given arguments that they took.
    private func globals(
        _ arguments: BuildArguments, _ budget: ExpansionBudget
    ) throws(DockerfileError) -> (values: [String: String], consumed: Set<String>) {
        var globals: [String: String] = arguments.automatic
        var consumed: Set<String> = []
        for located in dockerfile.globalArguments {
            guard case .argument(let declarations) = located.instruction else { continue }
            for declaration in declarations {
                let name = try expanded(declaration.name, globals, budget, in: located)
                if let given = buildArguments[name] {
                    globals[name] = given
                    consumed.insert(name)
                } else if let value = declaration.defaultValue {
                    globals[name] = try expanded(value, globals, budget, in: located)
                }
            }
        }
        return (globals, consumed)
    }

    /// What each stage's `FROM` names with its variables put in; nil where they cannot be.
    func images() -> [String?] {
        let budget = ExpansionBudget()
        let arguments = BuildArguments(given: buildArguments, target: platform, stage: target ?? "")
        guard let globals = try? globals(arguments, budget).values else { return dockerfile.stages.map { _ in nil } }
        return dockerfile.stages.map { try? expanded($0.from.image, globals, budget, in: $0.location) }
    }

    /// So many stages may lend files: a Dockerfile may be a stranger's.
    private static let stageLimit = 64

    /// The stages that another one takes files from, and those that these take files from, in their order. No other stage
    /// is looked at.
    private func stages(neededBy target: DockerfileStage, in frame: Frame) throws(DockerfileError) -> [DockerfileStage]
    {
        var found: Set<Int> = []
        var pending = [target]
        while let next = pending.popLast() {
            for part in try plan(of: next, in: frame).stages {
                for located in part.instructions {
                    guard case .copy(let copy) = located.instruction, let name = copy.from,
                        let stage = dockerfile.stage(named: name, before: part.index),
                        found.insert(stage.index).inserted
                    else { continue }
                    guard found.count <= Self.stageLimit else {
                        throw dockerfile.failure(
                            .unsupportedInstruction, "files are taken from more than \(Self.stageLimit) stages",
                            in: located, at: name)
                    }
                    pending.append(stage)
                }
            }
        }
        return found.sorted().map { dockerfile.stages[$0] }
    }

    private func targetStage() throws(DockerfileError) -> DockerfileStage {
        guard let last = dockerfile.stages.last else {
            throw DockerfileError(.unknownStage, "'\(dockerfile.name)' has no stage")
        }
        guard let target, !target.isEmpty else { return last }
        if let stage = dockerfile.stages.first(where: { $0.name == target.lowercased() }) { return stage }
        if let number = Int(target), dockerfile.stages.indices.contains(number) { return dockerfile.stages[number] }
        let names = dockerfile.stages.map { $0.name ?? String($0.index) }
        throw DockerfileError(
            .unknownStage, "'\(dockerfile.name)' has no stage '\(target)'",
            hints: ["its stages are \(names.map { "'\($0)'" }.joined(separator: ", "))"])
    }

    private func base(named name: String, of stage: DockerfileStage) throws(DockerfileError) -> BaseSource {
        let located = stage.location
        guard !name.isEmpty else {
            throw dockerfile.failure(
                .invalidBase, "the base '\(stage.from.image)' is empty here", in: located, at: stage.from.image,
                hints: ["give the ARG a default before the first FROM, or a value by --build-arg"])
        }
        if name == "scratch" { return .scratch }
        do {
            return try image(named: name)
        } catch {
            throw dockerfile.failure(
                .invalidBase, error.message, in: located, at: stage.from.image, hints: error.hints)
        }
    }

    /// An image by its name: the catalog's, or one of a registry, or what stands in for that.
    func image(named name: String) throws(OCIError) -> BaseSource {
        if catalogNames.contains(name) { return .catalog(name) }
        let reference = try Reference(name)
        return standIn?(reference) ?? .registry(reference)
    }

    private func expanded(
        _ text: String, _ variables: [String: String], _ budget: ExpansionBudget, in located: LocatedInstruction
    ) throws(DockerfileError) -> String {
        do {
            let expander = Expander(escape: dockerfile.directives.escape) { (name) throws(ExpansionProblem) in
                variables[name]
            }
            return try budget.spend(expander.word(text))
        } catch {
            throw dockerfile.failure(error.code, error.message, in: located, at: text, hints: error.hints)
        }
    }
}
