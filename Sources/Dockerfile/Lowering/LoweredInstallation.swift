public import Spec

extension LoweredDockerfile {
    /// What one command installs.
    public struct Installation: Sendable, Hashable, Codable {
        /// A line of a requirements file, with a path of the context in it or without.
        public struct Line: Sendable, Hashable, Codable {
            /// The option before the path, `-e `, or the whole line.
            public var text: String
            /// A path of the context.
            public var path: String?
            /// What follows the path: `[extra]`.
            public var suffix = ""

            func text(context: String) -> String {
                text + (path.map { ImagePath.joined(context, $0) } ?? "") + suffix
            }
        }

        /// Manifests by their paths in the context, in order.
        public var files: [String] = []
        /// Requirements that stand in the Dockerfile itself.
        public var requirements: [String] = []
        /// What else stands in the Dockerfile: projects of the context, constraints, and options that requirements files can
        /// have.
        public var lines: [Line] = []
        /// Where packages come from. Directories are paths in the context. URLs may hold credentials.
        public var indexes = PackageIndexes()
        /// What of a project is wanted.
        public var selection = PackageSelection()
        /// How the installer was told to install; directories are paths in the context.
        public var options = InstallationOptions()
        /// Whether a `uv.lock` has to fit its project.
        var requiresLock = false
        /// Whether bytecode was asked for.
        var compilesBytecode = false
        /// What secrets are for the installer; URLs of the indexes have marks (`SecretMarker`) where others stand.
        public var secrets: [SecretUse] = []
        /// The ids of secrets that are an index as a whole, which is not asked where they are not lent.
        public var optionalSecrets: Set<String> = []

        init() {}

        // Secrets are put in before an installation is told to anybody (`LentDockerfile`).
        private enum CodingKeys: String, CodingKey {
            case files, requirements, lines, indexes, selection, options, requiresLock, compilesBytecode
        }

        /// The manifests whose names tell what they are; pip and uv take any name for lists of requirements.
        var manifests: [String] { files.filter(Self.isNamedAsOne) }

        private static func isNamedAsOne(_ path: String) -> Bool {
            let name = ImagePath.name(path)
            return name.hasSuffix(".txt") || name.hasSuffix(".in") || name == "uv.lock" || name == "pyproject.toml"
                || (name.hasPrefix("pylock.") && name.hasSuffix(".toml"))
        }

        /// The lines of a requirements file with what `manifests` cannot hold.
        func lines(context: String) -> [String] {
            files.filter { !Self.isNamedAsOne($0) }.map { "-r \(ImagePath.joined(context, $0))" }
                + lines.map { $0.text(context: context) } + requirements
        }

        /// Whether it says nothing that would hold for other installations, too, or not hold for them.
        var isCommon: Bool {
            lines.isEmpty && selection.isEmpty && options.isCommon && !files.contains { $0.hasSuffix(".lock") }
        }
    }
}

extension LoweredDockerfile.Packages {
    /// Whether all of it can be resolved together: the installations have the same first index, and say nothing that is
    /// about one of them alone.
    var areCommon: Bool {
        installations.count == 1
            || installations.allSatisfy { $0.isCommon && $0.indexes.indexURL == installations[0].indexes.indexURL }
    }

    /// The manifests of all.
    public var requirementsFiles: [String] { unique(installations.flatMap(\.files)) }

    /// The requirements of all that stand in the Dockerfile itself.
    public var requirements: [String] { unique(installations.flatMap(\.requirements)) }

    /// Where the packages of all come from.
    public var indexes: PackageIndexes {
        PackageIndexes(
            indexURL: installations.lazy.compactMap(\.indexes.indexURL).first,
            extraIndexURLs: unique(installations.flatMap(\.indexes.extraIndexURLs)),
            findLinks: unique(installations.flatMap(\.indexes.findLinks)))
    }

    /// What secrets are for the installers of all.
    public var secrets: [SecretUse] { installations.flatMap(\.secrets) }

