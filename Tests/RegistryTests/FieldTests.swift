import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

/// What registries were seen to do, each row with the thread that tells of it: an image is pushed, one of its layers by a
/// mount, an artifact is attached to it, and all is read again, from a registry that does just that.
@Suite struct FieldTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// Where somebody tells of it.
        let thread: String
        /// What the registry does.
        let behaviour: String
        /// How it is told to do that, given the origin of the storage behind it.
        let faults: @Sendable (_ storage: String) -> [Fault]
        var style = RegistryProfile.UploadStyle.chunked(above: 100_000)
        var listsReferrers = true
        /// The code and some words of the error that it ends with; nil ends well.
        var failure: (code: String, words: String)?
        /// The tag is there already, with another image.
        var isTaken = false
        var attempts = RetryPolicy().attempts

        var testDescription: String { "\(thread): \(behaviour)" }

        init(_ thread: String, _ behaviour: String, _ faults: Fault...) {
            (self.thread, self.behaviour, self.faults) = (thread, behaviour, { _ in faults })
        }

        init(_ thread: String, _ behaviour: String, with faults: @escaping @Sendable (String) -> [Fault]) {
            (self.thread, self.behaviour, self.faults) = (thread, behaviour, faults)
        }

        func with(_ change: (inout Row) -> Void) -> Row {
            var row = self
            change(&row)
            return row
        }

        func sending(_ style: RegistryProfile.UploadStyle) -> Row { with { $0.style = style } }
        func failing(_ code: String, _ words: String) -> Row { with { $0.failure = (code, words) } }
        var withoutReferrers: Row { with { $0.listsReferrers = false } }
        var withTakenTag: Row { with { $0.isTaken = true } }
    }

    private static let image = Result { try SampleImage(layers: [5 << 20, 300_000, 5000]) }
    private static let usual = RegistryProfile().uploads
    private static let uploads = "/uploads/"
    private static let busy = LoopbackResponse(429, headers: [("Retry-After", "7")], text: "slow down")
    private static let webPage = LoopbackResponse(303, headers: [("Location", "/none")])

    static let rows: [Row] = mounts + places + sessions + bodies + failures + names + referrers

    private static let mounts = [
        Row("harbor#22863", "202 on mount", Fault(.ignoreMount, on: "POST", query: "mount")),
        Row("ggcr#1679", "400 on mount", Fault(.answer(LoopbackResponse(400)), on: "POST", query: "mount")),
        Row("ggcr#1679", "401 on mount", Fault(.answer(LoopbackResponse(401)), on: "POST", query: "mount")),
    ]

    private static let places = [
        Row("acr#217", "307 to another host for a blob") { [Fault(.redirect($0), on: "GET", path: "/blobs/sha256")] },
        Row("acr#217", "307 to another host for a chunk") { [Fault(.redirect($0), on: "PATCH")] },
        Row("acr#217", "307 to another host for a whole body") { storage in
            [Fault(.redirect(storage), on: "PUT", path: uploads)]
        }.sending(.whole),
        Row("oras-go#177", "a relative Location", Fault(.relativeLocation)),
        Row("oras-go#177", "a Location at another host") { [Fault(.otherOrigin($0), on: "POST", path: uploads)] },
        Row("distribution#2862", "a Location without the port", Fault(.dropPort)),
    ]

    private static let sessions = [
        Row(
            "buildx#324", "tokens that expire between chunks",
            Fault(.expireToken, on: "PATCH", skipping: 1, times: 1),
            Fault(.expireToken, on: "PATCH", skipping: 20, times: 1)),
        Row("moby#27623", "a break in a chunk, of which a part is kept", once(.breakOff(afterReceiving: 30_000))),
        Row("distribution#785", "a reset in a chunk, of which nothing is kept", once(.hangUp(afterReceiving: 30_000))),
        Row(
            "distribution#785", "a reset in a whole body",
            Fault(.hangUp(afterReceiving: 200_000), on: "PUT", path: uploads, times: 2)
        ).sending(.whole),
        Row("distribution#785", "a reset before anything is said", Fault(.hangUp(afterReceiving: 0), times: 3)),
        Row("regclient#69", "an answer that gets lost", once(.cut(after: 0), on: "PUT", after: 0)),
        Row("distribution#2363", "a short Range", once(.shortRange(40_000))),
        Row("azure-sdk-for-python#29738", "a lost session", once(.loseSession)),
        Row("regclient#323", "404 to a chunk that is sent again", once(.answer(LoopbackResponse(404)))),
    ]

    private static let bodies = [
        Row("kitops#777", "no chunks", Fault(.answer(LoopbackResponse(405, text: "no")), on: "PATCH")),
        Row(
            "rust-oci-client#35", "416 to all but small chunks",
            Fault(.refuseBodies(above: 50_000, status: 416), on: "PATCH")),
        Row(
            "cloudflare/serverless-registry#67", "no body above 4 MiB",
            Fault(.refuseBodies(above: 4 << 20, status: 413))
        )
        .sending(usual),
        Row(
            "buildkit#1130", "404 where a session is opened and ended in two requests",
            Fault(.answer(LoopbackResponse(404, text: "not found")), on: "PUT", path: uploads, times: 1)
        ).sending(usual),
        Row("buildkit#1130", "the same, by its profile").sending(.alwaysChunked),
        Row("distribution#469", "bodies that come and go slowly", Fault(.slow(.milliseconds(1)), path: "/blobs/")),
        Row(
            "distribution-library-image#201", "a stall in an upload",
            Fault(.stall(afterReceiving: 50_000), on: "PATCH", skipping: 1, times: 1)),
        Row(
            "containers/image#1145", "a stall in a pull",
            Fault(.stallAnswer(after: 50_000), on: "GET", path: "/blobs/sha256", times: 1)),
        Row(
            "containers/image#1145", "a reset in a pull",
            Fault(.cut(after: 50_000), on: "GET", path: "/blobs/sha256", times: 3)),
        Row("distribution#469", "a stall without an end", Fault(.stall(afterReceiving: 0), on: "POST"))
            .with { $0.attempts = 1 }.failing("timed_out", "too slow"),
    ]

    private static let failures = [
        Row("containerd#10447", "429 with Retry-After", Fault(.answer(busy), on: "POST", times: 3)),
        Row("moby#20936", "429 to whatever comes", Fault(.answer(busy), times: 4)),
        Row(
            "distribution-library-image#89", "5xx now and then",
            Fault(.answer(LoopbackResponse(500, text: "oops")), on: "PATCH", skipping: 1, times: 2),
            Fault(.answer(LoopbackResponse(503)), on: "HEAD", times: 2),
            Fault(.answer(LoopbackResponse(502, text: "bad gateway")), on: "PUT", path: "manifests", times: 2)),
        Row(
            "buildkit#1143", "errors in plain text",
            Fault(.answer(LoopbackResponse(403, text: "the quota of team is used up")), on: "PUT", path: "manifests")
        ).failing("denied", "answers 403: the quota of team is used up"),
        Row(
            "nexus-public#264", "a manifest whose blobs are said to be missing",
            Fault(
                .answer(
                    LoopbackResponse(
                        400,
                        text: #"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#)),
                on: "PUT", path: "manifests")
        ).failing("blob_unknown", "MANIFEST_BLOB_UNKNOWN: blob unknown to registry"),
    ]

    private static let names = [
        Row("buildkit#3776", "immutable tags, a new one", Fault(.immutableTags)),
        Row(
            "buildkit#3776", "immutable tags, the same image by somebody faster",
            Fault(.cut(after: 0), on: "PUT", path: "manifests/1", times: 1), Fault(.immutableTags)),
        Row("kaniko#3481", "immutable tags, another image", Fault(.immutableTags)).withTakenTag.failing(
            "refused", "cannot be overwritten because the tag is immutable"),
        Row(
            "kaniko#1120", "no repository that was not made before",
            Fault(
                .answer(LoopbackResponse(404, text: #"{"errors":[{"code":"NAME_UNKNOWN","message":"no such name"}]}"#)),
                on: "POST")
        ).failing("not_found", "NAME_UNKNOWN: no such name"),
    ]

    private static let referrers = [
        Row("ggcr#1647", "no referrers").withoutReferrers,
        Row(
            "artifacthub/hub#4785", "a web page in the place of referrers",
            Fault(.answer(webPage), on: "GET", path: "/referrers/")
        ).withoutReferrers,
        Row("ggcr#1543", "400 to referrers", Fault(.answer(LoopbackResponse(400)), on: "GET", path: "/referrers/"))
            .withoutReferrers,
    ]

    private static func once(_ effect: Fault.Effect, on method: String = "PATCH", after count: Int = 1) -> Fault {
        Fault(effect, on: method, path: uploads, skipping: count, times: 1)
    }

    @Test(arguments: rows)
    func anImageGoesThereAndComesBack(_ row: Row) async throws {
        let image = try Self.image.get()
        try await TestRegistry.run { storage in
            try await TestRegistry.run(
                access: .bearer(), faults: row.faults(storage.origin), sharing: storage,
                listsReferrers: row.listsReferrers
            ) { registry in
                if row.isTaken { try registry.putManifest(Array("{}".utf8), .manifest, in: "app", tag: "1") }
                guard let failure = row.failure else {
                    try await travel(of: image, row, registry)
                    // What is the registry's alone goes to nobody else.
                    #expect(storage.requests.allSatisfy { $0.header("Authorization") == nil })
                    #expect(try registry.missing() == [])
                    return
                }
                do {
                    try await travel(of: image, row, registry)
                    Issue.record("this cannot end well")
                } catch let error as any Diagnostic {
                    #expect("\(error)".contains(failure.words), "\(error)")
                    #expect(
                        (error as? RegistryError)?.code.rawValue ?? (error as? TransferError)?.code.rawValue
                            == failure.code)
                }
                #expect(try registry.missing() == [])
            }
        }
    }

    private func travel(of image: SampleImage, _ row: Row, _ registry: TestRegistry) async throws {
        let client = RegistryClient(
            client: HTTPClient(),
            retrier: Retrier(policy: RetryPolicy(attempts: row.attempts), time: TestTime().source),
            profile: { _ in
                var profile = RegistryProfile()
                profile.uploads = row.style
                (profile.stall, profile.uploadStall) = (.seconds(1), .seconds(1))
                return profile
            })
        let name = try registry.reference("app:1")
        let base = try registry.reference("base")
        try registry.putBlob(image.layers[2].readAll(), in: "base")
        let session = PushSession(client, to: name)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for blob in image.blobs {
                group.addTask {
                    let sources = blob.digest == image.layers[2].digest ? [base] : []
                    try await session.push(SampleImage.descriptor(blob), mountingFrom: sources) { blob }
                }
            }
            try await group.waitForAll()
        }
        try await session.finish([image.manifest], tags: ["1"])

        let note = try Blob(Array("note".utf8))
        let empty = try Blob(ArtifactManifest.emptyContent)
        let artifact = ArtifactManifest(
            type: MediaType(rawValue: "application/x-note"), content: SampleImage.descriptor(note), empty: empty.digest,
            subject: image.manifest.descriptor)
        for blob in [note, empty] { try await session.push(SampleImage.descriptor(blob)) { blob } }
        let attached = try await client.attach(artifact, to: name)

        #expect(try await client.resolve(name) == image.manifest.descriptor)
        #expect(try await client.manifest(name) == image.manifest)
        #expect(
            try await client.referrers(to: image.manifest.descriptor.digest, in: name).map(\.digest) == [
                attached.digest
            ])
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        for blob in image.blobs {
            let pulled = try await client.pull(SampleImage.descriptor(blob), from: name, into: store)
            #expect(pulled.digest == blob.digest)
        }
    }
}
