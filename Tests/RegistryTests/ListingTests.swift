import Content
import Diagnostics
import OCI
import RegistryTesting
import Synchronization
import TestSupport
import Testing
import Transfer

@testable import Registry

/// Tags, referrers, deletion and warnings.
@Suite struct ListingTests {
    private let time = TestTime()
    private let image: SampleImage

    init() throws { image = try SampleImage() }

    private var client: RegistryClient {
        RegistryClient(client: HTTPClient(), retrier: Retrier(time: time.source))
    }

    @Test(arguments: [
        ([#"</v2/a/tags/list?n=2&last=b>; rel="next""#], "/v2/a/tags/list?n=2&last=b"),
        ([#"<https://h/x>; rel=next; title="t""#], "https://h/x"),
        ([#"</first>; rel="first", </n>; rel="next""#], "/n"),
        ([#"</p>; rel="prev""#, #"</n>;rel=next"#], "/n"), ([#"</p>; rel="prev""#], ""),
        (["rel=next"], ""), ([], ""),
    ])
    func linksAreRead(values: [String], next: String) {
        #expect(RegistryPages.next(values) ?? "" == next)
    }

    @Test func tagsComeInPages() async throws {
        let tags = (100..<111).map { "t\($0)" }
        // The registry's pages are smaller than what is asked for.
        func page(_ index: Int, next: String?) -> LoopbackResponse {
            let part = tags[index * 4..<min(tags.count, index * 4 + 4)].map { "\"\($0)\"" }.joined(
                separator: ",")
            return LoopbackResponse(
                200, headers: next.map { [("Link", "<\($0)>; rel=\"next\"")] } ?? [],
                text: "{\"name\":\"a\",\"tags\":[\(part)]}")
        }
        let busy = LoopbackResponse(503, text: "later")
        let faults = [
            Fault(.answer(page(0, next: "/v2/a/tags/list?page=1")), query: "n", times: 1),
            Fault(.answer(busy), query: "page", times: 1),
            Fault(.answer(page(1, next: "list?last=2")), query: "page", times: 1),
            Fault(.answer(page(2, next: nil)), query: "last", times: 1),
        ]
        try await TestRegistry.run(faults: faults) { registry in
            let name = try registry.reference("a")
            #expect(try await client.tags(of: name) == tags)
        }
        for (link, code) in [
            ("/v2/a/tags/list?n=1000", RegistryErrorCode.invalidAnswer),
            ("http://127.0.0.1:1/x", .invalidAnswer),
        ] {
            try await TestRegistry.run(faults: [Fault(.answer(page(0, next: link)))]) { registry in
                let name = try registry.reference("a")
                let error = try await #require(throws: RegistryError.self) {
                    try await client.tags(of: name)
                }
                #expect(error.code == code)
                #expect(registry.requests.count == 1)
            }
        }
        try await TestRegistry.run(faults: [Fault(.answer(LoopbackResponse(200, text: "<html>")))]) {
            registry in
            let name = try registry.reference("a")
            let error = try await #require(throws: RegistryError.self) { try await client.tags(of: name) }
            #expect(error.code == .invalidAnswer)
        }
    }

    @Test func tagsAndDeletionsOfDockersRegistry() async throws {
        try await DockerRegistry.run { registry in
            let name = try Reference("\(registry.host)/team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1", "2"])
            #expect(try await client.tags(of: name).sorted() == ["1", "2"])
            let digest = image.manifest.descriptor.digest
            try await client.delete(name.pinned(to: digest))
            #expect(try await PushSession(client, to: name).has(digest, under: "\(digest)") == false)
            try await client.deleteBlob(image.layers[0].digest, in: name)
            #expect(try await client.hasBlob(image.layers[0].digest, in: name) == false)
            let gone = name.pinned(to: digest)
            let error = try await #require(throws: RegistryError.self) { try await client.delete(gone) }
            #expect(error.code == .notFound)
        }
    }

    @Test func aDeletionWhoseAnswerIsLostIsDone() async throws {
        let faults = [Fault(.cut(after: 0), on: "DELETE", times: 1)]
        try await TestRegistry.run(access: .bearer(), faults: faults) { registry in
            let name = try registry.reference("a:1")
            try registry.putManifest(image.manifest.bytes, .manifest, in: "a", tag: "1")
            try await client.delete(name)
            #expect(registry.digest(ofTag: "1", in: "a") == nil)
        }
        let refusal = LoopbackResponse(405, text: "the operation is unsupported")
        try await TestRegistry.run(faults: [Fault(.answer(refusal), on: "DELETE")]) { registry in
            let name = try registry.reference("a:1")
            let error = try await #require(throws: RegistryError.self) { try await client.delete(name) }
            #expect(error.code == .refused && error.message.contains("unsupported"))
        }
    }

    /// The registry's own list, one that does not filter, and the list under a tag.
    @Test(arguments: ["listed", "unfiltered", "tag", "web page"])
    func referrersAreFound(_ kind: String) async throws {
        let unfiltered = Fault(
            .field(name: "OCI-Filters-Applied", value: nil), on: "GET", path: "/referrers/")
        let page = Fault(.answer(LoopbackResponse(200, text: "<html>")), on: "GET", path: "/referrers/")
        let faults = ["unfiltered": [unfiltered], "web page": [page]][kind] ?? []
        try await TestRegistry.run(
            faults: faults, listsReferrers: ["listed", "unfiltered"].contains(kind)
        ) { registry in
            let name = try registry.reference("team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let subject = image.manifest.descriptor
            #expect(try await client.referrers(to: subject.digest, in: name) == [])
            let types = ["application/x-one", "application/x-two"].map { MediaType(rawValue: $0) }
            for type in types {
                let (content, empty) = (
                    try Blob(type.rawValue.utf8), try Blob(ArtifactManifest.emptyContent)
                )
                for blob in [content, empty] {
                    _ = try await client.push(SampleImage.descriptor(blob), to: name) { blob }
                }
                let artifact = ArtifactManifest(
                    type: type, content: SampleImage.descriptor(content, type), empty: empty.digest,
                    subject: subject)
                _ = try await client.attach(artifact, to: name)
            }
            let all = try await client.referrers(to: subject.digest, in: name)
            #expect(Set(all.map(\.artifactType)) == Set(types))
            let one = try await client.referrers(to: subject.digest, in: name, type: types[0])
            #expect(one == all.filter { $0.artifactType == types[0] })
        }
    }

    @Test(arguments: [
        (#"299 - "this repository moves""#, "this repository moves"),
        (#"299 - "a \"b\" \\c""#, #"a "b" \c"#),
        (#"199 - "a proxy""#, ""), (#"299 host "x""#, ""), (#"299 - """#, ""),
        ("299 - \"a\u{1B}[31mb\"", "a [31mb"),
    ])
    func warningsAreRead(value: String, text: String) {
        #expect(RegistryWarnings.text(value) ?? "" == text)
    }

    @Test func warningsAreToldOnce() async throws {
        let told = Mutex<[String]>([])
        let fault = Fault(.field(name: "Warning", value: #"299 - "quota is nearly used""#))
        try await TestRegistry.run(faults: [fault]) { registry in
            let client = RegistryClient(
                client: HTTPClient(), warn: { message in told.withLock { $0.append(message) } })
            try await image.push(PushSession(client, to: registry.reference("a")), tags: ["1"])
            #expect(told.withLock { $0 } == ["\(registry.host) warns: quota is nearly used"])
        }
    }
}
