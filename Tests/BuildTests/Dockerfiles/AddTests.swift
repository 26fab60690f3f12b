import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import Python
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Build

/// What ADD does beyond COPY: archives are unpacked, files of the network fetched.
@Suite struct AddTests {
    private let site: BuildSite

    init() async throws { site = try await BuildSite() }

    // MARK: Archives

    /// Writes an archive into the context.
    /// - Parameter entries: a line each: kind, path, mode, owner, and text or target.
    private func archive(_ name: String, _ compression: String, _ entries: [String]) throws {
        let program = """
            import io, sys, tarfile
            with tarfile.open(sys.argv[1], "w:" + sys.argv[2]) as tar:
                for line in sys.argv[3:]:
                    kind, path, mode, owner, text = (line.split(" ") + [""] * 4)[:5]
                    entry = tarfile.TarInfo(path)
                    entry.mode = int(mode or "644", 8)
                    entry.uid = entry.gid = int(owner or 0)
                    kinds = {"d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE, "c": tarfile.CHRTYPE}
                    if kind in kinds:
                        entry.type, entry.linkname = kinds[kind], text
                        tar.addfile(entry)
                    else:
                        body = b"\\0" * int(text) if kind == "z" else text.encode()
                        entry.size = len(body)
                        tar.addfile(entry, io.BytesIO(body))
            """
        let path = site.context.appending(name).string
        let isZstd = compression == "zstd"
        _ = try python(program, [path, isZstd ? "" : compression] + entries)
        guard isZstd else { return }
        try TestSupport.run("bsdtar", ["-c", "--zstd", "-f", "\(path).zst", "@\(path)"])
        try FileSystem.rename(FilePath("\(path).zst"), to: FilePath(path))
    }

    private func add(
        _ sources: String..., to destination: String, into: Bool = true, owner: String? = nil, mode: String? = nil,
        unpacks: Bool? = true
    ) -> FileChange {
        .copy(
            FileCopy(
                sources: sources.map { NamedFiles($0, isPattern: $0.contains("*")) }, destination: destination,
                isIntoDirectory: into, owner: owner.map { FileOwner($0) }, mode: mode, unpacks: unpacks))
    }

