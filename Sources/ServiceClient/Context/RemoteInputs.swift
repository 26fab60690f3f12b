import Content
import Diagnostics
import Images
import OCI
import Python
import Service
import Spec
import SystemPackage

/// Where things of this machine are in the context that goes to a server: the base, the manifests, the directories of
/// wheels. It puts them there.
struct RemoteInputs: Sendable {
    /// The context with all of it.
    private(set) var context: OutgoingContext
    /// What the build starts from.
    private(set) var base: BuildSubmission.Base
    /// The manifests' paths in the context.
    private(set) var manifests: [String] = []
    /// The path in the context of the lock that has to fit.
    private(set) var lock: String?
    /// Pages, and directories of the context.
    private(set) var findLinks: [String] = []
    /// Files that hold passwords and go along.
    private(set) var filesWithCredentials: [FilePath] = []
    /// The ids of the secrets that requirements files name.
    private(set) var secrets: Set<String> = []
    /// Which directory here stands behind which one of the context, by the start of the paths there; the context itself
    /// is the empty one, and stands last.
    private(set) var origins: [(start: String, directory: FilePath)] = []

    private let directory: FilePath

    /// Lists and hashes all that a build needs.
    /// - Parameters:
    ///   - base: no archive any more (`BaseSource.unpacked`).
    ///   - files: the code; nil where it stays here.
    ///   - changes: what a Dockerfile copies.
    ///   - named: requirements files that it names, paths in the context.
    ///   - context: the directory of the code.
    ///   - directory: the working directory, absolute.
    init(
        base: BaseSource, python: PythonStep?, files: FilesStep?, changes: ChangesStep? = nil, named: [String] = [],
        context: FilePath, in directory: FilePath, environment: [String: String],
        lent: SecretSet = SecretSet()
    ) throws {
        self.directory = directory
        if let changes {
            self.context = try OutgoingContext(changes, in: directory)
        } else {
            self.context =
                try files.map { try OutgoingContext($0, in: directory) }
                ?? OutgoingContext(root: context, in: directory)
        }
        // They may be left out of what is copied.
        for path in named { try self.context.add(self.context.root.pushing(FilePath(path)), as: path) }
        switch base {
        case .catalog(let name): self.base = .catalog(name)
        case .registry(let reference): self.base = .reference(reference)
        case .scratch: self.base = .scratch
        case .layout(let path), .archive(let path):
            // No place yet.
            self.base = .layout(path: path)
            self.base = .layout(path: try add(layout: FilePath(path)))
        }
        if let python { try add(python, environment: environment, lent: lent) }
        origins.append(("", self.context.root))
    }

    private func absolute(_ path: FilePath) -> FilePath { directory.pushing(path).lexicallyNormalized() }

    // MARK: The base

    private mutating func add(layout path: FilePath) throws -> String {
        _ = try OCILayout(path)
        let source = absolute(path)
        let place = try context.inside(source) ?? "\(context.reserved)/base"
        guard !place.isEmpty else {
            throw ClientError(
                .notOnServer, "the context '\(path)' is the base, too", hints: ["put the code into another directory"])
        }
        for name in ["oci-layout", "index.json"] { try context.add(source.appending(name), as: "\(place)/\(name)") }
        let blobs = source.appending("blobs").appending("sha256")
        guard FileSystem.exists(blobs) else { return place }
        for name in try FileSystem.names(in: blobs) {
            // A blob's name is its digest: the server sees whether that is so.
            guard let digest = try? Digest("sha256:\(name)"),
                let status = try FileSystem.status(blobs.appending(name)), status.kind == .file
            else { continue }
            context.add(
                blobs.appending(name), as: "\(place)/blobs/sha256/\(name)", digest: digest, size: status.size)
        }
        return place
    }

    // MARK: Packages

    private mutating func add(_ step: PythonStep, environment: [String: String], lent: SecretSet) throws {
        let lock = try step.requiredLock.map { try Manifest(lock: FilePath($0)) }
        let inputs = try ManifestInputs(
            try step.manifests.map { try Manifest(FilePath($0)) } + [lock].compactMap(\.self), environment: environment,
            lent: LentVariables(lent))
        secrets = inputs.secrets
        filesWithCredentials = inputs.filesWithCredentials
        let files = inputs.files.map(absolute)
        let directories = inputs.directories.map(absolute)
        let places = try (files + directories).map { try context.inside($0) }
        if places.contains(nil) {
            try addOutside(files, directories)
            manifests = try step.manifests.map { try outside(absolute(FilePath($0))) }
            self.lock = try lock.map { try outside(absolute($0.path)) }
        } else {
            for file in files { if let place = try context.inside(file) { try context.add(file, as: place) } }
            for directory in directories {
                if let place = try context.inside(directory) { try add(wheelsOf: directory, as: place) }
            }
            manifests = try step.manifests.compactMap { try context.inside(absolute(FilePath($0))) }
            self.lock = try lock.flatMap { try context.inside(absolute($0.path)) }
        }
        for (number, text) in step.indexes.findLinks.enumerated() {
            findLinks.append(text.contains("://") ? text : try add(findLinks: text, number))
        }
    }

