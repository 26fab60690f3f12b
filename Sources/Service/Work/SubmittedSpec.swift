import Content
import Diagnostics
import Dockerfile
import OCI
import Python
import Spec
import SystemPackage
import Transfer

/// What a submission asks for in the engine's terms: paths lie in the workspace of an attempt, URLs have what was lent for
/// them.
struct SubmittedSpec: Sendable {
    private let submission: BuildSubmission
    private let workspace: BuildWorkspace
    private let source: ManifestSource?
    private let lent: BuildSecrets
    private let allowsSourceBuilds: Bool

    /// - Parameter source: the context's files, where there is one.
    init(
        _ submission: BuildSubmission, workspace: BuildWorkspace, source: ManifestSource?, lent: BuildSecrets,
        allowsSourceBuilds: Bool
    ) {
        self.submission = submission
        self.workspace = workspace
        self.source = source
        self.lent = lent
        self.allowsSourceBuilds = allowsSourceBuilds
    }

    /// The spec. Requirements that stand in no file of the context are written beside its files, where no image sees them.
    func write() throws -> BuildSpec {
        var spec = try followed()
        let last = spec.stages.indices.last ?? 0
        spec.stages[last].steps = try steps() + spec.stages[last].steps
        spec.annotations = submission.annotations
        spec.timestamp = submission.sourceDateEpoch.map { Timestamp(seconds: $0) } ?? .reproducible
        spec.layerLimit = submission.layerLimit
        return spec
    }

    /// Where packages come from, and what else holds for all installations.
    private var given: PythonStep {
        PythonStep(
            manifests: [], selection: submission.selection, indexes: inWorkspace(submission.indexes.packageIndexes),
            lock: submission.lock.map { .required(path: workspace.path($0)) },
            upgrade: submission.upgrades, allowsSourceBuilds: allowsSourceBuilds,
            compilesBytecode: submission.compilesBytecode)
    }

    private func inWorkspace(_ indexes: PackageIndexes) -> PackageIndexes {
        var indexes = indexes.replacingURLs { lent.adding(to: $0) }
        indexes.findLinks = indexes.findLinks.map { $0.contains("://") ? $0 : workspace.path($0) }
        return indexes
    }

    // MARK: What manifests say

    private func steps() throws -> [Step] {
        var steps: [Step] = []
        let packages = try writePackages()
        if !submission.requirements.isEmpty || packages != nil {
            var step = given
            step.manifests =
                submission.requirements.filter(isNamedAsOne).map(workspace.path) + (packages.map { [$0.string] } ?? [])
            steps.append(.python(step))
        }
        if let destination = submission.codeDestination {
            steps.append(.files(FilesStep(source: "", destination: destination, excluded: submission.excluded)))
        }
        for files in submission.files {
            steps.append(.files(FilesStep(source: "", destination: files.destination, excluded: files.excluded)))
        }
        return steps
    }

    /// Whether a manifest's name tells what it is.
    private func isNamedAsOne(_ manifest: String) -> Bool {
        Manifest.Kind(fileName: FilePath(manifest).lastComponent?.string ?? "") != nil
    }

    /// Writes the requirements that stand in no manifest. Lists for pip of other names than `.txt` and `.in` are included
    /// there: pip takes any name.
    /// - Returns: where; nil where there are none.
    private func writePackages() throws -> FilePath? {
        let lines = submission.requirements.filter { !isNamedAsOne($0) }.map { "-r \($0)" } + submission.packages
        guard !lines.isEmpty else { return nil }
        let path = workspace.context.appending(freeName("requirements.txt"))
        try FileSystem.write(lines.map { $0 + "\n" }.joined().utf8, to: path, durably: false)
        return path
    }

    /// A name that nothing in the context has.
    private func freeName(_ name: String) -> String {
        var name = name
        while source?.kind(of: name) != nil { name = "further-" + name }
        return name
    }

    // MARK: What a Dockerfile says

    /// The stages as they are without what manifests say.
    private func followed() throws -> BuildSpec {
        var changes = submission.changes ?? BuildSubmission.Changes(instructions: [])
        changes.replaceURLs { lent.adding(to: $0) }
        let base: BaseSource =
            switch submission.base {
            case .catalog(let name): .catalog(name)
            case .reference(let reference): .registry(reference)
            case .layout(let path): .layout(path: workspace.path(path))
            case .scratch: .scratch
            }
        let execution = submission.execution
        let dockerfile = LoweredDockerfile(
            stages: changes.stages, base: base, environments: changes.environments, instructions: changes.instructions,
            configuration: ConfigurationStep(
                environment: execution.environment.map { EnvironmentVariable(name: $0.key, value: $0.value) },
                entrypoint: execution.entrypoint, command: execution.command, user: execution.user,
                workingDirectory: execution.workingDirectory, labels: execution.labels, exposedPorts: execution.ports,
                further: execution.further))
        let directory = workspace.context.appending(freeName("requirements"))
        var (spec, requirements) = try dockerfile.build(
            context: workspace.context.string, root: workspace.context.string, ignoreFile: changes.ignoreFile,
            requirementsIn: directory.string, platforms: submission.platforms)
        spec.add(toInstallations: given)
        if !requirements.isEmpty {
            try FileSystem.makeDirectory(directory)
            // Where uv ends its search for a configuration: what the context has is none of a Dockerfile's lines.
            try FileSystem.write([], to: directory.appending("uv.toml"), durably: false)
        }
        for (path, text) in requirements { try FileSystem.write(text.utf8, to: FilePath(path), durably: false) }
        return spec
    }
}

extension BuildSecrets {
    /// A URL of an index with what was lent for its host. It gets to uv by its environment, and nowhere else.
    fileprivate func adding(to text: String) -> String {
        guard let url = try? HTTPURL(text), url.userInformation == nil,
            let login = indexes.first(where: { $0.scope == "\(url.host):\(url.port)" || $0.scope == url.host }),
            let mark = text.firstRange(of: "://")
        else { return text }
        let userInformation = "\(PercentEncoding.value(login.username)):\(PercentEncoding.value(login.password))@"
        return text[..<mark.upperBound] + userInformation + text[mark.upperBound...]
    }
}
