import Content
import Diagnostics
import OCI
import RegistryTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Registry

/// What the doctor found out counts in later pushes.
@Suite struct StoredProfileTests {
    private let time = TestTime()

    private func client(_ profiles: StoredProfiles = StoredProfiles()) throws -> RegistryClient {
        var settings = RegistrySettings()
        settings.profiles = profiles
        let hosts = try RegistryHosts(settings)
        return RegistryClient(
            client: HTTPClient(configuration: hosts.clientConfiguration), retrier: Retrier(time: time.source),
            hosts: hosts)
    }

    /// By the fault, what is found out, and how a blob of 5 MiB is pushed then: without a request that is refused, after which
    /// there would be others.
    static let rows: [(String, [Fault], StoredProfile, [String])] = [
        ("nothing particular", [], profile(RegistryProfile().uploads), ["PUT"]),
        ("no chunks (kitops#777)", [Fault(.answer(LoopbackResponse(405)), on: "PATCH")], profile(.whole), ["PUT"]),
        (
            "no chunks above 4 MiB (rust-oci-client#35)",
            [Fault(.refuseBodies(above: 4 << 20, status: 416), on: "PATCH")], profile(.whole), ["PUT"]
        ),
        (
            "no bodies above 4 MiB", [Fault(.refuseBodies(above: 4 << 20, status: 413))],
            profile(RegistryProfile().uploads, largestBody: 4 << 20), ["PATCH", "PATCH", "PUT"]
        ),
        (
            "no bodies above 1 MiB (kubernetes-ingress#122)", [Fault(.refuseBodies(above: 1 << 20, status: 413))],
            profile(RegistryProfile().uploads, largestBody: 1 << 20),
            ["PATCH", "PATCH", "PATCH", "PATCH", "PATCH", "PUT"]
        ),
        (
            "no upload in one request (buildkit#1130)",
            [Fault(.refuseBodies(above: 0, status: 404), on: "PUT", path: "/blobs/uploads/")],
            profile(.alwaysChunked), ["PATCH", "PUT"]
        ),
        (
            "no mounts (ggcr#1679)", [Fault(.answer(LoopbackResponse(400)), query: "mount")],
            profile(RegistryProfile().uploads, mounts: false), ["PUT"]
        ),
    ]

    private static func profile(
        _ uploads: RegistryProfile.UploadStyle, largestBody: Int64? = nil, mounts: Bool = true
    ) -> StoredProfile {
        var profile = StoredProfile()
        profile.uploads = uploads
        profile.largestBody = largestBody
        profile.mounts = mounts
        return profile
    }

    @Test(arguments: rows)
    func aPushAsksForNothingThatIsRefused(
        _ name: String, faults: [Fault], expected: StoredProfile, uploads: [String]
    ) async throws {
        try await TestRegistry.run(faults: faults) { registry in
            let repository = try registry.reference("team/app")
            let diagnosis = try await client().examine(repository)
            #expect(diagnosis.profile == expected)
            // As a later run of the program reads it.
            let scratch = try TemporaryDirectory()
            let file = scratch.path.appending("settings").appending("registries.toml")
            var profiles = StoredProfiles()
            profiles[registry.host] = diagnosis.profile
            try profiles.write(to: file)
            let read = try StoredProfiles(file)
            #expect(read[registry.host] == expected)

            let before = registry.requests.count
            let blob = try Blob([UInt8](repeating: 7, count: 5 << 20))
            let outcome = try await client(read).push(
                Descriptor(mediaType: .layerGzip, digest: blob.digest, size: blob.size), to: repository,
                mountingFrom: [registry.reference("other/app")]
            ) { blob }
            #expect(outcome == .pushed)
            #expect(registry.blob(blob.digest, in: "team/app")?.count == 5 << 20)
            let requests = registry.requests.dropFirst(before)
            #expect(requests.map(\.method) == ["HEAD", "POST"] + uploads)
            #expect(requests.contains { $0.query("mount") != nil } == expected.mounts)
        }
    }

    @Test func whereNothingMayBePushedNothingIsLearnt() async throws {
        try await TestRegistry.run(faults: [Fault(.answer(LoopbackResponse(403)), on: "POST")]) { registry in
            let diagnosis = try await client().examine(registry.reference("team/app"))
            #expect(diagnosis.profile == nil)
        }
    }

    @Test(arguments: [
        ("[[registry]]\nuploads = \"whole\"", "'registry[0].host' is missing"),
        ("[[registry]]\nhost = \"a\"\nuploads = \"slow\"", "'registry[0].uploads' is 'slow'"),
        ("[[registry]]\nhost = \"a\"\nlargest-body = 0", "'registry[0].largest-body' must be a number of bytes"),
        ("[[registry]]\nhost = \"a\"\nmounts = \"no\"", "'registry[0].mounts' must be true or false"),
        ("registry = 1", "'registry' must be tables"),
        ("[[registry]", "is not TOML"),
    ])
    func aFileThatIsWrongSaysWhere(_ text: String, _ words: String) throws {
        let scratch = try TemporaryDirectory()
        let file = try scratch.write(Array(text.utf8), to: "registries.toml")
        let error = try #require(throws: RegistryError.self) { try StoredProfiles(file) }
        #expect(error.code == .invalidConfiguration && error.blame == .request)
        #expect(error.message.contains(words), "\(error.message)")
        #expect(error.context.contains { $0.value.hasPrefix(file.string) })
    }
}