    /// The text of a requirements file with what the manifests of all cannot hold. Nil where there is nothing of the kind.
    /// - Parameter context: the context's directory, absolute; empty for a file that lies in the context itself, next
    ///   to what it includes.
    public func requirementsText(context: String) -> String? {
        let lines = unique(installations.flatMap { $0.lines(context: context) })
        return lines.isEmpty ? nil : lines.map { $0 + "\n" }.joined()
    }

    /// The texts of requirements files that `step(file:context:)` names, each with its path: of all together, and of each
    /// installation where there are several.
    /// - Parameter file: the path of the first one.
    func texts(file: String, context: String) -> [(path: String, text: String)] {
        var texts: [(path: String, text: String)] = []
        if let text = requirementsText(context: context) { texts.append((file, text)) }
        guard installations.count > 1 else { return texts }
        for (number, installation) in installations.enumerated() {
            let lines = installation.lines(context: context)
            guard !lines.isEmpty else { continue }
            texts.append((Self.part(file, number), lines.map { $0 + "\n" }.joined()))
        }
        return texts
    }

    /// The requirements files of environments that one build needs, each with its path.
    /// - Parameter file: the path of the first one; the others lie beside it.
    static func texts(
        of environments: [LoweredDockerfile.Packages], file: String, context: String
    ) -> [(path: String, text: String)] {
        environments.enumerated().flatMap { number, packages in
            packages.texts(file: requirementsFile(file, number: number), context: context)
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

    private static func part(_ file: String, _ number: Int) -> String {
        "\(file.hasSuffix(".txt") ? String(file.dropLast(4)) : file).\(number + 1).txt"
    }

    /// The step that installs them.
    /// - Parameter file: where the text of all was written; nil for none.
    func step(file: String?, context: String) -> PythonStep {
        var parts: [PythonStep]?
        if installations.count > 1 {
            parts = installations.enumerated().map { number, installation in
                installation.step(
                    file: installation.lines(context: context).isEmpty ? nil : file.map { Self.part($0, number) },
                    context: context)
            }
        }
        guard installations.count != 1 else {
            var step = installations[0].step(file: file, context: context)
            step.place = place
            return step
        }
        var step = PythonStep(manifests: [], place: place, parts: parts)
        step.indexes = indexes.inside(context)
        step.compilesBytecode = installations.contains(where: \.compilesBytecode)
        if step.compilesBytecode { step.options = InstallationOptions.withOptionalBytecode }
        if areCommon, !installations.isEmpty {
            step.manifests = unique(installations.flatMap(\.manifests)).map { ImagePath.joined(context, $0) }
            if let file { step.manifests.append(file) }
        }
        return step
    }

    private func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}

extension LoweredDockerfile.Installation {
    fileprivate func step(file: String?, context: String) -> PythonStep {
        var step = PythonStep(
            manifests: manifests.map { ImagePath.joined(context, $0) } + (file.map { [$0] } ?? []),
            selection: selection, indexes: indexes.inside(context))
        var options = options
        for number in options.editableSources.indices {
            options.editableSources[number].directory = ImagePath.joined(
                context, options.editableSources[number].directory)
        }
        step.compilesBytecode = compilesBytecode
        options.hasOptionalBytecode = compilesBytecode
        if options != InstallationOptions() { step.options = options }
        if requiresLock, let lock = step.manifests.first { step.lock = .required(path: lock) }
        return step
    }
}

extension InstallationOptions {
    fileprivate static var withOptionalBytecode: InstallationOptions {
        var options = InstallationOptions()
        options.hasOptionalBytecode = true
        return options
    }
}

extension PackageIndexes {
    /// With directories that lie in a context.
    fileprivate func inside(_ context: String) -> PackageIndexes {
        var indexes = self
        indexes.findLinks = indexes.findLinks.map { $0.contains("://") ? $0 : ImagePath.joined(context, $0) }
        return indexes
    }
}