    private func spec(_ changes: [FileChange]) -> BuildSpec {
        let instruction = FileInstruction(title: "ADD", place: "Dockerfile:2", changes: changes)
        let step = ChangesStep(source: site.context.string, instructions: [instruction])
        return BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.changes(step)])])
    }

    /// The entries of our own layers, but for the directories of the base.
    private func entries(_ changes: FileChange..., cache: String = "cache") async throws -> [String] {
        let result = try await site.engine(cache: cache).build(spec(changes), tags: [], outputs: [])
        try await result.images.expectSound()
        let image = try #require(result.images.images.first)
        return try await image.ownLines { entry, status, text in
            switch entry.kind {
            case .directory: "\(LayerPath.normalised(entry.path))/ \(status)"
            case .symbolicLink(let target), .hardLink(let target):
                "\(entry.path) \(entry.uid):\(entry.gid) → \(target)"
            case .file: "\(entry.path) \(status) \(try text())"
            }
        }
    }

    private func failure(_ changes: FileChange...) async throws -> any Diagnostic {
        do {
            _ = try await site.engine().plan(spec(changes))
        } catch let error as any Diagnostic {
            return error
        }
        throw Missing()
    }

    private struct Missing: Error {}

    private static let usual = [
        "d d/ 750 7", "f d/a 600 7 one", "l d/l 777 8 a", "h d/h 600 7 d/a", "f ./b 4755 0 two", "f /c 644 0 three",
    ]

    @Test(arguments: ["", "gz", "bz2", "xz", "zstd"]) func archivesAreUnpackedWhateverTheirNames(_ compression: String)
        async throws
    {
        try archive("data", compression, Self.usual)
        let expected = [
            "x/ 755 0:0", "x/b 4755 0:0 two", "x/c 644 0:0 three", "x/d/ 750 7:7", "x/d/a 600 7:7 one",
            "x/d/h 600 7:7 one", "x/d/l 8:8 → a",
        ]
        #expect(try await entries(add("data", to: "/x", into: false)) == expected)
        // What was unpacked before is known, until the cache lets go of it.
        let blobs = site.root.appending("cache").appending("blobs").appending("sha256")
        try FileSystem.removeTree(blobs)
        try FileSystem.makeDirectory(blobs)
        #expect(try await entries(add("da*", to: "/x")) == expected)
        try site.expectWhole()
    }

    @Test func ownersAreThoseOfTheInstruction() async throws {
        try archive("a.tar", "", ["f d/a 600 7 one"])
        #expect(
            try await entries(add("a.tar", to: "/x/y", owner: "5:6"))
                == ["x/ 755 5:6", "x/y/ 755 5:6", "x/y/d/ 755 0:0", "x/y/d/a 600 5:6 one"])
    }

    @Test func whatIsNoArchiveIsCopied() async throws {
        let directory = site.directory
        try directory.write([], to: "context/empty.tar")
        try directory.write([UInt8](repeating: 0, count: 1024), to: "context/zeros.tar.gz")
        try directory.write(Array("PK\u{3}\u{4}".utf8), to: "context/x.zip")
        let found = try await entries(add("empty.tar", "zeros.tar.gz", "x.zip", to: "/x"))
        #expect(found.map { $0.prefix { $0 != " " } } == ["x/", "x/empty.tar", "x/x.zip", "x/zeros.tar.gz"])
        try archive("a.tar", "gz", Self.usual)
        let whole = try await entries(add("a.tar", to: "/x", unpacks: nil))
        #expect(whole.map { $0.prefix { $0 != " " } } == ["x/", "x/a.tar"])
    }

    @Test func linksOfTheImageAreFollowedAndWhatStandsThereIsReplaced() async throws {
        try archive(
            "a.tar", "", ["f lib/x 644 0 one", "d srv 700 3", "f opt/app 644 0 two", "l opt/app 777 0 /nowhere"])
        let found = try await entries(add("a.tar", to: "/"))
        #expect(
            found == [
                "opt/ 755 0:0", "opt/.wh.app 644 0:0 ", "srv/ 700 3:3", "usr/ 755 0:0", "usr/lib/ 755 0:0",
                "usr/lib/x 644 0:0 one", "opt/ 755 0:0", "opt/app 0:0 → /nowhere",
            ])
    }

    @Test(
        arguments: [
            (["f ../x 644 0 a"], "the path '../x' in 'a.tar' leaves its directory by '..'"),
            (["f a/.wh.b 644 0 a"], "the path 'a/.wh.b' in 'a.tar' would remove files of the image"),
            (["c a 644 0"], "'a' in the tar is a device, a pipe or a socket"),
            (["h a 644 0 b"], "'a' in 'a.tar' is a hard link to 'b', which is no file that stands before it"),
            (
                ["h a 644 0 /etc/passwd"],
                "'a' in 'a.tar' is a hard link to 'etc/passwd', which is no file that stands before it"
            ),
        ] as [([String], String)])
    func refuses(_ lines: [String], _ why: String) async throws {
        try archive("a.tar", "gz", lines)
        let error = try await failure(add("a.tar", to: "/x"))
        #expect(error.message == "ADD: \(why)")
        #expect(error.context.first?.value == "Dockerfile:2")
    }

    @Test func flagsThatUnpackingDoesNotKnowAreRefused() async throws {
        try archive("a.tar", "", Self.usual)
        #expect(
            try await failure(add("a.tar", to: "/x", mode: "600")).message
                == "ADD: 'a.tar' is an archive, which is unpacked as it is")
    }

    @Test func bombsAreBounded() throws {
        try archive("bomb", "xz", ["z a 644 0 4000000", "z b 644 0 4000000"])
        let file = try FileReader(site.context.appending("bomb"))
        var unpacker = ArchiveUnpacker(cache: try BuildCache(site.root.appending("cache")))
        unpacker.limits.size = 1 << 20
        let error = #expect(throws: LayerError.self) {
            try unpacker.unpacked(Digester.digest(of: []), named: "bomb") { file }
        }
        #expect(error?.code == .tooLarge)
        unpacker.limits = .init()
        unpacker.limits.entries = 1
        let many = #expect(throws: LayerError.self) {
            try unpacker.unpacked(Digester.digest(of: []), named: "bomb") { file }
        }
        #expect(many?.message == "'bomb' holds more than 1 entries")
        try site.expectWhole()
    }

    @Test func aDamagedArchiveIsNoFile() async throws {
        try archive("a.tar", "gz", Self.usual + ["z big 644 0 300000"])
        let path = site.context.appending("a.tar")
        let bytes = try FileSystem.read(path)
        try FileSystem.write(bytes.prefix(bytes.count - 40), to: path)
        #expect(try await failure(add("a.tar", to: "/x")) is BuildError)
    }

    // MARK: The network

    private func download(
        _ url: String, to destination: String, into: Bool = false, checksum: Digest? = nil, mode: String? = nil,
        unpacks: Bool = false
    ) -> FileChange {
        let name = url.split(separator: "?")[0].split(separator: "/").dropFirst(2).last.map(String.init)
        return .download(
            FileDownload(
                url: url, name: name, checksum: checksum, destination: destination, isIntoDirectory: into, mode: mode,
                unpacks: unpacks))
    }

    @Test func filesOfTheNetworkAreFetched() async throws {
        let tar = try {
            try archive("a.tar", "gz", ["f d/a 600 7 one"]); return try FileSystem.read(site.context.appending("a.tar"))
        }()
        let sum = try Digester.digest(of: "hello".utf8)
        let secret = "s3cretpass"
        try await LoopbackServer.run(answering: { request in
            switch request.path {
            case "/d/f.txt": LoopbackResponse(200, headers: [], text: "hello")
            case "/private":
                LoopbackResponse(
                    request.header("Authorization") == "Basic bWU6czNjcmV0cGFzcw==" ? 200 : 401, headers: [],
                    text: "mine")
            case "/a.tgz": LoopbackResponse(200, headers: [], body: tar)
            default: LoopbackResponse(404)
            }
        }) { server in
            let url = "\(server.origin)/d/f.txt"
            #expect(
                try await entries(download(url + "?token=\(secret)", to: "/x/", into: true))
                    == ["x/ 755 0:0", "x/f.txt 600 0:0 hello"])
            #expect(try await entries(download(url, to: "/x", mode: "644")) == ["x 644 0:0 hello"])
            #expect(
                try await entries(download("\(server.origin)/a.tgz", to: "/x", unpacks: true))
                    == ["x/ 755 0:0", "x/d/ 755 0:0", "x/d/a 600 7:7 one"])
            #expect(
                try await entries(download("http://me:\(secret)@\(server.host)/private", to: "/x"))
                    == ["x 600 0:0 mine"])
            // What is known by its digest is asked for once.
            let before = server.requests.count
            #expect(try await entries(download(url, to: "/y", checksum: sum)) == ["y 600 0:0 hello"])
            #expect(server.requests.count == before)
            let other = try await failure(download(url, to: "/y", checksum: Digester.digest(of: [])))
            #expect(other.message.contains("is not what was promised"))
            #expect(other.context.contains { $0.value == "Dockerfile:2" })
            let gone = try await failure(download("http://me:\(secret)@\(server.host)/none", to: "/y"))
            #expect(gone.message.contains("404") && !"\(gone)".contains(secret))
            let nameless = try await failure(download(server.origin, to: "/y", into: true))
            #expect(nameless.message.contains("404") || nameless.message.contains("names no file"))
        }
    }

    @Test func aServiceConfinesWhatIsFetched() async throws {
        let engine = try site.engine { configuration in
            configuration.confinement = ManifestConfinement(root: site.context) { _ in false }
        }
        let error = try await #require(throws: PythonError.self) {
            try await engine.plan(spec([download("http://127.0.0.1:1/x", to: "/y")]))
        }
        #expect(error.message == "the URL 'http://127.0.0.1:1/x' is not to be used by this build")
    }
}
