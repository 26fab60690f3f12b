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
    public struct Packages: Sendable, Hashable {
        /// Where they go; nil means where the base's Python looks. A virtual environment is made, also without packages.
        public var place: PythonPlace?
        /// What goes there, command by command.
        public var installations: [Installation]
    }

    /// Refuses what no submission to a server can say yet.
    public func refuseFurtherEnvironments() throws(DockerfileError) {
        if let place = environments.compactMap(\.place).first {
            throw DockerfileError(
                .unsupportedCommand, "a server cannot install packages into '\(place.path)' yet",
                hints: ["install them where the base's Python looks, or build without --server"])
        }
        guard let packages, !packages.areCommon || !packages.installations.allSatisfy(\.isForServers) else { return }
        throw DockerfileError(
            .unsupportedCommand,
            "a server cannot follow the options of these installations yet: it resolves all requirements together",
            hints: ["build without --server, or write constraints and pre-releases into a requirements file"])
    }

    /// The same without what is installed where the base's Python looks: whoever is sent it says it otherwise.
    public var withoutRequirements: LoweredDockerfile {
        var lowered = self
        for number in lowered.environments.indices {
            var installation = Installation()
            installation.indexes = lowered.environments[number].indexes
            lowered.environments[number].installations = [installation]
        }
        return lowered
    }

    /// The requirements files that the build needs beside the context's, each with its path.
    /// - Parameters:
    ///   - file: the path of the first one; the others lie beside it.
    ///   - context: the context's directory, absolute.
    public func requirementsTexts(file: String, context: String) -> [(path: String, text: String)] {
        Self.requirementsTexts(of: environments, file: file, context: context)
    }

    /// The same of the environments of a stage.
    public static func requirementsTexts(
        of environments: [Packages], file: String, context: String
    ) -> [(path: String, text: String)] {
        environments.enumerated().flatMap { number, packages in
            packages.texts(file: Self.requirementsFile(file, number: number), context: context)
        }
    }

    /// Where the requirements of an environment are written, all of them together.
    /// - Parameters:
    ///   - file: where those of the first one are.
    ///   - number: the environment's number, from 0.
    static func requirementsFile(_ file: String, number: Int) -> String {
        guard number > 0 else { return file }
        let stem = file.hasSuffix(".txt") ? String(file.dropLast(4)) : file
        return "\(stem)-\(number + 1).txt"
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
                let file = file.flatMap { hasText ? Self.requirementsFile($0, number: number) : nil }
                steps.append(.python(packages.step(file: file, context: context)))
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
