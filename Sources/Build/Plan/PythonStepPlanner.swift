import Content
import Diagnostics
import Layers
import OCI
import Python
import Spec
import SystemPackage

/// Plans a Python step: manifests are resolved for the interpreter found in the base, and the locked wheels divided into
/// layers.
struct PythonStepPlanner: StepPlanner {
    let step: PythonStep
    let resolver: Resolver
    let partition: WheelPartition
    /// Whether uv is asked although the answer is known (`--no-cache`).
    let ignoresKnownResolutions: Bool
    /// What the manifests may name, where they are a stranger's.
    let confinement: ManifestConfinement?
    /// Finds who compiles bytecode for a version of Python.
    let interpreter: @Sendable (PythonVersion) async throws -> BytecodeInterpreter
    let events: BuildEvents
    /// What another stage installs and this one takes whole; nil where the step is the stage's own.
    var taken: TakenEnvironment?

    func plan(into draft: inout PlanDraft) async throws {
        let base = draft.base
        let taken = taken
        let planned = try await events.phase(.resolve) {
            if let taken { return try await taken.planned(on: base) }
            return try await base.environment(at: step.place)
        }
        let environment = planned.environment
        try await prepare(planned, &draft)
        guard !step.manifests.isEmpty || !(step.parts ?? []).isEmpty else { return }
        let sequence = InstallationSequence(
            resolver: resolver, ignoresKnownResolutions: ignoresKnownResolutions, confinement: confinement,
            events: events)
        let resolution = try await events.phase(.resolve) { try await sequence.resolve(step, in: planned) }
        if let file = step.lockFile {
            let directory = try FileSystem.absolute(FilePath(file)).removingLastComponent()
            draft.inputs.lockFiles[file] = resolution.lock.pylockText(in: directory)
        }
        for package in resolution.lock.packages
        where package.source?.isEditable ?? false && !package.wheel.filename.contains("-0.editable-") {
            events.emit(
                .warning(
                    "\(package.name) is installed as it is now: an image has no working tree for an editable requirement"
                ))
        }
        for package in resolution.lock.packages { draft.inputs.wheels[package.wheel.digest] = package.wheel }
        draft.inputs.credentials = resolution.credentials
        draft.inputs.usedSecrets.formUnion(resolution.usedSecrets)
        draft.locks.append(resolution.lock)
        let change = EnvironmentChange(
            from: planned.installed, to: resolution.lock.packages, replaceable: planned.replaceable,
            isExact: resolution.isExact)
        let partition = step.compilesBytecode ? partition.paired : partition
        let layers = try partition.divide(change.added.map(\.reference)).map { wheels in
            WheelLayer(
                wheels: wheels.map { WheelInstallation(wheel: $0) }, scheme: environment.scheme,
                timestamp: draft.timestamp)
        }
        for layer in layers { try draft.append("python: \(layer.names)", .wheels(layer)) }
        if step.compilesBytecode, !layers.isEmpty {
            try await planBytecode(of: layers, for: environment.target.version, into: &draft)
        }
        try await plan(change, in: environment, into: &draft)
    }

    /// Makes an environment that is not there, and sees to it that no two steps fill the same one unaware of each other.
    private func prepare(_ planned: PlannedEnvironment, _ draft: inout PlanDraft) async throws {
        let scheme = planned.environment.scheme
        let isKnownOtherwise = draft.environments.contains {
            $0.place != step.place && $0.environment.scheme.purelib == scheme.purelib
        }
        guard !isKnownOtherwise else {
            throw BuildError(
                .invalidSpec, "the packages of '\(scheme.prefix)' are installed under two names of the environment",
                hints: ["name it the same way each time: by its path, or by what PATH leads to"])
        }
        draft.environments.append((step.place, planned.environment))
        guard let new = planned.new else { return }
        let destination = try await draft.base.destination(scheme.prefix)
        let layer = try new.layer(
            at: destination, owner: scheme.owner, texts: &draft.inputs.files.texts, timestamp: draft.timestamp)
        try draft.append("python: virtual environment \(step.place?.path ?? scheme.prefix)", .files(layer))
    }

    /// A layer of bytecode for each layer of wheels, all of them above: an image with bytecode begins as one without.
    private func planBytecode(of layers: [WheelLayer], for version: PythonVersion, into draft: inout PlanDraft)
        async throws
    {
        let interpreter: BytecodeInterpreter
        do {
            interpreter = try await self.interpreter(version)
        } catch let error as PythonError
            where error.code == .buildPythonMissing && step.options?.hasOptionalBytecode ?? false
        {
            events.emit(
                .warning(
                    "no bytecode is made, which the Dockerfile asks for: Python \(version.series) is not on this machine"
                ))
            return
        }
        if interpreter.version != version {
            events.emit(
                .notice(
                    "bytecode is made by Python \(interpreter.version), since \(version), the image's, is not on this "
                        + "machine: one that has it makes another image"))
        }
        let python = interpreter.version.description
        draft.inputs.interpreters[python] = interpreter
        for layer in layers {
            try draft.append(
                "bytecode: \(layer.names)", .bytecode(BytecodeLayer(modules: layer, python: python)))
        }
    }

    /// Removes what is replaced, in a layer directly above the base: layers of wheels are everybody's, and say nothing of
    /// what lies below them.
    private func plan(_ change: EnvironmentChange, in environment: PythonEnvironment, into draft: inout PlanDraft)
        async throws
    {
        func list(_ distributions: [InstalledDistribution]) -> String {
            distributions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        }
        if !change.kept.isEmpty { events.emit(.notice("the base has already: \(list(change.kept))")) }
        guard !change.removed.isEmpty else { return }
        events.emit(.notice("replaced in the base: \(list(change.removed))"))
        let layer = try await draft.base.layer(
            removing: change.removed, from: environment, timestamp: draft.timestamp)
        try draft.insertAboveBase("python: without \(list(change.removed)) of the base", .files(layer))
    }
}

extension WheelLayer {
    /// `numpy 2.3.5`, or the first few names of a shared layer.
    var names: String {
        let wheels = wheels.map(\.wheel)
        if let only = wheels.first, wheels.count == 1 { return "\(only.name) \(only.version)" }
        let shown = wheels.prefix(3).map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        return shown + (wheels.count > 3 ? " and \(wheels.count - 3) more" : "")
    }
}

extension BaseImage {
    /// The distributions of its Python.
    func distributions(of environment: PythonEnvironment) async throws -> [InstalledDistribution] {
        try await remembered("installed-distributions", version: 1, question: Self.question(environment)) { tree in
            DistributionReader(tree: tree, environment: environment).distributions()
        }
    }

    /// A layer that removes distributions.
    func layer(
        removing distributions: [InstalledDistribution], from environment: PythonEnvironment, timestamp: Timestamp
    ) async throws -> FileLayer {
        let question = Self.question(environment) + distributions.map(\.metadata)
        var layer = try await remembered("distribution-removals", version: 1, question: question) { tree in
            let reader = DistributionReader(tree: tree, environment: environment)
            return try tree.layer(removing: reader.paths(of: distributions), timestamp: timestamp)
        }
        layer.timestamp = timestamp
        return layer
    }

    private static func question(_ environment: PythonEnvironment) -> [String] {
        [environment.scheme.purelib, environment.scheme.platlib]
    }
}