    /// Copies of files that name each other by relative paths stand to each other as they do here, all of them.
    private mutating func addOutside(_ files: [FilePath], _ directories: [FilePath]) throws {
        let start = "\(context.reserved)/outside"
        let ancestor = Self.ancestor(of: files.map { $0.removingLastComponent() } + directories)
        origins.append(("\(start)/", ancestor))
        for file in files { try context.add(file, as: outside(file)) }
        for directory in directories { try add(wheelsOf: directory, as: outside(directory)) }
        // uv looks for its configuration upwards, and shall not find the context's.
        let own = "\(start)/uv.toml"
        if !files.contains(ancestor.appending("uv.toml")), !files.contains(ancestor.appending("pyproject.toml")) {
            try context.add(FilePath("/dev/null"), as: own)
        }
    }

    private func outside(_ path: FilePath) throws -> String {
        let start = "\(context.reserved)/outside"
        guard let ancestor = origins.first(where: { $0.start == "\(start)/" })?.directory,
            let parts = OutgoingContext.parts(of: path, below: ancestor)
        else {
            throw ClientError(.notOnServer, "'\(path)' has no place in what goes to the server")
        }
        return ([start] + parts).joined(separator: "/")
    }

    /// The deepest directory that all are in.
    private static func ancestor(of directories: [FilePath]) -> FilePath {
        guard var ancestor = directories.first else { return "/" }
        for directory in directories.dropFirst() {
            while OutgoingContext.parts(of: directory, below: ancestor) == nil { ancestor.removeLastComponent() }
        }
        return ancestor
    }

    private mutating func add(findLinks text: String, _ number: Int) throws -> String {
        let path = absolute(FilePath(text))
        guard try FileSystem.status(path)?.kind == .directory else {
            throw ClientError(
                .notOnServer, "'\(text)' is not a directory of wheels",
                hints: ["a server takes directories of this machine, and pages by their URLs"])
        }
        if let place = try context.inside(path) {
            try add(wheelsOf: path, as: place)
            return place.isEmpty ? "." : place
        }
        let place = "\(context.reserved)/links/\(number)"
        origins.append(("\(place)/", path))
        try add(wheelsOf: path, as: place)
        return place
    }

    private mutating func add(wheelsOf directory: FilePath, as place: String) throws {
        context.add(directory: place)
        for name in try FileSystem.names(in: directory) where name.hasSuffix(".whl") {
            let wheel = directory.appending(name)
            guard try FileSystem.status(wheel)?.kind == .file else { continue }
            try context.add(wheel, as: place.isEmpty ? name : "\(place)/\(name)")
        }
    }

    // MARK: The way back

    /// A lock in which the wheels and sources of this machine are named by where they lie here, as a build here writes it.
    func located(_ lock: String) -> String {
        lock.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let key = "path = \""
            let directoryKey = "directory = { path = \""
            if line.hasPrefix(directoryKey) {
                let path = line.dropFirst(directoryKey.count)
                guard let origin = origins.first(where: { path.hasPrefix($0.start) }) else { return String(line) }
                return "\(directoryKey)\(origin.directory)/\(path.dropFirst(origin.start.count))"
            }
            guard line.hasPrefix(key) else { return String(line) }
            let path = line.dropFirst(key.count)
            guard let origin = origins.first(where: { path.hasPrefix($0.start) }) else { return String(line) }
            let directory = PercentEncoding.path(origin.directory.string)
            return "url = \"file://\(directory)/\(path.dropFirst(origin.start.count))"
        }.joined(separator: "\n")
    }
}

extension BaseSource {
    /// The same base, an archive as a layout: a server takes no archives.
    /// - Parameter scratch: a directory in which it is unpacked.
    func unpacked(in scratch: FilePath) async throws -> BaseSource {
        guard case .archive(let path) = self else { return self }
        let store = try DirectoryBlobStore(scratch.appending("archive"))
        let image = try await blocking { try DockerArchive(FilePath(path), into: store) }.image(for: nil)
        let layout = scratch.appending("base")
        try await OCILayoutWriter(layout).write(ImageSet(image), tags: [])
        return .layout(path: layout.string)
    }
}
