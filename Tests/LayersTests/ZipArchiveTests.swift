import Content
import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Layers

/// Archives made by Python's zipfile, and archives made to do harm.
@Suite struct ZipArchiveTests {
    /// An archive written by a Python program that has `z`, a `ZipFile` open for writing to `b`.
    static func archive(_ program: String, mode: String = "seekable") throws -> [UInt8] {
        try python(
            """
            import zipfile,io,sys,struct,stat,os
            from zipfile import ZipInfo,ZIP_STORED,ZIP_DEFLATED
            class Stream(io.RawIOBase):
                def __init__(s): s.b=io.BytesIO()
                def writable(s): return True
                def write(s,d): return s.b.write(d)
                def getvalue(s): return s.b.getvalue()
            b=Stream() if sys.argv[2]=='stream' else io.BytesIO()
            z=zipfile.ZipFile(b,'w',ZIP_DEFLATED)
            text=b'some text, some text, some text. '*40
            exec(sys.argv[1])
            z.close()
            sys.stdout.buffer.write(b.getvalue())
            """, [program, mode])
    }

    static let plain = """
        z.writestr('a/stored.bin',os.urandom(0)+bytes(range(256)),ZIP_STORED)
        z.writestr('a/deflated.txt',text)
        z.writestr('empty',b'')
        z.writestr('a/dir/',b'')
        i=ZipInfo('run.sh'); i.external_attr=(stat.S_IFREG|0o755)<<16; z.writestr(i,b'#!/bin/sh')
        """

    /// Every entry's content, by both ways of reading one.
    static func contents(_ bytes: [UInt8], piece: Int = .max) throws -> [String: [UInt8]] {
        let zip = try ZipArchive(ShortReader(bytes, piece: piece))
        var contents: [String: [UInt8]] = [:]
        for entry in zip.entries where entry.kind == .file {
            contents[entry.path] = try zip.bytes(of: entry, limit: 1 << 20)
            let header = TarEntry(path: "x", kind: .file(size: entry.size), mode: 0o644)
            let layer = try WrittenLayer([LayerEntry(header, content: try zip.content(of: entry))])
            let tar = try GzipReader(MemoryReader(layer.bytes)).readAll(limit: 1 << 24)
            let content = Array(tar[512..<512 + Int(entry.size)])
            guard content == contents[entry.path] else { throw LayerError(.corruptEntry, "two ways, two contents") }
        }
        return contents
    }

    // MARK: What archives hold

