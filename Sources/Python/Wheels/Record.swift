import Content
import FoundationEssentials
import OCI

/// The list of an installed distribution's files, with digests and sizes (recording installed projects).
struct Record {
    /// One file. `RECORD` itself has neither digest nor size.
    struct Row: Hashable {
        let path: String
        /// `sha256=<urlsafe base64 without padding>`, as other tools wrote it.
        let hash: String
        let size: String

        init(path: String, hash: String, size: String) {
            self.path = path
            self.hash = hash
            self.size = size
        }

        init(path: String, bytes: [UInt8]) throws {
            self.init(path: path, digest: try Digester.digest(of: bytes), size: Int64(bytes.count))
        }

        init(path: String, digest: Digest, size: Int64) {
            self.init(path: path, hash: "sha256=\(Self.urlSafe(digest))", size: String(size))
        }

        private static func urlSafe(_ digest: Digest) -> String {
            var bytes: [UInt8] = []
            var rest = Substring(digest.encoded)
            while !rest.isEmpty {
                bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
            return Data(bytes).base64EncodedString().replacing("=", with: "")
                .replacing("+", with: "-").replacing("/", with: "_")
        }
    }

    /// The rows.
    private(set) var rows: [Row] = []

    init(rows: [Row]) { self.rows = rows }

    /// Reads the CSV that Python's `csv` module writes.
    init(_ text: String) {
        for fields in CommaSeparatedValues(text) where fields.count >= 3 && !fields[0].isEmpty {
            rows.append(Row(path: fields[0], hash: fields[1], size: fields[2]))
        }
    }

    /// The file's text, sorted by path.
    var text: String {
        rows.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { "\(CommaSeparatedValues.quoted($0.path)),\($0.hash),\($0.size)\n" }.joined()
    }
}
