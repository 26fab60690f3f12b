import Content
import Diagnostics
import Layers
import OCI
import Spec

/// A wheel as an installer leaves it: the directories and files that it puts into an image, by one scheme.
///
/// Nothing of it is executed, and its contents stay where they are until a layer is written.
struct InstalledWheel {
    /// The directories that the wheel uses below the scheme's prefix and the targets of its links, as paths in the image, sorted.
    let directories: [String]
    /// Those of them that the archive names itself: they are there even if nothing lies in them.
    let namedDirectories: [String]
    /// The files, sorted by path, each path once; of a layer that has a part of the wheel, those of the part.
    let files: [LayerEntry]

    /// Works out where everything goes.
    /// - Throws: `WheelError` or `LayerError` with the wheel's name in the context.
    init(_ wheel: Wheel, layer: WheelLayer, excluded: [String]) throws {
        var builder = Installer(wheel: wheel, scheme: layer.scheme, timestamp: layer.timestamp)
        try builder.addArchive()
        try builder.addEntryPoints()
        try builder.addInstallerAndRecord()
        let omitted = Set(excluded.map(PathKey.init))
        let all = builder.files.values.filter { !omitted.contains(PathKey($0.header.path)) }
            .sorted { LayerPath.precedes($0.header.path, $1.header.path) }
        let owned = layer.scheme.owner.map { owner in all.map { $0.owned(by: owner) } } ?? all
        files = try layer.part.map { try Self.files(of: $0, among: owned) } ?? owned
        let isStart = (layer.part?.first ?? 0) == 0
        namedDirectories = isStart ? builder.directories(of: [], withNamed: true) : []
        directories = builder.directories(of: files, withNamed: isStart).sorted(by: LayerPath.precedes)
        if let path = directories.first(where: { builder.files[PathKey($0)] != nil }) {
            throw WheelError(.invalidWheel, "'/\(path)' would become a file and a directory")
        }
    }

    private static func files(of part: WheelPart, among all: [LayerEntry]) throws(WheelError) -> [LayerEntry] {
        guard part.first >= 0, part.count > 0, part.first <= all.count - part.count else {
            throw WheelError(
                .invalidWheel,
                "the plan asks for \(part.count) files from number \(part.first) on, and the wheel has \(all.count)")
        }
        return Array(all[part.first..<(part.first + part.count)])
    }
}

private struct Installer {
    let wheel: Wheel
    let scheme: InstallScheme
    let timestamp: Timestamp
    var files: [PathKey: LayerEntry] = [:]
    private var explicitDirectories: Set<PathKey> = []
    private var rows: [Record.Row] = []

    /// A larger script would not be one; its first line may need another interpreter's name.
    private static let scriptLimit = 16 << 20

    init(wheel: Wheel, scheme: InstallScheme, timestamp: Timestamp) {
        self.wheel = wheel
        self.scheme = scheme
        self.timestamp = timestamp
    }

    private var site: String { wheel.rootIsPurelib ? scheme.purelib : scheme.platlib }

    // MARK: What the archive holds

    mutating func addArchive() throws {
        for entry in wheel.archive.entries {
            let path = try LayerPath.checked(entry.path, origin: "the wheel")
            guard entry.kind != .symbolicLink else {
                throw WheelError(
                    .invalidWheel, "the entry '\(path)' is a symbolic link, which wheels cannot hold",
                    hints: ["build the wheel again with the link's target in its place"])
            }
            // Signatures of the archive itself are not installed.
            if path == "\(wheel.distInfo)/RECORD.jws" || path == "\(wheel.distInfo)/RECORD.p7s" { continue }
            guard let (target, isScript) = try destination(of: path, isDirectory: entry.kind == .directory) else {
                continue
            }
            if entry.kind == .directory {
                explicitDirectories.insert(PathKey(target))
            } else if path != "\(wheel.distInfo)/RECORD" && path != "\(wheel.distInfo)/INSTALLER" {
                try add(entry, from: path, to: target, isScript: isScript)
            }
        }
    }

    /// Where an entry goes; nil for the directories of `.data` themselves.
    private func destination(of path: String, isDirectory: Bool) throws -> (path: String, isScript: Bool)? {
        func landing(_ path: String) -> String { scheme.landing(of: path, isDirectory: isDirectory) }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts[0] == wheel.dataDirectory else { return (landing("\(site.dropFirst())/\(path)"), false) }
        guard parts.count > 1 else { return nil }
        let key = parts[1]
        let root: String
        switch key {
        case "purelib": root = scheme.purelib
        case "platlib": root = scheme.platlib
        case "scripts": root = scheme.scripts
        case "headers": root = "\(scheme.headers)/\(wheel.filename.distribution)"
        case "data": root = scheme.data
        default:
            throw WheelError(
                .invalidWheel, "the entry '\(path)' belongs to the unknown scheme key '\(key)'",
                hints: ["a .data directory may hold purelib, platlib, headers, scripts and data"])
        }
        guard parts.count == 3 else {
            guard isDirectory else {
                throw WheelError(.invalidWheel, "the entry '\(path)' is a file where a directory belongs")
            }
            return nil
        }
        return (landing("\(root.dropFirst())/\(parts[2])"), key == "scripts")
    }

