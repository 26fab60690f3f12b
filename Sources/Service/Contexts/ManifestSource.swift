import Build
import Content
import Diagnostics
import Layers
import OCI

/// A context as the engine reads it: straight from its manifest and the project's content, without a tree on disk.
struct ManifestSource: ContextSource {
    /// The project's content.
    let store: DirectoryBlobStore
    /// Where links lead.
    let links: ContextLinks
    private var entries: [String: ContextManifest.Entry] = [:]
    private var directories: [String: [String]] = ["": []]

    init(_ manifest: ContextManifest, store: DirectoryBlobStore) {
        self.store = store
        links = ContextLinks(manifest)
        for entry in manifest.entries {
            entries[entry.path] = entry
            add(entry.path)
            if entry.kind == .directory, directories[entry.path] == nil { directories[entry.path] = [] }
        }
        // Directories that are not listed themselves stand between others.
        for name in directories.keys {
            directories[name]?.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    /// Lists a path in its directory, and the directories above it.
    private mutating func add(_ path: String) {
        let (directory, name) = LayerPath.split(path)
        let isNew = directories[directory] == nil
        directories[directory, default: []].append(name)
        if isNew, entries[directory] == nil { add(directory) }
    }

    func names(in directory: String) -> [String] { directories[directory] ?? [] }

    func kind(of path: String) -> FileStatus.Kind? {
        switch entries[path]?.kind {
        case .file: .file
        case .directory: .directory
        case .link: .symbolicLink
        case nil: directories[path] == nil ? nil : .directory
        }
    }

    func file(_ path: String) throws -> (digest: Digest, size: Int64, mode: UInt32) {
        guard let entry = entries[path], let digest = entry.digest else { throw Self.absent(path) }
        return (digest, entry.size, entry.mode & 0o7777)
    }

    func mode(ofDirectory path: String) -> UInt32 { (entries[path]?.mode ?? 0o755) & 0o7777 }

    func linkTarget(_ path: String) throws -> String {
        guard let target = entries[path]?.target else { throw Self.absent(path) }
        return target
    }

    func open(_ path: String) throws -> any RandomAccessReader {
        guard let digest = entries[path]?.digest else { throw Self.absent(path) }
        guard let reader = try store.randomAccess(digest) else { throw ContextStorage.missing([digest]) }
        return reader
    }

    /// A link of that name is followed nowhere, so it is none.
    func ignoreFile() throws -> (text: String, name: String)? {
        guard let entry = entries[".dockerignore"], let digest = entry.digest else { return nil }
        guard let blob = try store.blob(digest) else { throw ContextStorage.missing([digest]) }
        return (String(decoding: try blob.readAll(limit: 1 << 20), as: UTF8.self), ".dockerignore")
    }

    private static func absent(_ path: String) -> ContentError {
        ContentError(.notFound, "the context holds no file '\(path)'")
    }
}
