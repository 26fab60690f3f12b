import Content
import Diagnostics
public import Spec
public import SystemPackage
import TOMLKit

/// What of this machine a resolution of manifests reads by its path, for who resolves them on another machine: files and
/// directories, wherever they are.
///
/// The user's own configuration of uv (in the home directory, in variables) is none of it.
public struct ManifestInputs: Sendable {
    /// The manifests, what they include, the local wheels and sources that they name, and uv's configuration beside or above the first
    /// one. Each is there.
    public private(set) var files: [FilePath] = []
    /// The directories that are searched for wheels.
    public private(set) var directories: [FilePath] = []
    /// Those of the files in which a URL holds a user or a password.
    public private(set) var filesWithCredentials: [FilePath] = []
    /// The ids of the secrets that requirements files name.
    public private(set) var secrets: Set<String> = []
    private let lent: LentVariables

    /// Reads manifests.
    /// - Parameters:
    ///   - environment: whose variables the requirements may name.
    ///   - lent: what goes along, under its names.
    /// - Throws: `PythonError` (`invalid_manifest`) with file and line for what means something on this machine alone: an
    ///   absolute path, a variable of the environment.
    public init(
        _ manifests: [Manifest], environment: [String: String], lent: LentVariables = LentVariables(SecretSet())
    ) throws {
        self.lent = lent
        for manifest in manifests {
            switch manifest.kind {
            case .requirements:
                for file in try RequirementsFile.collect(manifest.path, environment: environment, lent: lent) {
                    try add(file, environment)
                }
            case .pylock:
                try add(manifest.path)
                try addFiles(ofLock: manifest)
            case .uvLock:
                try add(manifest.path)
                try addIfPresent(manifest.directory.appending("pyproject.toml"))
            case .project: try add(manifest.path)
            }
        }
        if let first = manifests.first { try addConfiguration(from: first.directory) }
    }

    private mutating func add(_ path: FilePath) throws {
        guard !files.contains(path) else { return }
        files.append(path)
        guard path.extension != "whl" else { return }
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        let hasCredentials = text.split(separator: "\n").contains { line in
            let line = String(line)
            // Where the name of a secret stands for what is one, nothing is told.
            return URLCredentials.removed(from: line) != line && lent.ids(in: line).isEmpty
        }
        if hasCredentials { filesWithCredentials.append(path) }
    }

    private mutating func addIfPresent(_ path: FilePath) throws {
        if try FileSystem.status(path)?.kind == .file { try add(path) }
    }

    private mutating func add(_ file: RequirementsFile, _ environment: [String: String]) throws {
        try add(file.path)
        secrets.formUnion(file.secrets)
        let raw = String(decoding: try FileSystem.read(file.path), as: UTF8.self)
        let directory = file.path.removingLastComponent()
        for (line, rawLine) in zip(file.lines, RequirementsLine.lines(of: raw)) {
            let place = FailureContext("file", "\(file.path):\(line.number)")
            guard line == rawLine else {
                throw PythonError(
                    .invalidManifest, "'\(rawLine.words.joined(separator: " "))' takes a variable of this environment",
                    context: [place],
                    hints: ["lend what is secret by --secret id=NAME, and write out the rest"])
            }
            if let include = line.include { try refuseAbsolute(include, place) }
            if let links = line.findLinks, !links.contains("://") || links.hasPrefix("file:") {
                try refuseAbsolute(links, place)
                addDirectory(directory.pushing(FilePath(links)))
            }
            for path in line.localPaths { try add(sources: path, in: directory, place) }
            for word in line.words where word.hasSuffix(".whl") {
                let name = word.split(separator: "@", maxSplits: 1).last.map(String.init) ?? word
                try refuseAbsolute(name, place)
                if !name.contains("://") { try addIfPresent(directory.pushing(FilePath(name))) }
            }
        }
    }

    /// A directory of sources with all that a build reads of it, or a file of them.
    private mutating func add(sources path: FilePath, in directory: FilePath, _ place: FailureContext) throws {
        let sources = directory.pushing(path)
        switch try FileSystem.status(sources)?.kind {
        case .directory where SourceTree.isProject(sources):
            try refuseAbsolute(path.string, place)
            for file in try SourceTree.files(in: sources).map({ sources.pushing(FilePath($0)) })
            where !files.contains(file) { files.append(file) }
        case .file where SourceTree.isArchive(path.string):
            try refuseAbsolute(path.string, place)
            if !files.contains(sources) { files.append(sources) }
        default: break
        }
    }

    private mutating func addDirectory(_ path: FilePath) {
        if !directories.contains(path) { directories.append(path) }
    }

    private func refuseAbsolute(_ text: String, _ place: FailureContext) throws {
        guard text.hasPrefix("/") || text.hasPrefix("~") || text.lowercased().hasPrefix("file:") else { return }
        throw PythonError(
            .invalidManifest, "'\(text)' is a place of this machine", context: [place],
            hints: ["name it relative to the file that names it"])
    }

    /// The wheels that a standard lock names by paths.
    private mutating func addFiles(ofLock manifest: Manifest) throws {
        let text = String(decoding: try FileSystem.read(manifest.path), as: UTF8.self)
        let lock = try PylockDocument(text: text, name: manifest.path.string)
        for file in lock.packages.flatMap({ ($0.wheels ?? []) + [$0.archive].compactMap(\.self) }) {
            let place = FailureContext("file", manifest.path.string)
            if let url = file.url { try refuseAbsolute(url, place) }
            guard let path = file.path else { continue }
            try refuseAbsolute(path, place)
            try addIfPresent(manifest.directory.pushing(FilePath(path)))
        }
    }

    /// uv's configuration: the first directory upwards that holds one.
    private mutating func addConfiguration(from directory: FilePath) throws {
        var directory = try FileSystem.absolute(directory)
        while true {
            var isFound = false
            for name in ["uv.toml", "pyproject.toml"] {
                let path = directory.appending(name)
                guard try FileSystem.status(path)?.kind == .file else { continue }
                let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
                guard name == "uv.toml" || text.contains("tool.uv") else { continue }
                isFound = true
                try add(path)
            }
            if isFound || directory.removingLastComponent() == directory { return }
            directory.removeLastComponent()
        }
    }
}