    private mutating func add(_ entry: ZipEntry, from path: String, to target: String, isScript: Bool) throws {
        var content = try wheel.archive.content(of: entry)
        var size = entry.size
        var row = wheel.record[path].map { Record.Row(path: recordPath(target), hash: $0.hash, size: $0.size) }
        if isScript, entry.size <= Self.scriptLimit {
            let script = try wheel.archive.bytes(of: entry, limit: Self.scriptLimit)
            let rewritten = Shebang.rewritten(script, interpreter: scheme.interpreter)
            if rewritten != script {
                content = .bytes(rewritten)
                size = Int64(rewritten.count)
                row = try Record.Row(path: recordPath(target), bytes: rewritten)
            }
        }
        let mode: UInt32 = entry.isExecutable || isScript ? 0o755 : 0o644
        if let earlier = files[PathKey(target)] {
            // Python's zipfile lets the last one win; only a repetition of the same is harmless.
            guard case .file(size) = earlier.header.kind, earlier.content.crc == content.crc else {
                throw WheelError(.invalidWheel, "two different entries would become '/\(target)'")
            }
            return
        }
        files[PathKey(target)] = LayerEntry(
            TarEntry(path: target, kind: .file(size: size), mode: mode, modified: timestamp), content: content)
        // A file that RECORD forgot is installed all the same, and listed by its path alone.
        rows.append(row ?? Record.Row(path: recordPath(target), hash: "", size: ""))
    }

    // MARK: What an installer adds

    mutating func addEntryPoints() throws {
        guard let entryPoints = wheel.entryPoints else { return }
        var scripts = entryPoints.scripts
        if wheel.filename.name == "pip", let version = pythonVersion {
            scripts = entryPoints.scriptsOfPip(version: version)
        }
        for script in scripts {
            try addMade(
                "\(scheme.scripts.dropFirst())/\(script.name)",
                Array(script.source(interpreter: scheme.interpreter).utf8),
                mode: 0o755)
        }
    }

    mutating func addInstallerAndRecord() throws {
        let distInfo = "\(site.dropFirst())/\(wheel.distInfo)"
        try addMade("\(distInfo)/INSTALLER", Array("cooperage\n".utf8), mode: 0o644)
        rows.append(Record.Row(path: "\(wheel.distInfo)/RECORD", hash: "", size: ""))
        let record = Array(Record(rows: rows).text.utf8)
        files[PathKey("\(distInfo)/RECORD")] = LayerEntry(
            TarEntry(
                path: "\(distInfo)/RECORD", kind: .file(size: Int64(record.count)), mode: 0o644, modified: timestamp),
            content: .bytes(record))
    }

    private mutating func addMade(_ target: String, _ bytes: [UInt8], mode: UInt32) throws {
        // A script that the archive brings itself yields to the entry point of its name, as with other installers.
        let listed = recordPath(target)
        rows.removeAll { $0.path == listed }
        files[PathKey(target)] = LayerEntry(
            TarEntry(path: target, kind: .file(size: Int64(bytes.count)), mode: mode, modified: timestamp),
            content: .bytes(bytes))
        rows.append(try Record.Row(path: listed, bytes: bytes))
    }

    // MARK: Paths

    /// The interpreter's version as the scheme's paths have it, `3.11` of `lib/python3.11/site-packages`.
    private var pythonVersion: Substring? {
        scheme.purelib.split(separator: "/").last { $0.hasPrefix("python3.") }?.dropFirst("python".count)
    }

    /// A path as RECORD writes it: relative to the directory that holds `.dist-info`.
    private func recordPath(_ target: String) -> String {
        // Almost every file lies below that directory.
        if LayerPath.isBelow(site.dropFirst(), target) {
            return String(decoding: target.utf8.dropFirst(site.utf8.count), as: UTF8.self)
        }
        let from = LayerPath.parts(site)
        let to = LayerPath.parts(target)
        let shared = zip(from, to).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: from.count - shared) + to[shared...]).joined(separator: "/")
    }

    /// The directories that files need below the scheme's roots, and those that the wheel names itself.
    func directories(of files: [LayerEntry], withNamed: Bool) -> [String] {
        let roots = scheme.roots.map { $0.dropFirst() }
        var directories: Set<PathKey> = []
        let named = withNamed ? explicitDirectories.map { $0.path + "/" } : []
        for path in files.map(\.header.path) + named {
            var rest = path.utf8[...]
            while let slash = rest.lastIndex(of: UInt8(ascii: "/")) {
                rest = rest[..<slash]
                let directory = String(decoding: rest, as: UTF8.self)
                guard roots.contains(where: { LayerPath.isBelow($0, directory) }),
                    directories.insert(PathKey(directory)).inserted
                else {
                    break
                }
            }
        }
        return directories.map(\.path)
    }
}

extension LayerEntry {
    /// The same entry, given to somebody.
    fileprivate func owned(by owner: SchemeOwner) -> LayerEntry {
        var entry = self
        (entry.header.uid, entry.header.gid) = (owner.uid, owner.gid)
        return entry
    }
}
