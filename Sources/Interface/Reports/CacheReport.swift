public import Build
import FoundationEssentials
import OCI
import Spec

/// What a cache holds, as a table or as JSON.
public struct CacheReport: Sendable {
    private let path: String
    private let usage: CacheUsage

    /// Takes what was counted.
    public init(_ usage: CacheUsage, path: String) {
        self.usage = usage
        self.path = path
    }

    private struct Line: Encodable {
        let kind: String
        let count: Int
        let bytes: Int64
        let lastUsed: String?

        init(_ kind: String, _ amount: CacheUsage.Amount) {
            self.kind = kind
            count = amount.count
            bytes = amount.bytes
            lastUsed = amount.lastUsed.map { Timestamp(seconds: $0).rfc3339 }
        }

        enum CodingKeys: String, CodingKey {
            case kind, count, bytes
            case lastUsed = "last_used"
        }
    }

    private struct Document: Encodable {
        let path: String
        let kinds: [Line]
        let bytes: Int64
    }

    private var lines: [Line] {
        CacheEntry.Kind.allCases.compactMap { kind in usage.kinds[kind].map { Line(kind.rawValue, $0) } }
    }

    /// An object with path, kinds and bytes, without a line feed.
    public func json() throws -> String {
        let document = Document(path: path, kinds: lines, bytes: usage.total.bytes)
        return String(decoding: try CanonicalJSON.encode(document), as: UTF8.self)
    }

    /// A line a kind and the total, whose last use is told as how long ago it was.
    /// - Parameter now: seconds since 1970.
    public func text(_ palette: Palette = .plain, now: Int64) -> String {
        table(palette, now: now) + "\nTotal: \(formatted(bytes: usage.total.bytes)) in \(path)\n"
    }

    /// What was removed, or would be.
    /// - Parameters:
    ///   - isDry: whether nothing was removed.
    ///   - left: the bytes that are left.
    public func prunedText(_ palette: Palette = .plain, now: Int64, isDry: Bool, left: Int64) -> String {
        let words = isDry ? "To be reclaimed" : "Reclaimed"
        return (usage.kinds.isEmpty ? "" : table(palette, now: now) + "\n")
            + "\(words): \(formatted(bytes: usage.total.bytes)), \(formatted(bytes: left)) left\n"
    }

    private func table(_ palette: Palette, now: Int64) -> String {
        var table = Columns([("KIND", .left), ("COUNT", .right), ("SIZE", .right), ("LAST USED", .left)])
        for kind in CacheEntry.Kind.allCases {
            guard let amount = usage.kinds[kind] else { continue }
            table.append([
                kind.rawValue, String(amount.count), formatted(bytes: amount.bytes),
                amount.lastUsed.map { ago(now - $0) } ?? "-",
            ])
        }
        return table.text(palette)
    }
}

/// How long ago, in the largest unit of which there are two: `12 minutes ago`.
private func ago(_ seconds: Int64) -> String {
    let units: [(Int64, String)] = [
        (604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"),
    ]
    for (length, name) in units where seconds >= 2 * length {
        return "\(counted(Int(seconds / length), name)) ago"
    }
    return "just now"
}
