import Content
import FoundationEssentials
import OCI
public import Python
import SystemPackage

/// What locking came to: the lock's text, and for the last lines what is new in it.
public struct LockConclusion: Sendable, Encodable {
    /// The standard lock.
    public let text: String
    private let request: LockRequest
    private let locks: [Lock]
    private let changes: [LockChange]
    private let isNew: Bool

    /// Compares locks with the file that is there, if one is.
    /// - Throws: `PythonError` if one file cannot hold them.
    public init(_ locks: [Lock], for request: LockRequest) throws {
        self.request = request
        self.locks = locks
        text = try Lock.pylockText(of: locks, in: request.file?.removingLastComponent())
        guard let file = request.file else {
            (changes, isNew) = ([], true)
            return
        }
        let isThere = try FileSystem.status(file)?.kind == .file
        isNew = try !isThere || FileSystem.read(file) != Array(text.utf8)
        // What cannot be read is replaced: whoever prefers its versions was told before.
        let old = isThere ? try? LockedVersions(file: file) : nil
        changes = (old ?? LockedVersions()).changes(to: LockedVersions(locks))
    }

    /// Writes the lock, if it is another one than is there.
    public func write() throws {
        guard let file = request.file else { return try Console.writeOutput(text) }
        if isNew { try FileSystem.write(text.utf8, to: file) }
    }

    private enum CodingKeys: String, CodingKey {
        case event, file, changes, packages
    }

    /// Writes `{"event":"result",…}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("result", forKey: .event)
        try container.encodeIfPresent(request.file?.string, forKey: .file)
        try container.encode(changes.map(\.done), forKey: .changes)
        try container.encode(count, forKey: .packages)
    }

    private var count: Int { Set(locks.flatMap { $0.packages.map(\.name) }).count }

    /// What a mode shows on standard error when a lock is made: a line a change and what was locked, a line of JSON, or
    /// nothing.
    public func text(_ mode: ProgressMode) throws -> String {
        switch mode {
        case .auto, .plain:
            let packages = "\(count) package\(count == 1 ? "" : "s")"
            let place = request.file.map { " in '\($0)'" } ?? ""
            let targets = locks.map(\.target.description).joined(separator: "; ")
            let last = "\(isNew ? "Locked" : "Unchanged:") \(packages)\(place) for \(targets)"
            return (changes.map(\.done) + [last]).map { $0 + "\n" }.joined()
        case .json: return String(decoding: try CanonicalJSON.encode(self), as: UTF8.self) + "\n"
        case .quiet: return ""
        }
    }
}
