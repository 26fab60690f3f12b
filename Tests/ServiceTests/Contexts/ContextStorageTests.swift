import Content
import Diagnostics
import Foundation
import OCI
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// Contexts that come file by file: what is missing, what is refused, and whose content is whose.
@Suite struct ContextStorageTests {
    private static func file(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws -> ContextManifest.Entry {
        .init(path: path, kind: .file, mode: mode, size: Int64(bytes.count), digest: try Digester.digest(of: bytes))
    }

    private static func upload(_ bytes: [UInt8], to storage: ContextStorage, _ project: String = "default") async throws
        -> Digest
    {
        let digest = try Digester.digest(of: bytes)
        try await storage.receive(digest, project: project, from: AsyncChunks([bytes]))
        return digest
    }

    @Test func onlyWhatIsMissingIsAskedFor() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        let digests = try ["a", "b", "c"].map { try Digester.digest(of: Array($0.utf8)) }
        #expect(try contexts.missing(digests + digests, project: "default") == digests)
        _ = try await Self.upload(Array("b".utf8), to: contexts)
        #expect(try contexts.missing(digests, project: "default") == [digests[0], digests[2]])
        // What is there is not read again.
        let again = try await contexts.receive(digests[1], project: "default", from: AsyncChunks([], isCut: true))
        #expect(!again)
        let error = await #expect(throws: ServiceError.self) {
            _ = try await contexts.commit(
                ContextManifest(entries: [
                    try Self.file("a", Array("a".utf8)), try Self.file("b", Array("b".utf8)),
                    try Self.file("c", Array("c".utf8)),
                ]), project: "default")
        }
        #expect(error?.code == .missingContent)
        #expect(error?.context.map(\.value) == [digests[0], digests[2]].map(\.description))
    }

    @Test func aContextComesBackAsItWas() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        let large = sampleBytes(300_000)
        for bytes in [[], Array("x".utf8), large] { _ = try await Self.upload(bytes, to: contexts) }
        let manifest = ContextManifest(entries: [
            try Self.file("a/b/c.txt", Array("x".utf8)), .init(path: "empty", kind: .directory, mode: 0o755),
            .init(path: "inside", kind: .link, mode: 0o777, target: "a/b"), try Self.file("large.bin", large),
            .init(path: "outside", kind: .link, mode: 0o777, target: "../../etc/passwd"),
            try Self.file("run.sh", [], mode: 0o755),
        ])
        let digest = try await contexts.commit(manifest, project: "default")
        #expect(try await contexts.manifest(of: digest, project: "default") == manifest)
        #expect(try await contexts.commit(manifest, project: "default") == digest)
        let tree = site.root.appending("tree")
        try await contexts.tree(digest, project: "default", at: tree).writeAll()
        #expect(try site.directory.files(below: "tree") == ["a/b/c.txt", "inside", "large.bin", "outside", "run.sh"])
        #expect(try FileSystem.linkTarget(tree.appending("outside")) == "../../etc/passwd")
        #expect(try FileSystem.read(tree.appending("large.bin")) == large)
        #expect(try FileSystem.status(tree.appending("run.sh"))?.mode == 0o755)
        #expect(try FileSystem.status(tree.appending("empty"))?.kind == .directory)
        // Nobody can write through another name of the stored content.
        #expect(try FileSystem.status(tree.appending("large.bin"))?.mode == 0o444)
        let confined = site.root.appending("confined")
        try await contexts.tree(digest, project: "default", at: confined, links: .inside).writeAll()
        #expect(try site.directory.files(below: "confined") == ["a/b/c.txt", "inside", "large.bin", "run.sh"])
    }

    @Test func aTreeHasWhatItsReadersAskFor() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        let context = try await site.upload([
            "a/b/one": [1], "a/two": [2], "code/main.py": [3], "requirements.txt": [4],
        ])
        let root = site.root.appending("tree")
        let tree = try await contexts.tree(context, project: "default", at: root)
        #expect(try site.directory.files(below: "tree") == [])
        try tree.write(root.appending("requirements.txt"))
        // What is not there, or is elsewhere, is its reader's to miss.
        for path in ["uv.toml", "../other", "../../etc/passwd"] { try tree.write(root.pushing(FilePath(path))) }
        #expect(try site.directory.files(below: "tree") == ["requirements.txt"])
        try tree.write(root.appending("a/b/../two"))
        #expect(try site.directory.files(below: "tree") == ["a/two", "requirements.txt"])
        try tree.write(root.appending("a"))
        #expect(try site.directory.files(below: "tree") == ["a/b/one", "a/two", "requirements.txt"])
        try tree.writeAll()
        try tree.writeAll()
        #expect(try site.directory.files(below: "tree") == ["a/b/one", "a/two", "code/main.py", "requirements.txt"])
    }

    @Test func whereLinksAreAPathMayLeadAnywhereInTheTree() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        _ = try await Self.upload([1], to: contexts)
        let manifest = ContextManifest(entries: [
            .init(path: "link", kind: .link, mode: 0o777, target: "real"), try Self.file("real/list.txt", [1]),
        ])
        let context = try await contexts.commit(manifest, project: "default")
        let root = site.root.appending("tree")
        try await contexts.tree(context, project: "default", at: root, links: .inside)
            .write(root.appending("link/list.txt"))
        #expect(try FileSystem.read(root.appending("link/list.txt")) == [1])
    }

    @Test func aUseKeepsAContextWithItsContent() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        let context = try await site.upload(["a": [1]])
        let file = try contexts.store(of: "default").path(of: Digester.digest(of: [1]))
        func used() throws -> Int64 { try #require(try FileSystem.status(file)).used }
        try age(file, by: .seconds(3600))
        let old = try used()
        // The context was used a moment ago.
        _ = try await contexts.use(context, project: "default")
        #expect(try used() == old)
        await site.store.advance(by: .seconds(90))
        _ = try await contexts.manifest(of: context, project: "default")
        #expect(try used() == old)
        _ = try await contexts.use(context, project: "default")
        #expect(try used() > old)
        // The clock runs on.
        #expect(try #require(await site.store.idleTime(ofContext: context, project: "default")) < .seconds(90))
    }

    @Test func anotherProjectsContentCannotBeHadByItsDigest() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        let secret = Array("another's secret".utf8)
        let digest = try await Self.upload(secret, to: contexts, "owner")
        let manifest = ContextManifest(entries: [try Self.file("a", secret)])
        let context = try await contexts.commit(manifest, project: "owner")
        // Neither asked for, nor named in a manifest, nor as a context.
        #expect(try contexts.missing([digest, context], project: "thief") == [digest, context])
        let committed = await #expect(throws: ServiceError.self) {
            try await contexts.commit(manifest, project: "thief")
        }
        #expect(committed?.code == .missingContent)
        let read = await #expect(throws: ServiceError.self) {
            try await contexts.manifest(of: context, project: "thief")
        }
        #expect(read?.code == .missingContent)
        await #expect(throws: ServiceError.self) {
            try await contexts.tree(context, project: "thief", at: site.root.appending("stolen"))
        }
        // The answer is the same as for what nobody has.
        let unknown = try Digester.digest(of: Array("unknown".utf8))
        let other = await #expect(throws: ServiceError.self) {
            try await contexts.manifest(of: unknown, project: "thief")
        }
        #expect(
            read?.message.replacing(context.description, with: "")
                == other?.message.replacing(unknown.description, with: ""))
        // A file that was uploaded is not a context, though it has a digest.
        await #expect(throws: ServiceError.self) { try await contexts.manifest(of: digest, project: "owner") }
    }

    @Test(arguments: ["..", "a/b", "", "A", "../owner"])
    func projectsAreNoPaths(_ project: String) async throws {
        let site = try await ServiceSite()
        let error = #expect(throws: ServiceError.self) { try site.service.contexts.missing([], project: project) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func anUploadThatIsCutOffLeavesNothing() async throws {
        let site = try await ServiceSite()
        let contexts = site.service.contexts
        let bytes = sampleBytes(100_000)
        let digest = try Digester.digest(of: bytes)
        await #expect(throws: AsyncChunks.Cut.self) {
            try await contexts.receive(digest, project: "default", from: AsyncChunks([bytes], isCut: true))
        }
        let error = await #expect(throws: ServiceError.self) {
            try await contexts.receive(digest, project: "default", from: AsyncChunks([bytes.dropLast()]))
        }
        #expect(error?.code == .invalidRequest)
        #expect(try site.directory.files(below: "data") == [])
        #expect(try contexts.missing([digest], project: "default") == [digest])
        try await contexts.receive(digest, project: "default", from: AsyncChunks([bytes]))
        #expect(try contexts.missing([digest], project: "default") == [])
    }

    // MARK: Limits

    @Test func limits() async throws {
        let limits = ContextLimits(entries: 3, size: 100, fileSize: 60, pathLength: 20)
        let site = try await ServiceSite { $0.contextLimits = limits }
        let contexts = site.service.contexts
        func commit(_ entries: [ContextManifest.Entry]) async throws {
            _ = try await contexts.commit(ContextManifest(entries: entries), project: "default")
        }
        let bytes = [UInt8](repeating: 1, count: 50)
        _ = try await Self.upload(bytes, to: contexts)
        try await commit([Self.file("a", bytes), Self.file("b", bytes)])
        let cases: [[ContextManifest.Entry]] = [
            [try Self.file("a", bytes), try Self.file("b", bytes), try Self.file("c", bytes)],
            ["a", "b", "c", "d"].map { .init(path: $0, kind: .directory, mode: 0o755) },
            [try Self.file(String(repeating: "x", count: 21), bytes)],
            [try Self.file("a", [UInt8](repeating: 2, count: 61))],
        ]
        for entries in cases {
            let error = await #expect(throws: ServiceError.self) { try await commit(entries) }
            #expect(error?.code == .tooLarge, "\(error?.message ?? "")")
        }
        let long = [UInt8](repeating: 2, count: 61)
        let error = await #expect(throws: ServiceError.self) { try await Self.upload(long, to: contexts) }
        #expect(error?.code == .tooLarge)
        #expect(try contexts.missing([Digester.digest(of: long)], project: "default").count == 1)
    }

    struct Bad: CustomTestStringConvertible {
        let words: String
        let entries: [ContextManifest.Entry]

        init(_ words: String, _ entries: ContextManifest.Entry...) {
            self.words = words
            self.entries = entries
        }

        var testDescription: String { "\(words): \(entries.map(\.path))" }
    }

    private static func empty(_ path: String) -> ContextManifest.Entry {
        // SHA-256 of nothing.
        let digest = try? Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        return .init(path: path, kind: .file, mode: 0o644, size: 0, digest: digest)
    }

    private static func link(_ path: String, _ target: String?) -> ContextManifest.Entry {
        .init(path: path, kind: .link, mode: 0o777, target: target)
    }

    @Test(arguments: [
        Bad("", empty("/etc/passwd")), Bad("", empty("../evil")), Bad("", empty("a/../../evil")), Bad("", empty(".")),
        Bad("", empty("a/./b")), Bad("", empty("a//b")), Bad("", empty("")), Bad("", empty("a\0b")),
        Bad("ends in a slash", .init(path: "a/", kind: .directory, mode: 0o755)),
        Bad("is there twice", empty("a"), empty("a")), Bad("sorted by the bytes", empty("b"), empty("a")),
        Bad("lies below 'a', which is no directory", link("a", "/tmp"), empty("a/b")),
        Bad("lies below 'a', which is no directory", empty("a"), empty("a/b/c")),
        Bad("has no sha256 digest", .init(path: "a", kind: .file, mode: 0o644)),
        Bad("without a target", link("a", nil)), Bad("without a target", link("a", "")),
        Bad("without a target", link("a", "b\0c")),
        Bad("without a target", link("a", String(repeating: "x", count: 4096))),
        Bad("negative size", .init(path: "a", kind: .file, mode: 0o644, size: -1, digest: empty("a").digest)),
        Bad("is a directory with", .init(path: "a", kind: .directory, mode: 0o755, size: 1)),
    ])
    func badManifests(_ bad: Bad) async throws {
        let site = try await ServiceSite()
        _ = try await Self.upload([], to: site.service.contexts)
        let error = await #expect(throws: ServiceError.self) {
            _ = try await site.service.contexts.commit(ContextManifest(entries: bad.entries), project: "default")
        }
        #expect(error?.code == .invalidRequest)
        let message = error?.message ?? ""
        #expect(bad.words.isEmpty || message.contains(bad.words), "\(message)")
    }

    @Test func aSizeThatIsNotTheContentsIsRefused() async throws {
        let site = try await ServiceSite()
        _ = try await Self.upload(Array("abc".utf8), to: site.service.contexts)
        var entry = try Self.file("a", Array("abc".utf8))
        entry.size = 4
        let manifest = ContextManifest(entries: [entry])
        let error = await #expect(throws: ServiceError.self) {
            _ = try await site.service.contexts.commit(manifest, project: "default")
        }
        #expect(error?.message == "'a' has 4 bytes by the manifest, its content 3")
    }

    @Test(arguments: [
        ("a", "b", true), ("a/b", "../c", true), ("a/b", "../../c", false), ("a", "/etc/passwd", false),
        ("a/b", "../../etc", false), ("a", "..", false), ("a", "b/../..", false), ("a", "./b/../c", true),
        ("a", "up/x", false), ("a", "up/../x", false), ("a", "root/etc", false), ("a", "loop/x", false),
        ("a", "down/../x", true), ("a", "down/../../../x", false),
    ])
    func links(_ path: String, _ target: String, _ staysInside: Bool) {
        let links = ContextLinks(
            ContextManifest(entries: [
                Self.link("down", "d/e"), Self.link("loop", "loop"), Self.link("root", "/"), Self.link("up", ".."),
            ]))
        #expect(links.staysInside(target, at: path) == staysInside)
    }
}
