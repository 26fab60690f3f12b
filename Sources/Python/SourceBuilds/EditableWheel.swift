import Content
import Diagnostics
import Layers
import SystemPackage

/// A wheel for a project whose code is used where it lies in the image: its metadata and commands, and a `.pth` file that
/// leads to the code.
///
/// Backends make such wheels in ways of their own, for the place of the sources at the time. Here the usual wheel is built,
/// and its modules are looked for among the sources, so that it is known which directory leads to the same modules.
struct EditableWheel {
    /// The file's name.
    let filename: String
    /// The archive.
    let bytes: [UInt8]

    /// Directories that are looked in before others.
    private static let usualRoots = ["src", "", "lib", "python"]
    private static let metadataLimit = 16 << 20

    /// - Parameters:
    ///   - wheel: the usual wheel of the project.
    ///   - directory: the sources.
    ///   - place: where these are in the image, absolute.
    /// - Throws: `PythonError` (`build_failed`) where the modules are not those of one directory of the sources.
    init(of wheel: Wheel, from directory: FilePath, at place: String) throws {
        let root = try Self.root(of: wheel, in: directory)
        let name = wheel.filename.distribution
        let parts = wheel.filename.text.split(separator: "-")
        filename = (parts.prefix(2) + ["0.editable"] + parts.suffix(3)).joined(separator: "-")
        var zip = StoredZip()
        var rows: [Record.Row] = []
        func add(_ path: String, _ bytes: [UInt8]) throws {
            zip.add(path, bytes)
            rows.append(try Record.Row(path: path, bytes: bytes))
        }
        let path = root.isEmpty ? place : "\(place == "/" ? "" : place)/\(root)"
        try add("__editable__.\(name)-\(wheel.filename.version).pth", Array("\(path)\n".utf8))
        let record = "\(wheel.distInfo)/RECORD"
        let metadata = wheel.archive.entries.filter { entry in
            entry.kind == .file && LayerPath.isBelow(wheel.distInfo, entry.path) && entry.path != record
        }
        for entry in metadata.sorted(by: { LayerPath.precedes($0.path, $1.path) }) {
            try add(entry.path, try wheel.archive.bytes(of: entry, limit: Self.metadataLimit))
        }
        rows.append(Record.Row(path: record, hash: "", size: ""))
        zip.add(record, Array(Record(rows: rows).text.utf8))
        bytes = zip.archive
    }

    /// The directory of the sources that the wheel's modules lie in as they do in the wheel.
    private static func root(of wheel: Wheel, in directory: FilePath) throws -> String {
        let name = wheel.filename.name
        func refuse(_ why: String) -> PythonError {
            PythonError(
                .buildFailed, "\(name) cannot be used where its sources lie: \(why)",
                hints: ["install it without -e, or with --no-editable; its code is in the image twice then"])
        }
        let entries = wheel.archive.entries.filter { $0.kind == .file && !LayerPath.isBelow(wheel.distInfo, $0.path) }
        if let data = entries.first(where: { LayerPath.isBelow(wheel.dataDirectory, $0.path) }) {
            throw refuse("'\(data.path)' of its wheel goes elsewhere than its modules")
        }
        guard !entries.isEmpty else { throw refuse("its wheel has no module") }
        // What backends leave there is no source.
        let files = Set(
            try SourceTree.files(in: directory).filter { !$0.hasPrefix("build/") && !$0.hasPrefix("dist/") })
        func fits(_ root: String) -> Bool { entries.allSatisfy { files.contains(LayerPath.joined(root, $0.path)) } }
        if let root = usualRoots.first(where: fits) { return root }
        // The other directories in which the first module lies as it does in the wheel.
        let first = entries[0].path
        let others = files.filter { $0.hasSuffix("/" + first) }.map { String($0.dropLast(first.utf8.count + 1)) }
        if let root = others.sorted().first(where: fits) { return root }
        let missing = entries.first { entry in
            !files.contains { $0 == entry.path || $0.hasSuffix("/" + entry.path) }
        }
        throw refuse(
            missing.map { "'\($0.path)' of its wheel is not among them" }
                ?? "the modules of its wheel lie in several directories")
    }
}
