import Content
import Diagnostics
import Layers

/// A wheel's archive with the files that say how to install it, read and checked.
struct Wheel {
    let filename: WheelFilename
    let archive: ZipArchive
    /// The name of the one `*.dist-info` directory.
    let distInfo: String
    /// `name-version.data`, whose parts go to other places of the scheme.
    let dataDirectory: String
    /// Whether files outside of `.data` are pure Python.
    let rootIsPurelib: Bool
    let entryPoints: EntryPoints?
    /// The digests and sizes that the wheel lists, by path in the archive.
    let record: [String: Record.Row]

    /// RECORD has a line for each file; the others are short.
    private static let recordLimit = 64 << 20
    private static let metadataLimit = 1 << 20

    /// Reads a wheel.
    /// - Throws: `WheelError` or `LayerError`, the wheel's name in the context.
    init(_ source: any RandomAccessReader, filename name: String) throws {
        do {
            filename = try WheelFilename(name)
            archive = try ZipArchive(source)
            distInfo = try Self.distInfo(of: archive, filename: filename)
            dataDirectory = String(distInfo.dropLast(".dist-info".count)) + ".data"
            var metadata: [String: ZipEntry] = [:]
            for entry in archive.entries where LayerPath.isBelow(distInfo, entry.path) { metadata[entry.path] = entry }
            let (distInfo, archive) = (distInfo, archive)
            func text(_ file: String, limit: Int = Self.metadataLimit) throws -> String? {
                guard let entry = metadata["\(distInfo)/\(file)"] else { return nil }
                return String(decoding: try archive.bytes(of: entry, limit: limit), as: UTF8.self)
            }
            guard let wheel = try text("WHEEL") else {
                throw WheelError(.invalidWheel, "the file \(distInfo)/WHEEL is missing")
            }
            rootIsPurelib = try Self.rootIsPurelib(wheel)
            guard let recordText = try text("RECORD", limit: Self.recordLimit) else {
                throw WheelError(.invalidWheel, "the file \(distInfo)/RECORD is missing")
            }
            record = Dictionary(Record(recordText).rows.map { ($0.path, $0) }) { _, last in last }
            entryPoints = try text("entry_points.txt").map { try EntryPoints($0, origin: distInfo) }
        } catch let error as WheelError {
            throw error.within(FailureContext("wheel", name))
        } catch let error as LayerError {
            throw error.within(FailureContext("wheel", name))
        }
    }

    private static func distInfo(of archive: ZipArchive, filename: WheelFilename) throws -> String {
        var found: Set<String> = []
        for entry in archive.entries {
            let parts = entry.path.utf8.split(
                separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].suffix(10).elementsEqual(".dist-info".utf8) else { continue }
            found.insert(String(decoding: parts[0], as: UTF8.self))
        }
        // Some wheels carry another project's metadata too; theirs is the one named as the file is.
        let expected = filename.name
        let own = found.filter { directory in
            directory.split(separator: "-").first.map { normalizedName($0) == expected } ?? false
        }
        guard let directory = own.first ?? (found.count == 1 ? found.first : nil), own.count <= 1 else {
            let names = found.sorted().joined(separator: ", ")
            throw WheelError(
                .invalidWheel,
                found.isEmpty
                    ? "the archive has no .dist-info directory" : "which of \(names) describes the wheel is not clear")
        }
        return directory
    }

    private static func rootIsPurelib(_ wheel: String) throws -> Bool {
        var fields: [String: String] = [:]
        for line in wheel.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0].trimmed.lowercased()] = String(parts[1].trimmed) }
        }
        guard let version = fields["wheel-version"], let major = Int(version.split(separator: ".").first ?? "") else {
            throw WheelError(.invalidWheel, "the file WHEEL does not tell the format's version")
        }
        guard major == 1 else {
            throw WheelError(
                .unsupportedVersion, "the wheel has format version \(version), of which only 1.x is known")
        }
        return fields["root-is-purelib"]?.lowercased() == "true"
    }
}
