import Content
import Diagnostics
import Spec
import SystemPackage

/// What is wanted of the projects among manifests, as arguments of uv. Each name belongs to at least one project.
struct ProjectSelection: Sendable {
    private struct Project {
        let manifest: Manifest
        /// Where its names stand.
        let path: FilePath
        let names: ProjectNames
    }

    private let selection: PackageSelection
    private let projects: [Project]

    /// Looks the names up.
    /// - Parameter text: the text of a project's file; nil where there is none.
    /// - Throws: `PythonError` (`unknown_group`, `unknown_extra`) with the name and those that there are.
    init(
        _ selection: PackageSelection, of manifests: [Manifest], text: (FilePath) throws -> String?
    ) throws {
        self.selection = selection
        guard !selection.isEmpty else {
            projects = []
            return
        }
        projects = try manifests.compactMap { manifest in
            switch manifest.kind {
            case .requirements: return nil
            case .pylock:
                let names = ProjectNames(pylock: try text(manifest.path) ?? "")
                // Most locks have none.
                guard !(names.extras?.isEmpty ?? false) || !(names.groups?.isEmpty ?? false) else { return nil }
                return Project(manifest: manifest, path: manifest.path, names: names)
            case .project, .uvLock:
                let path = manifest.kind == .project ? manifest.path : manifest.directory.appending("pyproject.toml")
                return Project(manifest: manifest, path: path, names: ProjectNames(try text(path) ?? ""))
            }
        }
        for name in selection.groups { try check(name, \.groups, .unknownGroup, "dependency group") }
        for name in selection.extras { try check(name, \.extras, .unknownExtra, "extra") }
        guard !projects.isEmpty || !selection.allExtras else {
            throw PythonError(
                .unknownExtra, "all extras are asked for, and no manifest is a project", hints: [Self.hint])
        }
    }

    private static let hint =
        "groups and extras are those of a pyproject.toml, a uv.lock or a pylock.toml that has some; name one by -r"

    private func check(
        _ name: String, _ names: KeyPath<ProjectNames, Set<String>?>, _ code: PythonErrorCode, _ what: String
    ) throws {
        guard !projects.isEmpty else {
            throw PythonError(
                code, "the \(what) '\(name)' is asked for, and no manifest is a project", hints: [Self.hint])
        }
        guard !projects.contains(where: { Self.has($0.names[keyPath: names], name) }) else { return }
        let known = projects.reduce(into: Set<String>()) { $0.formUnion($1.names[keyPath: names] ?? []) }.sorted()
        let places = projects.map { "'\($0.path)'" }.joined(separator: " or ")
        throw PythonError(
            code, "'\(name)' is no \(what) of \(places)",
            context: projects.map { FailureContext("file", $0.path.string) },
            hints: [known.isEmpty ? "there is no \(what) at all" : "there is \(known.joined(separator: ", "))"])
    }

    private static func has(_ names: Set<String>?, _ name: String) -> Bool {
        names?.contains(normalizedName(name)) ?? true
    }

    /// The arguments of `uv pip compile` for the projects among its sources.
    func compileArguments() throws -> [String] {
        let sources = projects.filter { $0.manifest.kind == .project }
        guard !sources.isEmpty else { return [] }
        var arguments = selection.allExtras ? ["--all-extras"] : []
        for extra in selection.extras where sources.contains(where: { Self.has($0.names.extras, extra) }) {
            arguments += ["--extra", extra]
        }
        for project in sources {
            for group in selection.groups where Self.has(project.names.groups, group) {
                arguments += ["--group", "\(try FileSystem.absolute(project.path)):\(group)"]
            }
        }
        return arguments
    }

    /// The arguments of `uv export` for a lock.
    func exportArguments(of manifest: Manifest) -> [String] {
        // The code of a project comes into the image as files, and no group is wanted that nobody asks for.
        let usual = selection.sync.map(Self.arguments) ?? ["--no-default-groups", "--no-emit-project"]
        guard let project = projects.first(where: { $0.manifest == manifest }) else { return usual }
        return usual + (selection.allExtras ? ["--all-extras"] : [])
            + selection.extras.filter { Self.has(project.names.extras, $0) }.flatMap { ["--extra", $0] }
            + selection.groups.filter { Self.has(project.names.groups, $0) }.flatMap { ["--group", $0] }
    }

    /// What `uv sync` takes, as `uv export` has it.
    private static func arguments(_ sync: ProjectSync) -> [String] {
        var arguments: [String] = []
        if !sync.takesDefaultGroups { arguments.append("--no-default-groups") }
        if sync.takesAllGroups { arguments.append("--all-groups") }
        // The two of this name need not be there.
        arguments += sync.excludedGroups.flatMap { $0 == "dev" ? ["--no-dev"] : ["--no-group", $0] }
        arguments += sync.onlyGroups.flatMap { $0 == "dev" ? ["--only-dev"] : ["--only-group", $0] }
        arguments += sync.excludedExtras.flatMap { ["--no-extra", $0] }
        if let omission = sync.omission { arguments.append("--no-emit-\(omission.rawValue)") }
        if sync.copiesCode { arguments.append("--no-editable") }
        return arguments
    }

    /// What is wanted of a standard lock, where one has groups and extras.
    func lockSelection(in document: PylockDocument) -> LockSelection {
        let extras = selection.allExtras ? document.extras ?? [] : selection.extras
        return LockSelection(
            groups: Set(((document.defaultGroups ?? []) + selection.groups).map { normalizedName($0) }),
            extras: Set(extras.map { normalizedName($0) }))
    }
}
