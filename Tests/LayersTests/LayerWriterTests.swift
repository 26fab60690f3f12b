import Content
import Diagnostics
import Foundation
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Layers

/// Layers against foreign readers: bsdtar, GNU tar, Python's tarfile, gzip and zlib.
@Suite struct LayerWriterTests {
    /// An entry as every reader tells it.
    struct Listed: Codable, Hashable {
        var path: String
        var kind: String
        var mode: Int
        var owner: [Int]
        var names: [String]
        var modified: Int
        var size: Int
        var target: String
        var digest: String
        var extended: [String]
    }

    static let longName = String(repeating: "n", count: 140) + ".py"
    static let deepPath = (0..<30).map { "directory-\($0)" }.joined(separator: "/") + "/file"

    static let entries: [LayerEntry] = {
        var random = Seeded(1)
        func link(_ path: String, _ target: String) -> LayerEntry {
            LayerEntry(TarEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777))
        }
        var owned = LayerEntry(TarEntry(path: "owned", kind: .directory, mode: 0o1777, uid: 1000, gid: 65_534))
        owned.header.modified = Timestamp(seconds: 1_700_000_000)
        return [
            owned,
            LayerEntry(
                TarEntry(path: "owned/by a large number", kind: .directory, mode: 0o700, uid: 3_000_000, gid: 7)),
            .file("empty", []), .file("one", [1]), .file("x/511", random.noise(511)),
            .file("x/512", random.text(512)), .file("x/513", random.noise(513)), .file("x/1024", random.text(1024)),
            .file("large", random.text(700_001), mode: 0o755), .file("setuid", [1, 2], mode: 0o4755),
            .file("p/\(String(repeating: "q", count: 90))/\(String(repeating: "r", count: 90))", [3]),
            .file("y/\(longName)", [4]), .file(deepPath, [5]),
            .file("ü/naïve-日本語-🐍.py", Array("π".utf8)), .file("spaces and 'quotes' \"too\"", [6]),
            link("short-link", "one"), link("long-link", "../" + String(repeating: "t", count: 150)),
            link("ünïcode-link", "ü/naïve"), link("absolute-link", "/etc/passwd"),
            LayerEntry(TarEntry(path: "hard-link", kind: .hardLink(target: "one"), mode: 0o644)),
        ]
    }()

    static func written() throws -> WrittenLayer { try WrittenLayer(entries) }

    static func listed(_ layer: [UInt8]) throws -> [Listed] {
        let json = try python(
            """
            import tarfile,json,sys,hashlib,io
            out=[]
            with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()),mode='r:gz') as t:
                for m in t:
                    kind='d' if m.isdir() else 'l' if m.issym() else 'h' if m.islnk() else 'f' if m.isreg() else '?'
                    digest=hashlib.sha256(t.extractfile(m).read()).hexdigest() if kind=='f' else ''
                    out.append(dict(path=m.name,kind=kind,mode=m.mode,owner=[m.uid,m.gid],names=[m.uname,m.gname],
                        modified=int(m.mtime),size=m.size,target=m.linkname,digest=digest,
                        extended=sorted(m.pax_headers)))
            json.dump(out,sys.stdout)
            """, input: layer)
        return try JSONDecoder().decode([Listed].self, from: Data(json))
    }

    @Test func pythonListsTheSameEntries() throws {
        let listed = try Self.listed(Self.written().bytes)
        #expect(listed.map(\.path) == Self.entries.map(\.header.path))
        for (entry, seen) in zip(Self.entries, listed) {
            let header = entry.header
            #expect(seen.mode == Int(header.mode))
            #expect(seen.owner == [Int(header.uid), Int(header.gid)])
            #expect(seen.names == ["", ""])
            #expect(seen.modified == Int(header.modified.seconds))
            switch header.kind {
            case .directory: #expect(seen.kind == "d")
            case .file(let size):
                #expect(seen.kind == "f" && seen.size == Int(size))
                if case .bytes(let bytes) = entry.content {
                    #expect(try seen.digest == Digester.digest(of: bytes).encoded)
                }
            case .symbolicLink(let target): #expect(seen.kind == "l" && seen.target == target)
            case .hardLink(let target): #expect(seen.kind == "h" && seen.target == target)
            }
        }
        #expect(listed.first { $0.path == "one" }?.modified == 315_619_200)
    }

    @Test func paxRecordsStandOnlyWhereUstarCannotHoldTheValue() throws {
        let extended = Dictionary(
            uniqueKeysWithValues: try Self.listed(Self.written().bytes).map { ($0.path, $0.extended) })
        for (path, keys) in extended {
            switch path {
            case "y/\(Self.longName)", Self.deepPath, "ü/naïve-日本語-🐍.py": #expect(keys == ["path"])
            case "long-link": #expect(keys == ["linkpath"])
            case "ünïcode-link": #expect(keys == ["linkpath", "path"])
            case "owned/by a large number": #expect(keys == ["uid"])
            default: #expect(keys == [], "\(path)")
            }
        }
        // None of the machine, the process or the moment.
        let tar = try run("gzip", ["-dc"], input: Self.written().bytes)
        for word in ["atime", "ctime", "LIBARCHIVE", "SCHILY", "root"] {
            #expect(tar.firstRange(of: Array(word.utf8)) == nil, "\(word)")
        }
    }

    @Test(arguments: ["bsdtar", "tar"]) func tarProgramsExtractTheSame(program: String) throws {
        let scratch = try TemporaryDirectory()
        let layer = try scratch.write(try Self.written().bytes, to: "layer.tar.gz")
        let root = scratch.path.appending("root")
        try FileSystem.makeDirectory(root)
        try run(
            program, ["-x", "-p", "-f", layer.string, "-C", root.string, "--no-same-owner"],
            environment: ["LC_ALL": "C.UTF-8"])
        for entry in Self.entries {
            let path = root.pushing(FilePath(entry.header.path))
            let status = try #require(try FileSystem.status(path, followingLinks: false), "\(path)")
            switch entry.header.kind {
            case .directory: #expect(status.kind == .directory && status.mode == entry.header.mode)
            case .symbolicLink(let target): #expect(try FileSystem.linkTarget(path) == target)
            case .file(let size):
                #expect(status.kind == .file && status.size == size && status.mode == entry.header.mode)
                if case .bytes(let bytes) = entry.content { #expect(try FileSystem.read(path) == bytes) }
            case .hardLink(let target):
                #expect(status.inode == (try FileSystem.status(root.appending(target))?.inode))
            }
        }
    }

    @Test func numbersAreThoseOfTheBytes() throws {
        let layer = try Self.written()
        let scratch = try TemporaryDirectory()
        try run("gzip", ["-t", try scratch.write(layer.bytes, to: "layer.gz").string])
        let tar = try run("gzip", ["-dc"], input: layer.bytes)
        #expect(layer.diffID == (try Digester.digest(of: tar)))
        #expect(layer.uncompressedSize == Int64(tar.count))
        #expect(tar.count % 512 == 0 && tar.suffix(1024).allSatisfy { $0 == 0 })

        let store = try scratch.store()
        let made = try LayerMaker.make(in: store) { writer in for entry in Self.entries { try writer.append(entry) } }
        #expect(made.descriptor.digest == (try Digester.digest(of: layer.bytes)))
        #expect(made.descriptor.size == Int64(layer.bytes.count))
        #expect(made.diffID == layer.diffID && made.uncompressedSize == layer.uncompressedSize)
        #expect(made.descriptor.mediaType == .layerGzip)
        #expect(try store.blob(made.descriptor.digest)?.readAll() == layer.bytes)
    }

    /// An eStargz table of contents can be appended later only if each file starts a member.
    @Test func everyFileStartsAMember() throws {
        struct Boundaries: Codable {
            let members: [Int]
            let files: [Int]
        }
        let json = try python(
            """
            import zlib,json,sys,tarfile,io
            b=sys.stdin.buffer.read(); members=[]; tar=b''
            while b:
                members.append(len(tar)); d=zlib.decompressobj(31); tar+=d.decompress(b)+d.flush(); b=d.unused_data
            files=[m.offset_data for m in tarfile.open(fileobj=io.BytesIO(tar)) if m.isreg() and m.size]
            json.dump(dict(members=members,files=files),sys.stdout)
            """, input: Self.written().bytes)
        let boundaries = try JSONDecoder().decode(Boundaries.self, from: Data(json))
        let files = Self.entries.count { entry in
            if case .file(let size) = entry.header.kind { size > 0 } else { false }
        }
        #expect(boundaries.files.count == files)
        #expect(Set(boundaries.files).isSubset(of: boundaries.members))
        #expect(boundaries.members.count == 2 * files + 1)
    }

    // MARK: The same bytes again

    @Test(arguments: [1, 3, 700, 65_536, 1 << 20, Int.max]) func readSizesDoNotMatter(piece: Int) throws {
        var random = Seeded(9)
        let contents = [100, 262_144, 262_145, 600_000].map { random.text($0) }
        func layer(_ piece: Int) throws -> [UInt8] {
            try WrittenLayer { writer in
                for (number, content) in contents.enumerated() {
                    let span = PlainSpan(digest: try Digester.digest(of: content)) {
                        ShortReader(content, piece: piece)
                    }
                    for (kind, body) in [("plain", LayerContent.plain(span)), ("stored", .stored(span))] {
                        let header = TarEntry(
                            path: "\(kind)-\(number)", kind: .file(size: Int64(content.count)), mode: 0o644)
                        try writer.append(LayerEntry(header, content: body))
                    }
                }
            }.bytes
        }
        #expect(try layer(piece) == layer(4096))
    }

    @Test func parallelWritersMakeTheSame() async throws {
        let expected = try Self.written().bytes
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 { group.addTask { try Self.written().bytes } }
            for try await bytes in group { #expect(bytes == expected) }
        }
    }

    @Test func runsMakeTheLayerThatOnePassMakes() throws {
        let scratch = try TemporaryDirectory()
        let store = try scratch.store()
        let halves = [Self.entries.prefix(7), Self.entries.dropFirst(7)]
        let runs = try halves.map { half in
            var size: Int64 = 0
            let blob = try LayerMaker.makeRun(in: store) { writer in
                for entry in half { try writer.append(entry) }
                try writer.endRun()
                size = writer.uncompressedSize
            }
            return (blob, size)
        }
        let joined = try WrittenLayer { writer in
            for ((blob, size), half) in zip(runs, halves) {
                try writer.append(run: blob, uncompressedSize: size, paths: half.map(\.header.path))
            }
        }
        let single = try WrittenLayer { writer in
            for half in halves {
                for entry in half { try writer.append(entry) }
                try writer.endRun()
            }
        }
        #expect(joined.bytes == single.bytes && joined.diffID == single.diffID)
        #expect(joined.uncompressedSize == single.uncompressedSize)
        #expect(throws: LayerError.self) {
            try WrittenLayer { try $0.append(run: runs[0].0, uncompressedSize: runs[0].1 - 1, paths: []) }
        }
        let error = #expect(throws: LayerError.self) {
            try WrittenLayer { writer in
                for _ in 0..<2 { try writer.append(run: runs[0].0, uncompressedSize: runs[0].1, paths: ["owned"]) }
            }
        }
        #expect(error?.code == .duplicatePath)
    }

    // MARK: Refusals

    @Test func contentThatDoesNotFitItsHeaderIsRefused() throws {
        let content = Array("content".utf8)
        func span(_ bytes: [UInt8], crc: UInt32? = nil, digest: Digest? = nil) -> PlainSpan {
            PlainSpan(crc: crc, digest: digest) { ShortReader(bytes) }
        }
        let other = try Digester.digest(of: [1])
        for (body, code) in [
            (LayerContent.none, LayerErrorCode.corruptEntry), (.bytes([1]), .corruptEntry),
            (.plain(span([1])), .changedSource), (.stored(span([1])), .changedSource),
            (.plain(span(content, crc: 1)), .corruptEntry), (.stored(span(content, crc: 1)), .corruptEntry),
            (.plain(span(content, digest: other)), .changedSource),
        ] {
            let header = TarEntry(path: "f", kind: .file(size: Int64(content.count)), mode: 0o644)
            let error = #expect(throws: LayerError.self) { try WrittenLayer([LayerEntry(header, content: body)]) }
            #expect(error?.code == code)
            #expect(error?.context.first?.value == "f")
        }
    }

    @Test(arguments: ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "a/../\u{301}b", "/\u{301}b", "a\0b"])
    func noPathLeavesTheRoot(_ path: String) throws {
        let error = #expect(throws: LayerError.self) { try WrittenLayer([.file(path, [1])]) }
        #expect(error?.code == .unsafePath)
    }

    @Test func namesThatDifferInBytesAreTwo() throws {
        let names = ["cafe\u{301}", "caf\u{e9}"]
        let layer = try WrittenLayer(names.map { .file($0, [1]) })
        let program = """
            import tarfile,sys,gzip,io
            tar=tarfile.open(fileobj=io.BytesIO(gzip.decompress(sys.stdin.buffer.read())))
            print([n.encode() for n in tar.getnames()])
            """
        let listed = String(decoding: try python(program, input: layer.bytes), as: UTF8.self)
        #expect(listed == "[b'cafe\\xcc\\x81', b'caf\\xc3\\xa9']\n")
        let tree = FileTree([LayerIndex(entries: names.map { IndexedEntry(path: $0, kind: .file, mode: 0o644) })])
        #expect(tree.paths.map { Array($0.utf8) } == names.map { Array($0.utf8) })
    }

    @Test func pathsAreSplitAtTheirSlashBytes() {
        #expect(
            LayerPath.parts("/a//\u{301}b/c/").map { Array($0.utf8) } == ["a", "\u{301}b", "c"].map { Array($0.utf8) })
        #expect(LayerPath.ancestors(of: "a/\u{301}b/c").count == 2)
        #expect(LayerPath.split("a/\u{301}b").directory == "a" && LayerPath.split("a").directory.isEmpty)
        #expect(LayerPath.isBelow("a", "a/\u{301}b") && !LayerPath.isBelow("a", "ab") && !LayerPath.isBelow("a", "a"))
        #expect(LayerPath.isBelow("", "a"))
    }

    @Test func headersDoNotWaitForAContentForever() throws {
        // Of tar there are 5 MB, of members a few.
        let layer = try WrittenLayer((0..<10_000).map { .file("empty/\($0)", []) })
        #expect(layer.bytes.count < 1 << 20)
        var lengths: [Int] = []
        let writer = try LayerWriter { lengths.append($0.count) }
        for number in 0..<10_000 { try writer.append(.file("empty/\(number)", [])) }
        #expect(writer.uncompressedSize == 5_120_000)
        #expect(lengths.count >= 4 * 3, "nothing was written before the end")
    }

    @Test func aPathStandsOnceInALayer() throws {
        let error = #expect(throws: LayerError.self) { try WrittenLayer([.file("a", [1]), .file("a", [1])]) }
        #expect(error?.code == .duplicatePath)
    }
}
