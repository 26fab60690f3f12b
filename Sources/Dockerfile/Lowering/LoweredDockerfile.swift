public import Diagnostics
public import OCI
public import Spec

/// What a Dockerfile says, in the terms of Cooperage: a base, packages, files, and what a container starts with.
public struct LoweredDockerfile: Sendable, Hashable {
    /// The stages that files are taken from, in their order.
    public var stages: [LoweredStage] = []
    /// What the image starts from.
    public var base: BaseSource
    /// The platform that `FROM --platform` demands; nil leaves it to the build.
    public var platform: Platform?
    /// The Python packages by the environments that they go to, in the order in which lines first name them.
    public var environments: [Packages]
    /// What happens to the image's files, instruction by instruction.
    public var instructions: [FileInstruction]
    /// What a container starts with.
    public var configuration: ConfigurationStep
    /// What became of each instruction, in order.
    public var remarks: [LoweringRemark]

    /// The packages that go where the base's Python looks; nil where none do.
    public var packages: Packages? { environments.first { $0.place == nil } }

    /// Python packages, all of one environment.
    public struct Packages: Sendable, Hashable, Codable {
        /// Where they go; nil means where the base's Python looks. A virtual environment is made, also without packages.
        public var place: PythonPlace?
        /// What goes there, command by command.
        public var installations: [Installation]
    }

    /// The environments of all stages.
    public var allEnvironments: [Packages] { stages.flatMap(\.environments) + environments }

    /// The instructions of all stages.
    public var allInstructions: [FileInstruction] { stages.flatMap(\.instructions) + instructions }

    /// Whether it takes more of the context than the manifests that `requirementsFiles` names.
    public var readsContext: Bool {
        let copies = allInstructions.flatMap(\.changes).contains {
            if case .copy(let copy) = $0 { copy.origin == nil } else { false }
        }
        // A project brings more than the file that names it.
        let projects = allEnvironments.flatMap(\.installations).contains { installation in
            installation.lines.contains { $0.path != nil } || !installation.options.editableSources.isEmpty
                || installation.files.contains { $0.hasSuffix(".toml") || $0.hasSuffix(".lock") }
                || installation.indexes.findLinks.contains { !$0.contains("://") }
        }
        return copies || projects
    }

    /// The spec of the build, and the requirements files that have to be written for it.
    /// - Parameters:
    ///   - context: the context's directory.
    ///   - root: the same, absolute: the requirements files name its paths.
    ///   - ignoreFile: the text of the context's ignore file; nil leaves nothing out.
    ///   - directory: where the requirements files are to be.
    ///   - platforms: those that are asked for, where the Dockerfile demands none.
    public func build(
        context: String, root: String, ignoreFile: String?, requirementsIn directory: String,
        platforms: [Platform] = []
    ) throws(DockerfileError) -> (spec: BuildSpec, requirements: [(path: String, text: String)]) {
        let own = ImagePath.joined(directory, "requirements.txt")
        var texts = requirementsTexts(file: own, context: root)
        var files: [String: String] = [:]
        for (number, stage) in stages.enumerated() {
            let file = ImagePath.joined(directory, "stage-\(number).txt")
            texts += stage.requirementsTexts(file: file, context: root)
            files[stage.name] = file
        }
        let spec = try buildSpec(
            context: context, ignoreFile: ignoreFile, requirementsFile: own, stageRequirementsFiles: files,
            platforms: platforms)
        return (spec, texts)
    }

    /// The requirements files that the build needs beside the context's, each with its path.
    /// - Parameters:
    ///   - file: the path of the first one; the others lie beside it.
    ///   - context: the context's directory, absolute.
    public func requirementsTexts(file: String, context: String) -> [(path: String, text: String)] {
        Packages.texts(of: environments, file: file, context: context)
    }

    /// The spec of the build.
    /// - Parameters:
    ///   - context: the context's directory; empty where paths of the spec are relative to it, as in the service.
    ///   - ignoreFile: the text of the context's ignore file; nil leaves nothing out.
    ///   - requirementsFile: where the first of `requirementsTexts(file:context:)` was written, the path as the spec has it.
    ///     Needed where there are such texts.
    ///   - stageRequirementsFiles: the same for the stages that files are taken from, by their names.
    ///   - platforms: those that are asked for, where the Dockerfile demands none.
    /// - Throws: `DockerfileError` where the requirements of the Dockerfile have no file.
    public func buildSpec(
        context: String, ignoreFile: String? = nil, requirementsFile: String? = nil,
        stageRequirementsFiles: [String: String] = [:], platforms: [Platform] = []
    ) throws(DockerfileError) -> BuildSpec {
        func steps(
            _ environments: [Packages], _ instructions: [FileInstruction], _ file: String?
        ) throws(DockerfileError) -> [Step] {
            var steps: [Step] = []
            for (number, packages) in environments.enumerated() {
                let hasText = packages.requirementsText(context: context) != nil
                guard !hasText || file != nil else {
                    throw DockerfileError(
                        .requirementsNotFound, "the Dockerfile's own requirements were not written to a file",
                        hints: ["write 'requirementsTexts' to files, and name the first one"])
                }
                let own = file.flatMap { hasText ? Packages.requirementsFile($0, number: number) : nil }
                steps.append(.python(packages.step(file: own, context: context)))
            }
            if !instructions.isEmpty {
                steps.append(
                    .changes(ChangesStep(source: context, ignoreFile: ignoreFile, instructions: instructions)))
            }
            return steps
        }
        var all: [Stage] = []
        for stage in stages {
            all.append(
                Stage(
                    name: stage.name, base: stage.base, platform: stage.platform,
                    steps: try steps(stage.environments, stage.instructions, stageRequirementsFiles[stage.name])))
        }
        var steps = try steps(environments, instructions, requirementsFile)
        var configuration = configuration
        // The order in which they are given is no part of what is asked for, and none of the image's digest.
        configuration.environment.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        if configuration != ConfigurationStep() { steps.append(.configuration(configuration)) }
        all.append(Stage(base: base, steps: steps))
        return BuildSpec(stages: all, platforms: platform.map { [$0] } ?? platforms)
    }
}

extension LoweredDockerfile {
    /// Takes the parts, without remarks.
    public init(
        stages: [LoweredStage], base: BaseSource, platform: Platform? = nil, environments: [Packages],
        instructions: [FileInstruction], configuration: ConfigurationStep
    ) {
        self.stages = stages
        self.base = base
        self.platform = platform
        self.environments = environments
        self.instructions = instructions
        self.configuration = configuration
        remarks = []
    }
}

/// What became of an instruction, or of one command of a RUN.
public struct LoweringRemark: Sendable, Hashable, CustomStringConvertible {
    /// Whether the instruction shows in the image.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// It became layers or configuration.
        case native
        /// It changes nothing in the image that Cooperage makes.
        case withoutEffect
    }

    /// Its lines; nil for a remark on the build as a whole.
    public var lines: LineRange?
    /// The instruction, shortened; values of variables and secrets of URLs are left out.
    public var instruction: String
    /// Whether it shows in the image.
    public var kind: Kind
    /// What it became, or why it changes nothing.
    public var result: String

    /// `line 5: RUN pip install -r requirements.txt → python layers`
    public var description: String {
        (lines.map { "\($0): " } ?? "") + instruction + " → " + (kind == .native ? result : "nothing: \(result)")
    }
}
