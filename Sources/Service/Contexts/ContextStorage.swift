import Content
import Diagnostics
import FoundationEssentials
public import OCI
public import SystemPackage

/// The content of build contexts, each project's by itself: a digest counts as there only where this project uploaded it.
///
/// `projects/<name>/contexts/` of the data directory is a store of blobs: the files' contents, and each context's manifest
/// under the digest of its canonical JSON.
public struct ContextStorage: Sendable {
    /// The service's data directory.
    public let directory: FilePath
    /// How large contexts may be.
    public let limits: ContextLimits
    private let records: any ContextRecordStore

    /// Takes the data directory; a project's content lies below `projects/<name>/` there.
    public init(directory: FilePath, records: any ContextRecordStore, limits: ContextLimits = ContextLimits()) {
        self.directory = directory
        self.records = records
        self.limits = limits
    }

    // MARK: Uploading

    /// The digests, of those asked for, that the project has not uploaded.
    public func missing(_ digests: [Digest], project: String) throws -> [Digest] {
        let store = try store(of: project)
        var seen: Set<Digest> = []
        return try digests.filter { digest in
            guard seen.insert(digest).inserted else { return false }
            let isThere = try store.contains(digest)
            // What the client was told to be there stays for as long as its upload takes.
            if isThere { FileSystem.markUsed(store.path(of: digest)) }
            return !isThere
        }
    }

    /// Begins to receive content. Dropped before it is committed, it leaves nothing.
    /// - Parameter digest: what the content must have.
    public func upload(_ digest: Digest, project: String) throws -> ContextUpload {
        ContextUpload(
            digest: digest, limit: limits.fileSize, writer: try store(of: project).makeWriter())
    }

    /// Receives content, hashing it as it comes.
    /// - Parameters:
    ///   - digest: what it must have.
    ///   - chunks: its bytes in pieces. When they end in an error, nothing is kept.
    /// - Returns: false where it was there already, and nothing was read.
    /// - Throws: `ServiceError` (`too_large`, `invalid_request` where the digest is another), or what `chunks` throws.
    @discardableResult
    public func receive<Chunks: AsyncSequence>(_ digest: Digest, project: String, from chunks: Chunks) async throws
        -> Bool where Chunks.Element: Sequence<UInt8>
    {
        guard try !missing([digest], project: project).isEmpty else { return false }
        let upload = try upload(digest, project: project)
        for try await chunk in chunks { try upload.write(chunk) }
        try await upload.commit()
        return true
    }

    /// Makes a context of content that is there.
    /// - Returns: the digest by which builds name it.
    /// - Throws: `ServiceError`: `invalid_request` and `too_large` with the path at fault, `missing_content` with the
    ///   digests that this project has not uploaded, one a context entry labelled `missing`.
    public func commit(_ manifest: ContextManifest, project: String) async throws -> Digest {
        try manifest.check(limits)
        let store = try store(of: project)
        var missing: [Digest] = []
        for entry in manifest.entries {
            guard let digest = entry.digest else { continue }
            guard let blob = try store.blob(digest) else {
                if !missing.contains(digest) { missing.append(digest) }
                continue
            }
            guard blob.size == entry.size else {
                throw ServiceError(
                    .invalidRequest, "'\(entry.path)' has \(entry.size) bytes by the manifest, its content \(blob.size)"
                )
            }
        }
        guard missing.isEmpty else { throw Self.missing(missing) }
        let blob = try store.put(CanonicalJSON.encode(manifest))
        try await records.setContext(blob.digest, project: project, size: manifest.size)
        return blob.digest
    }

    static func missing(_ digests: [Digest]) -> ServiceError {
        let count = digests.count == 1 ? "one digest" : "\(digests.count) digests"
        return ServiceError(
            .missingContent, "this project has not uploaded \(count) that the context names",
            context: digests.map { FailureContext("missing", $0.description) },
            hints: ["ask which are missing, and upload these first"])
    }

    // MARK: Reading

    /// The files of a context.
    /// - Throws: `ServiceError` (`missing_content`) where this project has no such context.
    public func manifest(of digest: Digest, project: String) async throws -> ContextManifest {
        try await read(digest, project).manifest
    }

    /// The files of a context that is used now: with all its content it is kept for as long as what was just used is.
    /// - Throws: `ServiceError` (`missing_content`) where this project has no such context.
    public func use(_ digest: Digest, project: String) async throws -> ContextManifest {
        let (manifest, idleTime) = try await read(digest, project)
        // Marked a moment ago is marked: retention counts in days.
        guard idleTime > .seconds(60) else { return manifest }
        let store = try store(of: project)
        store.markUsed(digest)
        for entry in manifest.entries { if let digest = entry.digest { store.markUsed(digest) } }
        try await records.setContext(digest, project: project, size: manifest.size)
        return manifest
    }

    private func read(_ digest: Digest, _ project: String) async throws -> (
        manifest: ContextManifest, idleTime: Duration
    ) {
        guard let idleTime = try await records.idleTime(ofContext: digest, project: project),
            let blob = try store(of: project).blob(digest),
            let manifest = try? CanonicalJSON.decode(
                ContextManifest.self, from: Data(try blob.readAll(limit: 1 << 30)))
        else {
            throw ServiceError(
                .missingContent, "this project has no context \(digest)",
                context: [FailureContext("missing", digest.description)], hints: ["upload it first"])
        }
        return (manifest, idleTime)
    }

    /// The content of a project's contexts.
    func store(of project: String) throws -> DirectoryBlobStore {
        guard Project.isValidName(project) else {
            throw ServiceError(.invalidRequest, "'\(project)' is not the name of a project")
        }
        return try DirectoryBlobStore(Self.root(of: project, in: directory))
    }

    static func root(of project: String, in directory: FilePath) -> FilePath {
        directory.appending("projects").appending(project).appending("contexts")
    }
}

/// Content on its way into a project's contexts. It belongs to one task.
public final class ContextUpload {
    private let digest: Digest
    private let limit: Int64
    private var writer: (any BlobWriter)?
    private var count: Int64 = 0

    init(digest: Digest, limit: Int64, writer: any BlobWriter) {
        self.digest = digest
        self.limit = limit
        self.writer = writer
    }

    /// Appends bytes.
    public func write(_ bytes: some Sequence<UInt8>) throws {
        let isDone: Void? = try bytes.withContiguousStorageIfAvailable { try write(UnsafeRawBufferPointer($0)) }
        if isDone == nil { try Array(bytes).withUnsafeBytes { try write($0) } }
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        count += Int64(bytes.count)
        guard count <= limit else {
            writer = nil
            throw ServiceError(.tooLarge, "a file of a context may have \(limit) bytes, and \(digest) has more")
        }
        try writer?.write(bytes)
    }

    /// Ends the content.
    /// - Throws: `ServiceError` (`invalid_request`) where it has another digest; nothing is kept then.
    public func commit() async throws {
        guard let writer else { return }
        self.writer = nil
        do {
            _ = try writer.commit(expecting: digest)
        } catch let error as ContentError where error.code == .digestMismatch {
            throw ServiceError(
                .invalidRequest, "what was sent as \(digest) is something else", hints: ["send it again"], cause: error)
        }
    }
}
