import Content
import Diagnostics
import Foundation
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Layers

/// Layers from elsewhere, read and merged.
@Suite struct LayerIndexTests {
    /// A tar made by Python: `d` makes a directory, `f` a file, `s` a symbolic link, `h` a hard link.
    static func tar(_ program: String) throws -> [UInt8] {
        try python(
            """
            import tarfile,io,sys
            b=io.BytesIO(); t=tarfile.open(fileobj=b,mode='w',format=tarfile.PAX_FORMAT)
            def add(n,kind,data=b'',mode=0o644,link='',uid=0):
                i=tarfile.TarInfo(n); i.type=kind; i.size=len(data); i.mode=mode; i.linkname=link; i.uid=uid
                t.addfile(i,io.BytesIO(data))
            def d(n,mode=0o755,uid=0): add(n,tarfile.DIRTYPE,mode=mode,uid=uid)
            def f(n,data=b'x',mode=0o644): add(n,tarfile.REGTYPE,data,mode)
            def s(n,l): add(n,tarfile.SYMTYPE,link=l,mode=0o777)
            def h(n,l): add(n,tarfile.LNKTYPE,link=l)
            exec(sys.argv[1]); t.close(); sys.stdout.buffer.write(b.getvalue())
            """, [program])
    }

    static func index(_ program: String) throws -> LayerIndex {
        try LayerIndexer.index(MemoryReader(tar(program)), mediaType: .layer)
    }

    static func tree(_ programs: String...) throws -> FileTree { FileTree(try programs.map(index)) }

    // MARK: One layer

    @Test(arguments: [MediaType.layer, .layerGzip, .layerZstd]) func everyCompressionIsRead(type: MediaType) throws {
        let program = "d('etc'); f('etc/passwd',b'root:x:0:0::/root:/bin/sh\\n'); f('big',bytes(3000000))"
        var bytes = try Self.tar(program)
        switch type {
        case .layerGzip: bytes = try run("gzip", ["-c"], input: bytes)
        case .layerZstd:
            let scratch = try TemporaryDirectory()
            let file = try scratch.write(bytes, to: "layer.tar")
            try run("bsdtar", ["-c", "--zstd", "-f", "\(file).zst", "@\(file)"])
            bytes = try FileSystem.read(scratch.path.appending("layer.tar.zst"))
        default: break
        }
        let index = try LayerIndexer.index(ShortReader(bytes, piece: 5000), mediaType: type)
        #expect(index.entries.map(\.path) == ["etc", "etc/passwd", "big"])
        #expect(index.entries.map(\.size) == [0, 26, 3_000_000])
        #expect(index.texts == ["etc/passwd": "root:x:0:0::/root:/bin/sh\n"])
    }

