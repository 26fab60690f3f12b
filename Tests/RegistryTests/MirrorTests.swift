import Content
import Diagnostics
import OCI
import RegistryTesting
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Registry

/// Pulls by mirrors: who is asked, as whom, and what happens where they fail.
@Suite struct MirrorTests {
    private struct PerHost: CredentialSource {
        let users: [String: String]
        func credential(for registry: String) -> Credential? {
            users[registry].map { Credential(user: $0, password: Secret("secret-of-\($0)")) }
        }
    }

    private let time = TestTime()
    private static let manifest = Array(
        #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#.utf8)

    private func client(
        _ text: String, credentials: any CredentialSource = Anonymous(),
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> RegistryClient {
        let scratch = try TemporaryDirectory()
        var settings = RegistrySettings()
        settings.configuration = try RegistriesConfiguration(
            files: [scratch.write(Array(text.utf8), to: "registries.conf")])
        let hosts = try RegistryHosts(settings)
        return RegistryClient(
            client: HTTPClient(configuration: hosts.clientConfiguration), credentials: credentials,
            retrier: Retrier(time: time.source), hosts: hosts, warn: warn)
    }

    private func conf(_ registry: TestRegistry, mirrors: [String], _ more: String = "") -> String {
        "[[registry]]\nlocation = \"\(registry.host)\"\n\(more)\n"
            + mirrors.map { "[[registry.mirror]]\nlocation = \"\($0)\"\n" }.joined()
    }

    @Test func aMirrorServesTheImageUnderItsOwnName() async throws {
        let user = "mirror-user"
        let access = TestRegistry.Access.basic(user: user, password: "secret-of-\(user)")
        try await TestRegistry.run { registry in
            try await TestRegistry.run(access: access) { mirror in
                let digest = try mirror.putManifest(Self.manifest, .index, in: "cache/team/app", tag: "1")
                let blob = try mirror.putBlob([1, 2, 3], in: "cache/team/app")
                let credentials = PerHost(users: [mirror.host: user, registry.host: "registry-user"])
                let client = try client(conf(registry, mirrors: ["\(mirror.host)/cache"]), credentials: credentials)
                let name = try registry.reference("team/app:1")
                #expect(try await client.resolve(name).digest == digest)
                #expect(try await client.manifest(name.pinned(to: digest)).descriptor.digest == digest)
                let scratch = try TemporaryDirectory()
                let pulled = try await client.pull(
                    Descriptor(mediaType: .layerGzip, digest: blob, size: 3), from: name, into: scratch.store())
                #expect(try pulled.readAll() == [1, 2, 3])
                // Nobody else heard of it.
                #expect(registry.requests.isEmpty)
                // What is written, and what is read to be written, is the registry's.
                await #expect(throws: RegistryError.self) { try await client.manifest(name, asksMirrors: false) }
                try await client.put(ManifestContent(Self.manifest, mediaType: .index), to: name, tag: "2")
                #expect(registry.digest(ofTag: "2", in: "team/app") == digest.description)
                #expect(!mirror.requests.contains { $0.method == "PUT" })
            }
        }
    }

    @Test func whereMirrorsFailTheRegistryIsAsked() async throws {
        let warnings = Mutex<[String]>([])
        try await TestRegistry.run { registry in
            // One without the image, one that fails, one that is not there.
            try await TestRegistry.run { empty in
                try await TestRegistry.run(faults: [Fault(.answer(LoopbackResponse(500)))]) { broken in
                    let digest = try registry.putManifest(Self.manifest, .index, in: "team/app", tag: "1")
                    let mirrors = [empty.host, broken.host, "127.0.0.1:1"]
                    let client = try client(conf(registry, mirrors: mirrors)) { message in
                        warnings.withLock { $0.append(message) }
                    }
                    for _ in 0..<2 {
                        #expect(try await client.resolve(registry.reference("team/app:1")).digest == digest)
                    }
                    #expect(!empty.requests.isEmpty && !broken.requests.isEmpty)
                    let told = warnings.withLock { $0 }
                    #expect(told.count == 2, "\(told)")
                    #expect(told.contains { $0.contains("127.0.0.1:1") })
                    #expect(told.contains { $0.contains(broken.host) && $0.contains("answers 500") })
                }
            }
        }
    }

    @Test func theLastAnswerIsTheRegistrys() async throws {
        try await TestRegistry.run { registry in
            try await TestRegistry.run { mirror in
                let client = try client(conf(registry, mirrors: [mirror.host]))
                let error = try await #require(throws: RegistryError.self) {
                    try await client.resolve(registry.reference("team/app:1"))
                }
                #expect(error.code == .notFound && error.message.hasPrefix(registry.host), "\(error)")
            }
        }
    }

    /// A mirror of tags alone is not asked for digests, one of digests not for tags.
    @Test(arguments: [("tag-only", true, false), ("digest-only", false, true), ("all", true, true)])
    func mirrorsServeWhatTheyAreFor(_ use: String, tags: Bool, digests: Bool) async throws {
        try await TestRegistry.run { registry in
            try await TestRegistry.run { mirror in
                let digest = try registry.putManifest(Self.manifest, .index, in: "team/app", tag: "1")
                try mirror.putManifest(Self.manifest, .index, in: "team/app", tag: "1")
                let text = conf(registry, mirrors: [mirror.host]) + "pull-from-mirror = \"\(use)\"\n"
                let name = try registry.reference("team/app:1")
                _ = try await client(text).manifest(name)
                #expect(mirror.requests.isEmpty != tags)
                let before = mirror.requests.count
                _ = try await client(text).manifest(name.pinned(to: digest))
                #expect((mirror.requests.count > before) == digests)
            }
        }
    }

    @Test func aRemappedNameIsPulledFromItsLocation() async throws {
        try await TestRegistry.run { registry in
            let digest = try registry.putManifest(Self.manifest, .index, in: "inner/app", tag: "1")
            let text = "[[registry]]\nprefix = \"outer.example/team\"\nlocation = \"\(registry.host)/inner\"\n"
            #expect(try await client(text).resolve(Reference("outer.example/team/app:1")).digest == digest)
        }
    }

    @Test func whatIsBlockedIsNeitherPulledNorPushed() async throws {
        try await TestRegistry.run { registry in
            let client = try client(conf(registry, mirrors: [], "blocked = true"))
            let name = try registry.reference("team/app:1")
            for ask in [
                { _ = try await client.resolve(name) },
                { try await client.put(ManifestContent(Self.manifest, mediaType: .index), to: name, tag: "1") },
            ] as [() async throws -> Void] {
                let error = try await #require(throws: RegistryError.self) { try await ask() }
                #expect(error.code == .blocked)
            }
            #expect(registry.requests.isEmpty)
        }
    }
}
