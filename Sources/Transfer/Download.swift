import Content
import Diagnostics
public import OCI

/// Content to fetch.
public struct Download: Sendable, Hashable {
    /// Where it is: an `http`, `https` or `file` URL. It may hold credentials; it is shown redacted.
    public var url: String
    /// The digest that it must have; nil takes what comes, where nobody told.
    public var digest: Digest?
    /// The length in bytes that it must have, if known.
    public var size: Int64?
    /// The most bytes that are taken; nil takes whatever comes, from whom can be trusted to end.
    public var limit: Int64?
    /// Header fields to ask with.
    public var headers: HTTPHeaders

    /// Takes the parts.
    public init(
        url: String, digest: Digest?, size: Int64? = nil, limit: Int64? = nil, headers: HTTPHeaders = [:]
    ) {
        self.url = url
        self.digest = digest
        self.size = size
        self.limit = limit
        self.headers = headers
    }
}

/// A download that has got some way: the bytes so far lie in a store's writer and are kept when the connection breaks.
///
/// Sendable although it changes: one attempt at a time uses it, the attempt's sink on the client's thread while the
/// request is under way, the task before and after.
final class PartialDownload: @unchecked Sendable {
    private let store: any BlobStore
    private let size: Int64?
    private let limit: Int64?
    private let place: String
    private var writer: (any BlobWriter)?
    private(set) var count: Int64 = 0
    /// The furthest that any attempt came.
    private(set) var furthest: Int64 = 0

    init(_ download: Download, into store: any BlobStore, place: String) {
        self.store = store
        size = download.size
        limit = download.limit
        self.place = place
    }

    /// Decides about an answer: its bytes are appended, if they go on where the last attempt ended, or replace what
    /// is there.
    func sink(for head: HTTPResponse) throws -> BodySink? {
        guard head.isSuccess else { return nil }
        if head.status != 206 || Self.firstByte(of: head) != count { try restart() }
        return { try self.append($0) }
    }

    /// Forgets what is there.
    func restart() throws {
        writer = try store.makeWriter()
        count = 0
    }

    /// Gives up: what is there vanishes now, and not when the last who knows of the download lets go of it.
    func abandon() { writer = nil }

    /// Takes bytes, whoever they come from.
    func append(_ bytes: UnsafeRawBufferPointer) throws {
        if writer == nil { try restart() }
        guard size.map({ count + Int64(bytes.count) <= $0 }) ?? true else {
            throw TransferError(
                .contentMismatch, "'\(place)' is longer than the \(size ?? 0) bytes that were promised")
        }
        guard limit.map({ count + Int64(bytes.count) <= $0 }) ?? true else {
            throw TransferError(.tooLong, "'\(place)' is longer than the \(limit ?? 0) bytes accepted here")
        }
        try writer?.write(bytes)
        count += Int64(bytes.count)
        furthest = max(furthest, count)
    }

    /// Ends the download.
    /// - Throws: `TransferError`: `interrupted` when bytes are missing, `content_mismatch` when they are others.
    func commit(expecting digest: Digest?) throws -> Blob {
        if let size, count < size {
            throw TransferError(.interrupted, "'\(place)' ended after \(count) of \(size) bytes")
        }
        if writer == nil { try restart() }
        guard let writer else { throw TransferError(.failed, "'\(place)' has no place to be kept") }
        self.writer = nil
        do {
            return try writer.commit(expecting: digest)
        } catch let error as ContentError where error.code == .digestMismatch {
            throw TransferError(
                .contentMismatch, "'\(place)' is not what was promised",
                hints: [
                    "somebody replaced the file, or something on the way changes what it delivers"
                ], cause: error)
        }
    }

    /// Where a partial answer begins (RFC 9110, 14.4: `bytes 100-199/200`).
    private static func firstByte(of head: HTTPResponse) -> Int64? {
        guard let range = head.headers["Content-Range"], range.hasPrefix("bytes ") else { return nil }
        return Int64(range.dropFirst(6).prefix { $0 != "-" })
    }
}
