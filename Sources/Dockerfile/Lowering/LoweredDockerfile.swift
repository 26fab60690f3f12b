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
    public var packages: Packages? {
        get { environments.first { $0.place == nil } }
        set {
            let number = environments.firstIndex { $0.place == nil }
            switch (number, newValue) {
            case (let number?, let packages?): environments[number] = packages
            case (let number?, nil): environments.remove(at: number)
            case (nil, let packages?): environments.append(packages)
            case (nil, nil): break
            }
        }
    }

    /// Python packages, all of one environment.
    public struct Packages: Sendable, Hashable {
        /// Where they go; nil means where the base's Python looks. A virtual environment is made, also without packages.
        public var place: PythonPlace?
        /// Requirements files by their paths in the context, in order.
        public var requirementsFiles: [String]
        /// Requirements that stand in the Dockerfile itself.
        public var requirements: [String]
        /// Where packages come from. Directories are paths in the context. URLs may hold credentials.
        public var indexes: PackageIndexes
        /// What secrets are for the installers; URLs of the indexes have marks (`SecretMarker`) where others stand.
        public var secrets: [SecretUse] = []
        /// The ids of secrets that are an index as a whole, which is not asked where they are not lent.
        public var optionalSecrets: Set<String> = []

        /// Whether nothing goes into it.
        var isEmpty: Bool { requirementsFiles.isEmpty && requirements.isEmpty }

        /// The requirements files whose names tell that they are some (`.txt`, `.in`); pip and uv take any name.
        var manifests: [String] { requirementsFiles.filter { $0.hasSuffix(".txt") || $0.hasSuffix(".in") } }

        /// The text of a requirements file with what `manifests` cannot hold: files of other names, which it includes, and
        /// the requirements of the Dockerfile itself. Nil where there is nothing of the kind.
        /// - Parameter context: the context's directory, absolute; empty for a file that lies in the context itself, next
        ///   to what it includes.
        public func requirementsText(context: String) -> String? {
            let others = requirementsFiles.filter { !manifests.contains($0) }
            let lines = others.map { "-r \(ImagePath.joined(context, $0))" } + requirements
            return lines.isEmpty ? nil : lines.map { $0 + "\n" }.joined()
        }
    }

    /// Refuses what no submission to a server can say yet.
    public func refuseFurtherEnvironments() throws(DockerfileError) {
        guard let place = environments.compactMap(\.place).first else { return }
        throw DockerfileError(
            .unsupportedCommand, "a server cannot install packages into '\(place.path)' yet",
            hints: ["install them where the base's Python looks, or build without --server"])
    }

    /// Where the requirements of an environment are written.
    /// - Parameters:
    ///   - file: where those of the first one are.
    ///   - number: the environment's number, from 0.
    public static func requirementsFile(_ file: String, number: Int) -> String {
        guard number > 0 else { return file }
        let stem = file.hasSuffix(".txt") ? String(file.dropLast(4)) : file
        return "\(stem)-\(number + 1).txt"
    }

    /// The spec of the build.
    /// - Parameters:
    ///   - context: the context's directory; empty where paths of the spec are relative to it, as in the service.
    ///   - ignoreFile: the text of the context's ignore file; nil leaves nothing out.
    ///   - requirementsFile: where `requirementsText(context:)` of the first environment was written, the path as the spec
    ///     has it; those of further ones lie beside it (`requirementsFile(_:number:)`). Needed where there is such a text.
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
                let file = file.map { Self.requirementsFile($0, number: number) }
                steps.append(.python(try packages.step(context: context, requirementsFile: file)))
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

extension LoweredDockerfile.Packages {
    /// The step that installs them.
    fileprivate func step(context: String, requirementsFile: String?) throws(DockerfileError) -> PythonStep {
        var manifests = manifests.map { ImagePath.joined(context, $0) }
        if requirementsText(context: context) != nil {
            guard let requirementsFile else {
                throw DockerfileError(
                    .requirementsNotFound, "the Dockerfile's own requirements were not written to a file",
                    hints: ["write 'packages.requirementsText' to one, and name it"])
            }
            manifests.append(requirementsFile)
        }
        var indexes = indexes
        indexes.findLinks = indexes.findLinks.map { $0.contains("://") ? $0 : ImagePath.joined(context, $0) }
        return PythonStep(manifests: manifests, indexes: indexes, place: place)
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