    @Test func entriesAreReadAsTheyStand() throws {
        let index = try Self.index(
            """
            d('./'); d('./usr/',0o1777,uid=9); f('./usr/ünï',mode=0o4755); s('lib','usr/lib'); h('./two','./usr/ünï')
            add('dev/null',tarfile.CHRTYPE); add('pipe',tarfile.FIFOTYPE); f('/absolute'); f('a/../b')
            f('l'*120+'/'+'m'*130); s('long','t'*200)
            """)
        let long = String(repeating: "l", count: 120) + "/" + String(repeating: "m", count: 130)
        #expect(
            index.entries == [
                IndexedEntry(path: "usr", kind: .directory, mode: 0o1777, uid: 9),
                IndexedEntry(path: "usr/ünï", kind: .file, mode: 0o4755, size: 1),
                IndexedEntry(path: "lib", kind: .symbolicLink, mode: 0o777, target: "usr/lib"),
                IndexedEntry(path: "two", kind: .hardLink, mode: 0o644, target: "usr/ünï"),
                IndexedEntry(path: "absolute", kind: .file, mode: 0o644, size: 1),
                IndexedEntry(path: "a/../b", kind: .file, mode: 0o644, size: 1),
                IndexedEntry(path: long, kind: .file, mode: 0o644, size: 1),
                IndexedEntry(
                    path: "long", kind: .symbolicLink, mode: 0o777, target: String(repeating: "t", count: 200)),
            ])
    }

    @Test func textsThatPlanningReadsAreKept() throws {
        let kept = [
            "etc/passwd", "etc/os-release", "var/lib/dpkg/status", "opt/venv/pyvenv.cfg",
            "usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "x/a-1.dist-info/RECORD", "x/b.egg-info/PKG-INFO",
            "usr/lib/python3.11/EXTERNALLY-MANAGED",
        ]
        let others = ["x/METADATA", "x/RECORD", "passwd", "x/etc/passwd", "x/a.dist-info/licenses/LICENSE"]
        let index = try Self.index((kept + others).map { "f('\($0)',b'\($0)')" }.joined(separator: "\n"))
        #expect(index.texts == Dictionary(uniqueKeysWithValues: kept.map { ($0, $0) }))
    }

    @Test func manyDevicesDoNotExhaustTheStack() throws {
        let index = try Self.index("for n in range(50000): add('dev/%d'%n,tarfile.BLKTYPE)\nf('last')")
        #expect(index.entries.map(\.path) == ["last"])
    }

    @Test(arguments: 0..<3) func damagedLayersNeverCrash(seed: Int) throws {
        var random = Seeded(seed)
        let whole = try Self.tar("d('a'); f('ü'*80,b'x'*600); s('long','t'*200); h('b','a'); f('etc/passwd',b'x'*100)")
        for type in [MediaType.layer, .layerGzip] {
            let bytes = type == .layer ? whole : try run("gzip", ["-c"], input: whole)
            for _ in 0..<300 {
                var damaged = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random)))
                for _ in 0..<3 {
                    damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8(
                        truncatingIfNeeded: random.next())
                }
                do { _ = try LayerIndexer.index(MemoryReader(damaged), mediaType: type) } catch {
                    #expect(error is any Diagnostic)
                }
            }
        }
    }

    @Test func theErrorOfTheSourceIsTold() throws {
        struct Broken: Error {}
        final class Source: ByteReader {
            func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { throw Broken() }
        }
        #expect(throws: Broken.self) { try LayerIndexer.index(Source(), mediaType: .layer) }
        #expect(throws: Broken.self) { try LayerIndexer.index(Source(), mediaType: .layerGzip) }
    }

    /// A file that is passed over is one call of libarchive, and a small one is none of the source's.
    @Test(arguments: [1, 300_000_000]) func readingEndsWhenItIsCancelled(size: Int) async throws {
        /// A tar of endless files, which cancels the task that reads it.
        final class Endless: ByteReader {
            let header: [UInt8]
            let size: Int
            var position = 0
            var served = 0
            init(header: [UInt8], size: Int) { (self.header, self.size) = (header, size) }
            func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
                served += 1
                if served == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                guard served < 200 else { return 0 }
                let period = 512 + (size + 511) / 512 * 512
                for index in 0..<buffer.count {
                    let place = (position + index) % period
                    buffer[index] = place < 512 ? header[place] : 0
                }
                position += buffer.count
                return buffer.count
            }
        }
        let header = Array(
            try python(
                "import tarfile,sys\nt=tarfile.TarInfo('f'); t.size=\(size); sys.stdout.buffer.write(t.tobuf())"
            ).prefix(512))
        let task = Task {
            let source = Endless(header: header, size: size)
            defer { #expect(source.served < 10) }
            _ = try LayerIndexer.index(source, mediaType: .layer)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func unknownMediaTypesAreRefused() {
        #expect(throws: LayerError.self) {
            try LayerIndexer.index(MemoryReader([]), mediaType: MediaType(rawValue: "application/x-unknown"))
        }
    }

    // MARK: Layers over layers

    @Test func whiteoutsRemoveWhatIsBelow() throws {
        let below = "d('a'); f('a/one'); d('a/b'); f('a/b/deep'); f('keep'); f('etc/passwd',b'old'); f('ab')"
        #expect(try Self.tree(below, "f('a/.wh.one')").paths == ["a", "a/b", "a/b/deep", "ab", "etc/passwd", "keep"])
        #expect(try Self.tree(below, "f('.wh.a')").paths == ["ab", "etc/passwd", "keep"])
        #expect(try Self.tree(below, "f('a/.wh..wh..opq')").paths == ["a", "ab", "etc/passwd", "keep"])
        #expect(try Self.tree(below, "f('.wh..wh..opq'); f('new')").paths == ["new"])
        let gone = try Self.tree(below, "f('etc/.wh.passwd')")
        #expect(gone.text("etc/passwd") == nil && gone.entry("etc/passwd") == nil && gone.textPaths == [])
        // A whiteout of nothing, and one that comes after its own layer's file.
        #expect(try Self.tree(below, "f('.wh.nothing')").paths.count == 7)
        #expect(
            try Self.tree(below, "f('a/new'); f('a/.wh..wh..opq')").paths == ["a", "a/new", "ab", "etc/passwd", "keep"])
        #expect(try Self.tree(below, "f('keep',b'12'); f('.wh.keep')").entry("keep")?.size == 2)
        // A directory without an entry of its own.
        #expect(try Self.tree("f('x/y/z'); f('x/w')", "f('x/.wh.y')").paths == ["x/w"])
    }

    @Test func upperEntriesReplaceLowerOnes() throws {
        let below = "d('a'); f('a/one'); f('f'); f('etc/passwd',b'old')"
        let file = try Self.tree(below, "f('a',b'12')")
        #expect(file.paths == ["a", "etc/passwd", "f"] && file.entry("a")?.kind == .file)
        let directory = try Self.tree(below, "d('f'); f('f/new')")
        #expect(directory.paths == ["a", "a/one", "etc/passwd", "f", "f/new"])
        #expect(directory.entry("f")?.kind == .directory)
        let again = try Self.tree(below, "f('a')", "d('a')")
        #expect(again.paths == ["a", "etc/passwd", "f"] && again.entry("a")?.kind == .directory)
        let both = try Self.tree(below, "d('a',0o700); f('a/two')")
        #expect(both.paths == ["a", "a/one", "a/two", "etc/passwd", "f"] && both.entry("a")?.mode == 0o700)
        #expect(try Self.tree(below, "s('a','elsewhere')").paths == ["a", "etc/passwd", "f"])
        #expect(try Self.tree(below, "f('etc/passwd',b'new')").text("etc/passwd") == "new")
        #expect(try Self.tree(below, "s('etc/passwd','x')").text("etc/passwd") == nil)
    }

    // MARK: glibc

    static let libc = "/lib/\(Platform.machineTriple)/libc.so.6"

    @Test func glibcVersionIsThatOfThisMachine() throws {
        let program = "d('usr'); f('usr/lib/x86_64-linux-gnu/libc.so.6',open('\(Self.libc)','rb').read())"
        let index = try Self.index(program)
        let ldd = String(decoding: try run("ldd", ["--version"]), as: UTF8.self)
        let line = try #require(ldd.split(separator: "\n").first)
        let library = try #require(index.libraries.values.first)
        #expect(library.version.description == line.split(separator: " ").last.map(String.init))
        let (here, other) = library.machine == 183 ? ("arm64", "amd64") : ("amd64", "arm64")
        let tree = FileTree([index, LayerIndex()])
        #expect(tree.glibc(on: here) == library.version && tree.glibc(on: other) == nil)
        // One that an upper layer takes away counts no more.
        for gone in [
            "f('usr/lib/.wh.x86_64-linux-gnu')", "s('usr/lib/x86_64-linux-gnu/libc.so.6','libc.so')", "f('usr',b'')",
        ] {
            #expect(FileTree([index, try Self.index(gone)]).glibc(on: here) == nil)
        }
    }

    @Test(arguments: [
        ("lib/libc.so.6", true), ("lib64/libc.so.6", true), ("usr/lib64/libc-2.31.so", true),
        ("lib/aarch64-linux-gnu/libc.so.6", true), ("opt/conda/x86_64-conda-linux-gnu/sysroot/lib64/libc.so.6", false),
        ("usr/aarch64-linux-gnu/lib/libc.so.6", false), ("usr/lib/x/libc.so.6", false), ("libc.so.6", false),
        ("usr/lib/debug/lib/x86_64-linux-gnu/libc.so.6", false),
    ])
    func theCLibraryLiesWhereALoaderLooks(_ path: String, _ counts: Bool) throws {
        let index = try Self.index("f('\(path)',open('\(Self.libc)','rb').read())")
        #expect(index.libraries.keys.map { $0 } == (counts ? [path] : []))
    }

    @Test(arguments: [
        ("GLIBC_2.36", "2.36"), ("GLIBC_2.2.5", "2.2"), ("GLIBC_2.9999999999", nil), ("GLIBC_9999.1", nil),
        ("GLIBC_2.-5", nil), ("GLIBC_PRIVATE", nil), ("GLIBC_2", nil), ("CXX_1.3", nil),
    ])
    func symbolVersionsAreRead(_ name: String, _ version: String?) {
        #expect(GlibcVersion(symbolVersion: name)?.description == version)
    }

    @Test(arguments: 0..<3) func damagedLibrariesNeverCrash(seed: Int) throws {
        var random = Seeded(seed)
        let whole = try FileSystem.read(FilePath(Self.libc))
        let table = Int(whole[40..<48].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        let definitions = try #require(
            stride(from: table, to: whole.count - 63, by: 64).first {
                Array(whole[$0 + 4..<$0 + 8]) == [0xFD, 0xFF, 0xFF, 0x6F]
            })
        for round in 0..<400 {
            var bytes = whole
            // The header, the section that matters, or the definitions: extreme values and noise.
            let contents = Int(
                whole[definitions + 24..<definitions + 32].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            let area = [0..<64, definitions..<definitions + 64, contents..<contents + 200][round % 3]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let start = Int.random(in: area, using: &random)
                let value = [UInt8(0xFF), 0x7F, 0, UInt8(truncatingIfNeeded: random.next())].randomElement(
                    using: &random)
                for offset in start..<min(start + [1, 4, 8][round % 3], area.upperBound) { bytes[offset] = value ?? 0 }
                if round % 5 == 0, start + 8 <= area.upperBound { bytes[start + 7] = 0x7F }
            }
            _ = ELFVersionDefinitions(bytes)?.highestGlibc
        }
        for length in [0, 1, 4, 16, 63, 64, 65, 1000, whole.count - 1] {
            _ = ELFVersionDefinitions(Array(whole.prefix(length)))
            _ = ELFVersionDefinitions(Array(whole.prefix(16)) + random.noise(length))
        }
        var extreme = Array(whole.prefix(64))
        for index in 40..<48 { extreme[index] = index == 47 ? 0x7F : 0xFF }
        #expect(ELFVersionDefinitions(extreme) == nil)
        #expect(ELFVersionDefinitions(Array("#!/bin/sh\n".utf8) + random.noise(100)) == nil)
    }
}

extension Platform {
    fileprivate static var machineTriple: String {
        #if arch(arm64)
            "aarch64-linux-gnu"
        #else
            "x86_64-linux-gnu"
        #endif
    }
}
