public import Diagnostics
public import OCI
public import Spec

/// What a Dockerfile says, in the terms of Cooperage: a base, packages, files, and what a container starts with.
public struct LoweredDockerfile: Sendable, Hashable {
    /// What the image starts from.
    public var base: BaseSource
    /// The platform that `FROM --platform` demands; nil leaves it to the build.
    public var platform: Platform?
    /// The Python packages; nil where none are installed.
    public var packages: Packages?
    /// The files of the context, in order.
    public var files: [Files]
    /// Absolute directories that have to be there and that no files bring: of `WORKDIR` and `mkdir`.
    public var directories: [String]
    /// What a container starts with.
    public var configuration: ConfigurationStep
    /// What became of each instruction, in order.
    public var remarks: [LoweringRemark]
    /// Lines that change nothing only as long as the image's user is root. Whoever knows a base whose user is another
    /// one gives its configuration to the lowering, which refuses them then.
    public var linesForRootOnly: [LineRange]

    /// Python packages, all of one environment.
    public struct Packages: Sendable, Hashable {
        /// Requirements files by their paths in the context, in order.
        public var requirementsFiles: [String]
        /// Requirements that stand in the Dockerfile itself.
        public var requirements: [String]
        /// Where packages come from. Directories are paths in the context. URLs may hold credentials.
        public var indexes: PackageIndexes

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

    /// Files of the context that keep their paths below a directory of the image.
    public struct Files: Sendable, Hashable {
        /// The lines of the COPY.
        public var lines: LineRange
        /// The absolute directory in the image in which the context's paths start.
        public var destination: String
        /// Paths of the context, or patterns of names in it; nil means all of it.
        public var selection: [Selected]?
        /// Patterns of what is left out, as `.dockerignore` has them.
        public var excluded: [String]

        /// A path of the context, or a pattern.
        public struct Selected: Sendable, Hashable {
            /// The path or pattern as the Dockerfile has it, cleaned.
            public var path: String
            /// Whether it is a pattern.
            public var isPattern: Bool
        }

        /// The patterns that leave all else out, for `FilesStep`.
        public var exclusions: [String] {
            guard let selection else { return excluded }
            return Files.patterns(selecting: selection) + excluded
        }
    }

    /// The paths of the context that the Dockerfile names, each with the lines that do: a build checks that they are
    /// there, as Docker does.
    public var namedPaths: [(path: String, lines: LineRange)] {
        files.flatMap { files in
            (files.selection ?? []).filter { !$0.isPattern }.map { ($0.path, files.lines) }
        }
    }

    /// The spec of the build.
    /// - Parameters:
    ///   - context: the context's directory; empty where paths of the spec are relative to it, as in the service.
    ///   - requirementsFile: where `packages.requirementsText(context:)` was written, the path as the spec has it; needed
    ///     where there is such a text.
    ///   - platforms: those that are asked for, where the Dockerfile demands none.
    /// - Throws: `DockerfileError` where the requirements of the Dockerfile have no file.
    public func buildSpec(
        context: String, requirementsFile: String? = nil, platforms: [Platform] = []
    ) throws(DockerfileError) -> BuildSpec {
        var steps: [Step] = []
        if let packages {
            var manifests = packages.manifests.map { ImagePath.joined(context, $0) }
            if packages.requirementsText(context: context) != nil {
                guard let requirementsFile else {
                    throw DockerfileError(
                        .requirementsNotFound, "the Dockerfile's own requirements were not written to a file",
                        hints: ["write 'packages.requirementsText' to one, and name it"])
                }
                manifests.append(requirementsFile)
            }
            var indexes = packages.indexes
            indexes.findLinks = indexes.findLinks.map { $0.contains("://") ? $0 : ImagePath.joined(context, $0) }
            steps.append(.python(PythonStep(manifests: manifests, indexes: indexes)))
        }
        for files in files {
            steps.append(
                .files(FilesStep(source: context, destination: files.destination, excluded: files.exclusions)))
        }
        for directory in directories {
            // Nothing of the context is taken: the directory alone is left.
            steps.append(.files(FilesStep(source: context, destination: directory, excluded: ["*"])))
        }
        if configuration != ConfigurationStep() { steps.append(.configuration(configuration)) }
        return BuildSpec(stages: [Stage(base: base, steps: steps)], platforms: platform.map { [$0] } ?? platforms)
    }
}

extension LoweredDockerfile.Files {
    /// Patterns that leave out all but some paths: each directory on the way is taken in, and the rest of it left out.
    static func patterns(selecting paths: [Selected]) -> [String] {
        var patterns = ["*"]
        var opened: Set<String> = []
        let all = Set(paths.map(\.path))
        let deepest = paths.map { $0.path.split(separator: "/").count }.max() ?? 0
        for depth in stride(from: 1, through: deepest, by: 1) {
            for selected in paths {
                let parts = selected.path.split(separator: "/").map { selected.isPattern ? String($0) : escaped($0) }
                guard parts.count >= depth else { continue }
                let path = parts.prefix(depth).joined(separator: "/")
                let isWhole = parts.count == depth
                // What another path takes in as a whole is not to be closed again.
                let ancestors = (1..<max(parts.count, 1)).map { selected.path.split(separator: "/").prefix($0) }
                if ancestors.contains(where: { all.contains($0.joined(separator: "/")) }) { continue }
                guard opened.insert(path).inserted else { continue }
                patterns.append("!" + path)
                if !isWhole { patterns.append(path + "/*") }
            }
        }
        return patterns
    }

    private static func escaped(_ part: Substring) -> String {
        String(part.flatMap { "*?[\\".contains($0) ? ["\\", $0] : [$0] })
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
