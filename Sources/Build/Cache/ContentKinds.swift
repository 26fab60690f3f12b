import Content
import Diagnostics
import Glibc
import OCI
import SystemPackage

/// What the content of a cache is for: what its records say, else what its first bytes look like.
struct ContentKinds {
    private var known: [String: CacheEntry.Kind] = [:]
    private let content: FilePath

    /// Documents are smaller.
    private static let documentLimit = 8 << 20

    init(of cache: BuildCache) throws {
        content = cache.root.appending("blobs").appending("sha256")
        let records = cache.root.appending("records")
        // What counts more comes later.
        for kind in ["wheel-runs", "bytecode-runs"] {
            try add(.runs, Self.digests(inRecords: records.appending(kind)))
        }
        try add(.layers, Self.digests(inRecords: records.appending("layers")))
        for kind in ["base-references", "archives", "made-bases"] {
            let roots = try Self.digests(inRecords: records.appending(kind))
            add(.bases, roots)
            let manifests = parts(of: roots)
            add(.bases, manifests)
            // Of an index.
            add(.bases, parts(of: manifests))
        }
    }

    /// What content is for.
    func kind(of name: String, at path: FilePath) -> CacheEntry.Kind {
        if let kind = known[name] { return kind }
        let start = Self.quietBytes(of: path, limit: 4) ?? []
        if start.starts(with: [0x50, 0x4B, 3, 4]) { return .wheels }
        return start.first == UInt8(ascii: "{") ? .images : .content
    }

    private mutating func add(_ kind: CacheEntry.Kind, _ digests: Set<String>) {
        for digest in digests { known[digest] = kind }
    }

    private static func digests(inRecords directory: FilePath) throws -> Set<String> {
        guard FileSystem.exists(directory) else { return [] }
        return try FileSystem.names(in: directory).reduce(into: []) { digests, name in
            try Task.checkCancellation()
            digests.formUnion(Self.digests(in: quietBytes(of: directory.appending(name), limit: documentLimit) ?? []))
        }
    }

    /// The digests that stored documents name.
    private func parts(of documents: Set<String>) -> Set<String> {
        documents.reduce(into: []) { digests, name in
            guard let bytes = Self.quietBytes(of: content.appending(name), limit: Self.documentLimit),
                bytes.first == UInt8(ascii: "{")
            else { return }
            digests.formUnion(Self.digests(in: bytes))
        }
    }

    /// The hash of each `sha256:…` in a text.
    private static func digests(in bytes: [UInt8]) -> Set<String> {
        let mark = Array("sha256:".utf8)
        var digests: Set<String> = []
        var place = 0
        while place + mark.count + 64 <= bytes.count {
            guard bytes[place] == mark[0], bytes[place...].starts(with: mark) else {
                place += 1
                continue
            }
            digests.insert(String(decoding: bytes[(place + mark.count)...].prefix(64), as: UTF8.self))
            place += mark.count + 64
        }
        return digests
    }

    /// The beginning of a file, without its counting as used where the system can do that; nil if it cannot be read.
    private static func quietBytes(of path: FilePath, limit: Int) -> [UInt8]? {
        var descriptor = open(path.string, O_RDONLY | O_CLOEXEC | readsQuietly)
        // Only the owner may.
        if descriptor < 0, errno == EPERM { descriptor = open(path.string, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: min(limit, 64 << 10))
        var count = 0
        while count < limit {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: min(count, limit - count)) }
            let read = bytes.withUnsafeMutableBytes { buffer in
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return Glibc.read(descriptor, room.baseAddress, room.count)
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { break }
            count += read
        }
        return Array(bytes.prefix(count))
    }

    /// open(2), O_NOATIME; a macro that Swift does not see.
    private static let readsQuietly: Int32 = 0o1_000_000
}
