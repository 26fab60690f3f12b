import Content
import Diagnostics
import Foundation
import OCI
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// Contexts that come as a tar, by Python's tarfile, and what hostile ones can do: nothing.
@Suite struct ContextArchiveTests {
    /// A tar made by a few lines of Python in which `add(name, content, **fields)` adds an entry.
    private static func tar(_ lines: String, mode: String = "w", format: String = "PAX") async throws -> [UInt8] {
        let program = """
            import io, sys, tarfile
            tar = tarfile.open(fileobj=sys.stdout.buffer, mode='\(mode)', format=tarfile.\(format)_FORMAT) \
            if '\(mode)' == 'w' else tarfile.open(fileobj=sys.stdout.buffer, mode='\(mode)')
            def add(name, content=b'', **fields):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                for key, value in fields.items(): setattr(entry, key, value)
                tar.addfile(entry, io.BytesIO(content))
            \(lines)
            tar.close()
            """
        return try await blocking { try python(program) }
    }

    private static func receive(_ bytes: [UInt8], at site: ServiceSite, pieces: Int = 1) async throws -> ContextManifest
    {
        let size = max(1, bytes.count / pieces)
        let chunks = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        let digest = try await site.service.contexts.receiveArchive(project: "default", from: AsyncChunks(chunks))
        return try await site.service.contexts.manifest(of: digest, project: "default")
    }

    private static let plain = """
        add('./', type=tarfile.DIRTYPE)
        add('./b.txt', b'hello', mode=0o600)
        add('./a/run.sh', b'#!/bin/sh', mode=0o750)
        add('./a/second', type=tarfile.LNKTYPE, linkname='./b.txt')
        add('./link', type=tarfile.SYMTYPE, linkname='../elsewhere')
        add('./empty/', type=tarfile.DIRTYPE, mode=0o700)
        add('./caf\\u00e9.txt', b'x' * 70000)
        add('./' + 'd/' * 60 + 'deep', b'deep')
        """

    @Test(arguments: ["w", "w|", "w|gz", "w:gz"], ["PAX", "GNU"])
    func anArchiveIsTheSameContextAsItsFiles(_ mode: String, _ format: String) async throws {
        let site = try await ServiceSite()
        let manifest = try await Self.receive(
            await Self.tar(Self.plain, mode: mode, format: format), at: site, pieces: 7)
        let paths = [
            "a/run.sh", "a/second", "b.txt", "caf\u{E9}.txt", String(repeating: "d/", count: 60) + "deep", "empty",
            "link",
        ]
        #expect(manifest.entries.map(\.path) == paths)
        #expect(manifest.entries.map(\.mode) == [0o755, 0o644, 0o644, 0o644, 0o644, 0o755, 0o777])
        #expect(manifest.entries[1].digest == manifest.entries[2].digest)
        #expect(manifest.entries[6].target == "../elsewhere")
        #expect(manifest.size == 9 + 5 + 5 + 70_000 + 4)
        #expect(try site.directory.files(below: "data/projects/default/contexts/ingest") == [])
    }

    @Test func theLastOfEqualPathsCounts() async throws {
        let site = try await ServiceSite()
        let manifest = try await Self.receive(
            await Self.tar("add('a', b'1')\nadd('b/c', b'2')\nadd('a', b'3')\nadd('./b/c', b'4')"), at: site)
        #expect(manifest.entries.map(\.path) == ["a", "b/c"])
        #expect(manifest.entries[0].digest == (try Digester.digest(of: Array("3".utf8))))
        #expect(manifest.entries[1].digest == (try Digester.digest(of: Array("4".utf8))))
    }