    @Test(arguments: ["seekable", "stream"], [1, 13, 4096, Int.max])
    func contentsAreThoseThatPythonWrote(mode: String, piece: Int) throws {
        let bytes = try Self.archive(Self.plain, mode: mode)
        let contents = try Self.contents(bytes, piece: piece)
        #expect(
            contents == [
                "a/stored.bin": (0...255).map { UInt8($0) },
                "a/deflated.txt": Array(String(repeating: "some text, some text, some text. ", count: 40).utf8),
                "empty": [], "run.sh": Array("#!/bin/sh".utf8),
            ])
        let entries = try ZipArchive(ShortReader(bytes)).entries
        #expect(entries.map(\.path) == ["a/stored.bin", "a/deflated.txt", "empty", "a/dir", "run.sh"])
        #expect(entries.map(\.kind) == [.file, .file, .file, .directory, .file])
        let files = entries.filter { $0.kind == .file }
        #expect(files.map(\.isExecutable) == [false, false, false, true])
        #expect(files.map(\.method) == [.stored, .deflated, .deflated, .stored])
    }

    @Test(arguments: [
        ("a comment", "z.comment=b'c'*65535"), ("end records in the comment", "z.comment=b'PK\\x05\\x06'*400"),
        ("entry comments", "i=ZipInfo('q'); i.comment=b'PK\\x01\\x02'*20; z.writestr(i,b'q')"),
        ("extra fields", "i=ZipInfo('q'); i.extra=struct.pack('<HH',0x7075,5)+b'abcde'; z.writestr(i,b'q')"),
    ]) func surroundingsDoNotMatter(what: String, program: String) throws {
        let contents = try Self.contents(try Self.archive(Self.plain + "\n" + program))
        #expect(contents["a/deflated.txt"]?.count == 33 * 40)
    }

    @Test(arguments: [0, 1, 70_000]) func archiveMayStandBehindSomething(prefix: Int) throws {
        let archive = try Self.archive(Self.plain)
        let contents = try Self.contents([UInt8](repeating: 0x50, count: prefix) + archive)
        #expect(contents == (try Self.contents(archive)))
    }

    static let zip64 = """
        with z.open(ZipInfo('forced'),'w',force_zip64=True) as f: f.write(text)
        z.writestr('after',text)
        """

    /// Python writes the ZIP64 end records only where they are needed, so the limits are lowered.
    @Test(arguments: ["", "zipfile.ZIP_FILECOUNT_LIMIT=1", "zipfile.ZIP64_LIMIT=10"], ["seekable", "stream"])
    func zip64IsRead(limits: String, mode: String) throws {
        let archive = try Self.archive(limits + "\n" + Self.zip64, mode: mode)
        for bytes in [archive, Array("#!/bin/sh\n".utf8) + archive] {
            let contents = try Self.contents(bytes)
            #expect(contents.keys.sorted() == ["after", "forced"])
            #expect(contents.values.allSatisfy { $0.count == 33 * 40 })
        }
    }

    /// Beyond 4 GiB: an archive most of which is a hole in a file.
    @Test func entriesBehindFourGibibytesAreRead() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path.appending("large.zip")
        _ = try python(
            """
            import zipfile,sys
            from zipfile import ZipInfo
            size=(4<<30)+7
            with open(sys.argv[1],'wb') as f:
                z=zipfile.ZipFile(f,'w')
                i=ZipInfo('hole'); i.file_size=i.compress_size=size; i.header_offset=0; i.CRC=0; i.compress_type=0
                f.write(i.FileHeader(zip64=True)); f.seek(size,1)
                z.filelist.append(i); z.NameToInfo['hole']=i; z.start_dir=f.tell(); z._didModify=True
                z.writestr('behind',b'here')
                z.close()
            """, [path.string])
        let zip = try ZipArchive(FileReader(path))
        #expect(zip.entries.map(\.size) == [(4 << 30) + 7, 4])
        #expect(try zip.bytes(of: zip.entries[1], limit: 10) == Array("here".utf8))
    }

    @Test func namesAreReadAsPythonReadsThem() throws {
        // A name beyond ASCII gets the UTF-8 flag; taking it away leaves bytes of code page 437.
        let names = ["ünï.py", "日本語", "plain"]
        let program = names.map { "z.writestr('\($0)',b'x')" }.joined(separator: "\n")
        #expect(try ZipArchive(ShortReader(try Self.archive(program))).entries.map(\.path) == names)
        let legacy = try Self.archive(
            """
            ZipInfo._encodeFilenameFlags=lambda s:(bytes(range(128,256)),0)
            z.writestr('x',b'x')
            """)
        let expected = try python("import sys; sys.stdout.buffer.write(bytes(range(128,256)).decode('cp437').encode())")
        #expect(try ZipArchive(ShortReader(legacy)).entries.map(\.path) == [String(decoding: expected, as: UTF8.self)])
        let broken = try Self.archive(
            "ZipInfo._encodeFilenameFlags=lambda s:(b'\\xff\\xfe',0x800)\nz.writestr('x',b'x')")
        #expect(throws: LayerError.self) { try ZipArchive(ShortReader(broken)) }
    }

    // MARK: Made to do harm

    /// Programs that finish an archive of the entry `a` in `d` and write over parts of it.
    static let lies: [(what: String, program: String, code: LayerErrorCode)] = [
        ("encrypted", "d[e+8]|=1", .unsupportedZip), ("strongly encrypted", "d[e+8]|=0x41", .unsupportedZip),
        ("masked", "d[e+9]|=0x20", .unsupportedZip), ("bzip2", "d[e+10]=12", .unsupportedZip),
        ("lzma", "d[e+10]=14", .unsupportedZip), ("zstd", "d[e+10]=93", .unsupportedZip),
        ("crc", "d[e+16]^=1", .corruptEntry), ("size one less", "d[e+24]-=1", .tooLarge),
        ("size one more", "d[e+24]+=1", .corruptEntry), ("size 0", "d[e+24:e+28]=bytes(4)", .tooLarge),
        ("huge size", "d[e+24:e+28]=b'\\xfe\\xff\\xff\\xff'", .tooLarge),
        ("compressed size one less", "d[e+20]-=1", .corruptEntry),
        ("compressed size beyond the end", "d[e+20:e+24]=b'\\xfe\\xff\\xff\\x7f'", .invalidZip),
        ("offset beyond the end", "d[e+42:e+46]=b'\\xfe\\xff\\xff\\x7f'", .invalidZip),
        ("offset in the content", "d[e+42]=3", .invalidZip),
        ("sizes in a missing ZIP64 field", "d[e+20:e+28]=b'\\xff'*8", .tooLarge),
        ("more entries", "d[n+8]=d[n+10]=2", .invalidZip), ("many entries", "d[n+8:n+12]=b'\\xfe\\xff'*2", .invalidZip),
        ("other disk", "d[n+4]=1", .unsupportedZip), ("directory's size", "d[n+12]+=1", .invalidZip),
        ("directory's offset", "d[n+16:n+20]=b'\\xfe\\xff\\xff\\x7f'", .invalidZip),
        ("name length", "d[e+29]=0xff", .invalidZip), ("extra length", "d[e+31]=0xff", .invalidZip),
        ("comment length", "d[e+33]=0xff", .invalidZip), ("no local header", "d[0]=0", .invalidZip),
        ("no directory", "d[e]=0", .invalidZip), ("no end", "d[n]=0", .invalidZip),
        ("local name's length", "d[27]=0xff", .invalidZip),
    ]

    @Test(arguments: lies.indices) func liesAreRefused(number: Int) throws {
        let lie = Self.lies[number]
        let bytes = try Self.archive(
            """
            z.writestr('a',text); z.close()
            d=bytearray(b.getvalue()); e=d.rindex(b'PK\\x01\\x02'); n=d.rindex(b'PK\\x05\\x06')
            \(lie.program)
            b.seek(0); b.write(d)
            """)
        let error = #expect(throws: LayerError.self, "\(lie.what)") { try Self.contents(bytes) }
        #expect(error?.code == lie.code, "\(lie.what): \(error.map { "\($0)" } ?? "")")
    }

    @Test func negativeLookingZip64ValuesAreRefused() throws {
        let archive = try Self.archive("zipfile.ZIP64_LIMIT=10\n" + Self.zip64)
        let record = try #require(archive.firstRange(of: [0x50, 0x4B, 6, 6])).lowerBound
        // The count, the size and the offset of the directory.
        for field in [record + 32, record + 40, record + 48] {
            for value in [UInt8(0xFF), 0x80, 0x7F] {
                for width in [1, 8] {
                    var bytes = archive
                    for index in 0..<width { bytes[field + 7 - index] = value }
                    #expect(throws: LayerError.self) { try Self.contents(bytes) }
                }
            }
        }
        // Where the locator says that the record is matters only if one is there.
        let locator = try #require(archive.firstRange(of: [0x50, 0x4B, 6, 7])).lowerBound
        for value in [UInt8(0xFF), 0x80, 0x7F] {
            var bytes = archive
            bytes[locator + 15] = value
            #expect(try Self.contents(bytes) == Self.contents(archive))
        }
        let directory = try #require(archive.firstRange(of: [0x50, 0x4B, 1, 2])).lowerBound
        for offset in directory..<record {
            var bytes = archive
            for index in offset..<min(offset + 8, record) { bytes[index] = 0xFF }
            _ = try? Self.contents(bytes)
        }
    }

    @Test func sharedBytesAreRefused() throws {
        let bytes = try Self.archive(
            """
            z.writestr('a',text); z.writestr('b',text)
            for i in z.filelist: i.header_offset=0
            """)
        let error = #expect(throws: LayerError.self) { try ZipArchive(ShortReader(bytes)) }
        #expect(error?.code == .invalidZip)
    }

    @Test func bombsAreRefused() throws {
        let declared = try Self.archive("z.writestr('a',text); z.filelist[0].file_size=0xf0000000")
        #expect(throws: LayerError.self) { try ZipArchive(ShortReader(declared)) }
        // Beyond what it declares: found while it is read, before more than a piece of it came out.
        let real = try Self.archive("z.writestr('a',bytes(50<<20)); z.filelist[0].file_size=1000")
        let error = #expect(throws: LayerError.self) { try Self.contents(real) }
        #expect(error?.code == .tooLarge)
        let many = try Self.archive("for i in range(300): z.writestr(str(i),b'')")
        var limits = ZipLimits()
        limits.entries = 299
        #expect(throws: LayerError.self) { try ZipArchive(ShortReader(many), limits: limits) }
        limits.entries = 300
        #expect(try ZipArchive(ShortReader(many), limits: limits).entries.count == 300)
        limits.directorySize = 300 * 46
        #expect(throws: LayerError.self) { try ZipArchive(ShortReader(many), limits: limits) }
    }

    @Test func bytesBehindAStreamAreRefused() throws {
        for extra in 1...9 {
            let bytes = try Self.archive(
                """
                import zlib
                c=zlib.compressobj(6,zlib.DEFLATED,-15); s=c.compress(text)+c.flush()+b'\\xff'*\(extra)
                z.writestr('a',s,ZIP_STORED); i=z.filelist[0]; i.compress_type=8; i.file_size=len(text); i.CRC=zlib.crc32(text)
                """)
            let zip = try ZipArchive(ShortReader(bytes))
            let entry = zip.entries[0]
            let header = TarEntry(path: "a", kind: .file(size: entry.size), mode: 0o644)
            let error = #expect(throws: LayerError.self) {
                try WrittenLayer([LayerEntry(header, content: try zip.content(of: entry))])
            }
            #expect(error?.message == "\(extra) bytes follow the end of the entry's DEFLATE stream")
            #expect(throws: LayerError.self) { try zip.bytes(of: entry, limit: 1 << 20) }
        }
    }

    @Test(arguments: ["seekable", "stream", "zip64"]) func cutArchivesAreRefused(mode: String) throws {
        let program = mode == "zip64" ? "zipfile.ZIP64_LIMIT=10\n" + Self.zip64 : Self.plain
        let bytes = try Self.archive(program, mode: mode)
        for length in 0..<bytes.count {
            let error = #expect(throws: (any Error).self) { try Self.contents(Array(bytes[..<length])) }
            #expect(error is any Diagnostic, "cut to \(length)")
        }
    }

    @Test(arguments: 0..<4) func flippedBytesNeverCrash(seed: Int) throws {
        var random = Seeded(seed)
        let archives = try [
            Self.archive(Self.plain), Self.archive(Self.plain, mode: "stream"),
            Self.archive("zipfile.ZIP64_LIMIT=10\n" + Self.zip64),
        ]
        var refused = 0
        for round in 0..<1500 {
            var bytes = archives[round % archives.count]
            // Half of the flips go where the structure is.
            let start = Bool.random(using: &random) ? max(0, bytes.count - 400) : 0
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: start..<bytes.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
            }
            do { _ = try Self.contents(bytes) } catch {
                #expect(error is any Diagnostic)
                refused += 1
            }
        }
        #expect(refused > 300)
    }
}
