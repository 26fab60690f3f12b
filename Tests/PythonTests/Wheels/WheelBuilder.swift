import Content
import Foundation
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport

@testable import Python

/// A wheel put together by a test: by Python's zipfile, entry by entry, right or wrong.
struct WheelBuilder {
    /// One entry of the archive.
    struct Entry: Codable {
        var path: String
        var text: String
        var mode: UInt32 = 0o100644
        var isStored = false
        /// Python that changes `data`, the compressed stream, or `info`, its `ZipInfo`.
        var damage = ""
    }

    var name = "demo"
    var version = "1.0"
    var filename: String { "\(name)-\(version)-py3-none-any.whl" }
    var info: String { "\(name)-\(version).dist-info" }
    var wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    var entries: [Entry] = []
    /// The files that the builder adds itself; a test takes out what it wants missing.
    var metadata = ["WHEEL", "METADATA", "RECORD"]

    init(_ files: KeyValuePairs<String, String> = [:]) {
        entries = files.map { Entry(path: $0.key, text: $0.value) }
    }

    mutating func add(_ path: String, _ text: String, mode: UInt32 = 0o100644, damage: String = "") {
        entries.append(Entry(path: path, text: text, mode: mode, damage: damage))
    }

    mutating func entryPoints(_ text: String) { add("\(info)/entry_points.txt", text) }

    /// The archive.
    func bytes() throws -> [UInt8] {
        var all = entries
        for file in metadata where file != "RECORD" {
            all.append(
                Entry(path: "\(info)/\(file)", text: file == "WHEEL" ? wheel : "Metadata-Version: 2.1\nName: \(name)\n")
            )
        }
        let json = try JSONEncoder().encode(all)
        return try python(
            """
            import zipfile,io,json,sys,zlib,hashlib,base64,csv
            b=io.BytesIO(); z=zipfile.ZipFile(b,'w'); rows=[]
            def add(path,content,mode,stored,damage):
                info=zipfile.ZipInfo(path); info.external_attr=mode<<16
                data=content
                if not stored:
                    c=zlib.compressobj(6,8,-15); data=c.compress(content)+c.flush()
                info.CRC=zlib.crc32(content); crc=info.CRC; size=len(content); scope=dict(info=info,data=data,crc=crc,size=size)
                exec(damage,scope); data=scope['data']
                z.writestr(info,data,zipfile.ZIP_STORED)
                info.CRC=scope['crc']; info.file_size=scope['size']
                if not stored: info.compress_type=8
            for e in json.load(sys.stdin):
                content=e['text'].encode()
                add(e['path'],content,e['mode'],e['isStored'],e['damage'])
                if not e['path'].endswith('/'):
                    h=base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()
                    rows.append([e['path'],'sha256='+h,len(content)])
            if sys.argv[1]:
                t=io.StringIO(); csv.writer(t,lineterminator='\\n').writerows(rows+[[sys.argv[1],'','']])
                add(sys.argv[1],t.getvalue().encode(),0o100644,False,'')
            z.close(); sys.stdout.buffer.write(b.getvalue())
            """, [metadata.contains("RECORD") ? "\(info)/RECORD" : ""], input: Array(json))
    }
}

extension InstallScheme {
    /// An environment of Python 3.11 at `/opt/venv`.
    static let venv = InstallScheme(
        prefix: "/opt/venv", interpreter: "/opt/venv/bin/python", purelib: "/opt/venv/lib/python3.11/site-packages",
        platlib: "/opt/venv/lib64/python3.11/site-packages", scripts: "/opt/venv/bin",
        headers: "/opt/venv/include/site/python3.11", data: "/opt/venv")
}

/// A store with wheels, and the layers made of them.
struct WheelWorkshop {
    let scratch: TemporaryDirectory
    let store: DirectoryBlobStore
    let records: DirectoryRecordStore

    init() throws {
        scratch = try TemporaryDirectory()
        store = try scratch.store()
        records = try DirectoryRecordStore(scratch.path.appending("records"))
    }

    func add(_ builder: WheelBuilder, filename: String? = nil) throws -> WheelReference {
        let blob = try store.put(try builder.bytes())
        return WheelReference(
            name: normalizedName(builder.name), version: builder.version, filename: filename ?? builder.filename,
            digest: blob.digest, size: blob.size)
    }

    func make(
        _ wheels: [WheelReference], scheme: InstallScheme = .venv, excluded: [String] = [], reusesRuns: Bool = true
    ) throws -> MadeLayer {
        try WheelLayerMaker(store: store, records: records, reusesRuns: reusesRuns).make(
            WheelLayer(
                wheels: wheels.map { WheelInstallation(wheel: $0, excluded: excluded) }, scheme: scheme,
                timestamp: .reproducible))
    }

    /// A layer's entries and the contents of its files.
    func read(_ layer: MadeLayer) throws -> ReadLayer {
        let blob = try store.blob(layer.descriptor.digest)
        let tar = try TarReader(GzipReader(try blob?.open() ?? MemoryReader([])))
        var read = ReadLayer()
        while let entry = try tar.next() {
            var entry = entry
            if entry.path.hasSuffix("/") { entry.path.removeLast() }
            read.entries.append(entry)
            if case .file = entry.kind { read.contents[entry.path] = try tar.content(limit: 1 << 20) }
        }
        return read
    }

    /// What becomes of one wheel.
    func install(_ builder: WheelBuilder, scheme: InstallScheme = .venv, excluded: [String] = []) throws -> ReadLayer {
        try read(make([add(builder)], scheme: scheme, excluded: excluded))
    }
}

/// A layer as it is read back.
struct ReadLayer {
    var entries: [TarEntry] = []
    var contents: [String: [UInt8]] = [:]

    var paths: [String] { entries.map(\.path) }
    var directories: [String] { entries.filter { $0.kind == .directory }.map(\.path) }

    func text(_ path: String) -> String? { contents[path].map { String(decoding: $0, as: UTF8.self) } }
    func mode(_ path: String) -> UInt32? { entries.first { $0.path == path }?.mode }

    /// Paths below the environment.
    var files: [String] {
        entries.filter { $0.kind != .directory }.map { String($0.path.dropFirst("opt/venv/".count)) }
    }

    /// The rows of a distribution's RECORD.
    func record(of info: String, site: String = "opt/venv/lib/python3.11/site-packages") -> [Record.Row] {
        Record(text("\(site)/\(info)/RECORD") ?? "").rows
    }
}