    @Test(arguments: [
        ("add('../evil', b'x')", "'../evil'"), ("add('a/../../evil', b'x')", "'a/../../evil'"),
        ("add('/etc/passwd', b'x')", "'/etc/passwd'"), ("add('//etc/passwd', b'x')", "'//etc/passwd'"),
        ("add('a', type=tarfile.SYMTYPE, linkname='/tmp')\nadd('a/evil', b'x')", "'a/evil' lies below 'a'"),
        ("add('a', type=tarfile.SYMTYPE, linkname='.')\nadd('a/b/evil', b'x')", "'a/b/evil' lies below 'a'"),
        ("add('a', b'x')\nadd('a/b', b'x')", "'a/b' lies below 'a'"),
        (
            "add('a', type=tarfile.LNKTYPE, linkname='/etc/passwd')",
            "'a' in the archive is a hard link to '/etc/passwd'"
        ),
        ("add('a', type=tarfile.LNKTYPE, linkname='../b')", "'a' in the archive is a hard link to '../b'"),
        ("add('a', type=tarfile.LNKTYPE, linkname='b')\nadd('b', b'x')", "no file that stands before it"),
        (
            "add('l', type=tarfile.SYMTYPE, linkname='x')\nadd('a', type=tarfile.LNKTYPE, linkname='l')",
            "hard link to 'l'"
        ),
        ("add('dev/null', type=tarfile.CHRTYPE, devmajor=1, devminor=3)", "'dev/null' in the tar is a device"),
        ("add('dev/sda', type=tarfile.BLKTYPE, devmajor=8)", "'dev/sda' in the tar is a device"),
        ("add('a', b'x')\nadd('queue', type=tarfile.FIFOTYPE)", "'queue' in the tar is a device, a pipe"),
    ])
    func hostileArchives(_ lines: String, _ words: String) async throws {
        let site = try await ServiceSite()
        for mode in ["w", "w:gz"] {
            let bytes = try await Self.tar(lines, mode: mode)
            let error = await #expect(throws: ServiceError.self) { try await Self.receive(bytes, at: site) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        // Nothing of it is kept.
        #expect(try site.directory.files(below: "data") == [])
        #expect(!FileSystem.exists(site.root.appending("evil")))
    }

    @Test func limits() async throws {
        let site = try await ServiceSite {
            $0.contextLimits = ContextLimits(entries: 20, size: 1 << 20, fileSize: 1000, pathLength: 50)
        }
        let archives = [
            ("add('a', b'x' * 1001)", "1000 bytes"), ("for i in range(21): add(str(i))", "20 entries"),
            ("add('x' * 51)", "longer than 50 bytes"),
            // It says that it is large, and is small.
            (
                "add('a', b'x' * 1000)\nhead = tarfile.TarInfo('b')\nhead.size = 1 << 40\n"
                    + "tar.fileobj.write(head.tobuf(tarfile.GNU_FORMAT))", "1048576 bytes"
            ),
        ]
        for (lines, words) in archives {
            let error = await #expect(throws: ServiceError.self) {
                try await Self.receive(await Self.tar(lines), at: site)
            }
            #expect(error?.code == .tooLarge)
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        // A bomb: small as it is sent, large as it is unpacked.
        let bomb = try await Self.tar("for i in range(3): add(str(i), b'\\0' * (1 << 19))", mode: "w:gz")
        #expect(bomb.count < 10_000)
        let error = await #expect(throws: ServiceError.self) { try await Self.receive(bomb, at: site) }
        #expect(error?.code == .tooLarge)
        // And one that is too large as it is sent.
        let large = await #expect(throws: ServiceError.self) {
            try await Self.receive([UInt8](repeating: 0, count: 1 << 21), at: site, pieces: 40)
        }
        #expect(large?.code == .tooLarge)
        #expect(try site.directory.files(below: "data") == [])
    }

    @Test(arguments: ["w", "w:gz"])
    func whatIsCutOffIsRefused(_ mode: String) async throws {
        let site = try await ServiceSite()
        let whole = try await Self.tar("for i in range(40): add(str(i), bytes([i]) * 3000)", mode: mode)
        for count in [whole.count / 3, whole.count / 2] {
            let error = await #expect(throws: ServiceError.self) {
                try await Self.receive(Array(whole.prefix(count)), at: site)
            }
            #expect(error?.code == .invalidRequest, "\(error?.description ?? "")")
        }
        // The connection ends in the middle.
        await #expect(throws: AsyncChunks.Cut.self) {
            try await site.service.contexts.receiveArchive(
                project: "default", from: AsyncChunks([Array(whole.prefix(1000))], isCut: true))
        }
        #expect(try site.directory.files(below: "data") == [])
    }

    @Test(arguments: [
        Array("this is no archive, however long its text may be\n".utf8), [0x1f, 0x8b], [0x1f, 0x8b, 8, 0, 1, 2, 3],
        [UInt8](repeating: 0xff, count: 2000),
    ])
    func whatIsNoArchiveIsRefused(_ bytes: [UInt8]) async throws {
        let site = try await ServiceSite()
        let error = await #expect(throws: ServiceError.self) { try await Self.receive(bytes, at: site) }
        #expect(error?.code == .invalidRequest)
        #expect(try site.directory.files(below: "data") == [])
    }
}
