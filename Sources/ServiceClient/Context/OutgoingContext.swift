import Build
import Content
import Diagnostics
import Layers
import OCI
import Service
import Spec
import SystemPackage

/// What a build on a server reads of this machine: the files of the context by path and digest, and below one reserved
/// directory what lies outside of it.
struct OutgoingContext: Sendable {
    /// Where a content lies here.
    struct Source: Sendable, Hashable {
        var path: FilePath
        var size: Int64
    }

    /// The directory of the context, absolute, links as they are written.
    let root: FilePath
    /// The name of the reserved directory, which no file of the context has.
    let reserved: String
    /// What a layer cannot hold.
    let skipped: [String]
    private var entries: [String: ContextManifest.Entry] = [:]
    private var sources: [Digest: Source] = [:]

    /// Lists and hashes a context as a build on this machine does.
    /// - Parameters:
    ///   - step: which directory, and what of it is left out beside what `.dockerignore` says.
    ///   - surroundings: the working directory, absolute.
    init(_ step: FilesStep, in directory: FilePath) throws {
        let source = FilePath(step.source)
        self.init(try ContextFiles(source, excluded: step.excluded), of: source, in: directory) { item in
            item.kind == .directory || item.isExecutable ? 0o755 : 0o644
        }
        try addIgnoreFile()
    }

    /// Lists and hashes what a Dockerfile may copy, with the modes that it has here.
    init(_ step: ChangesStep, in directory: FilePath) throws {
        let source = FilePath(step.source)
        self.init(try ContextFiles(source, ignoreFile: step.ignoreFile), of: source, in: directory, mode: \.mode)
    }

    private init(
        _ files: ContextFiles, of source: FilePath, in directory: FilePath, mode: (ContextFiles.Item) -> UInt32
    ) {
        root = directory.pushing(source).lexicallyNormalized()
        skipped = files.skipped
        let top = Set(files.items.lazy.map { $0.path.prefix { $0 != "/" } })
        reserved = [".cooperage"].first { !top.contains($0[...]) } ?? Self.freeName(top)
        for item in files.items {
            switch item.kind {
            case .directory: entries[item.path] = .init(path: item.path, kind: .directory, mode: mode(item))
            case .symbolicLink(let target):
                entries[item.path] = .init(path: item.path, kind: .link, mode: 0o777, target: target)
            case .file(let digest, let size):
                entries[item.path] = .init(
                    path: item.path, kind: .file, mode: mode(item), size: size, digest: digest)
                sources[digest] = Source(path: source.pushing(FilePath(item.path)), size: size)
            }
        }
    }

    /// A context whose code stays here: it has what is added.
    init(root: FilePath, in directory: FilePath) {
        self.root = directory.pushing(root).lexicallyNormalized()
        reserved = ".cooperage"
        skipped = []
    }

    private static func freeName(_ taken: Set<Substring>) -> String {
        var number = 1
        while taken.contains(".cooperage-\(number)") { number += 1 }
        return ".cooperage-\(number)"
    }

    /// The server reads the same rules, also where they leave themselves out.
    private mutating func addIgnoreFile() throws {
        let path = root.appending(".dockerignore")
        guard let status = try FileSystem.status(path, followingLinks: false) else { return }
        guard status.kind == .file else {
            throw ClientError(
                .notOnServer, "'\(path)' is not a file, and a server follows no link to its rules",
                hints: ["put the file itself there"])
        }
        if entries[".dockerignore"] == nil { try add(path, as: ".dockerignore") }
    }

    // MARK: What else goes along

    /// The path in the context of what lies at a path here, if no link is on its way; nil where it is outside.
    func inside(_ path: FilePath) throws -> String? {
        guard let parts = Self.parts(of: path, below: root) else { return nil }
        var place = root
        for part in parts {
            place.append(part)
            if try FileSystem.status(place, followingLinks: false)?.kind == .symbolicLink { return nil }
        }
        return parts.joined(separator: "/")
    }

    /// The names on the way from a directory to a path below it, by their texts; nil where it is not below it.
    static func parts(of path: FilePath, below directory: FilePath) -> [String]? {
        let (parts, start) = (path.components.map(\.string), directory.components.map(\.string))
        return parts.starts(with: start) ? Array(parts.dropFirst(start.count)) : nil
    }

    /// Adds a file, links on its way followed.
    mutating func add(_ file: FilePath, as path: String) throws {
        if entries[path]?.kind == .file { return }
        let digester = try Digester()
        try FileReader(file).forEachChunk { digester.update($0) }
        let size = digester.count
        add(file, as: path, digest: digester.finish(), size: size)
    }

    /// Adds a file whose digest is known.
    mutating func add(_ file: FilePath, as path: String, digest: Digest, size: Int64) {
        entries[path] = .init(path: path, kind: .file, mode: 0o644, size: size, digest: digest)
        if sources[digest] == nil { sources[digest] = Source(path: file, size: size) }
    }

    /// Adds a directory, which may stay empty.
    mutating func add(directory path: String) {
        if !path.isEmpty, entries[path] == nil { entries[path] = .init(path: path, kind: .directory, mode: 0o755) }
    }

    // MARK: What goes out

    /// The manifest. Equal contents in equal places have an equal one, wherever they lie here.
    var manifest: ContextManifest {
        ContextManifest(entries: entries.values.sorted { LayerPath.precedes($0.path, $1.path) })
    }

    /// Whether something lies in the reserved directory, which is to be left out of the image then.
    var usesReserved: Bool { entries.keys.contains { LayerPath.isBelow(reserved, $0) } }

    /// How many files it has.
    var fileCount: Int { entries.values.count { $0.kind == .file } }

    /// Every content's digest, each once, in an order that is always the same.
    var digests: [Digest] { sources.keys.sorted() }

    /// A content, read from where it lies.
    func blob(_ digest: Digest) -> Blob? {
        sources[digest].map { source in
            Blob(digest: digest, size: source.size) { try FileReader(source.path) }
        }
    }
}
