import Content
import Diagnostics
import Foundation
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

@Suite struct ReferrersTests {
    private let client = RegistryClient(client: HTTPClient())

    /// An artifact whose blobs are in a repository.
    private func artifact(
        _ text: String, of image: SampleImage, in name: Reference, annotations: [String: String]? = nil
    ) async throws -> ArtifactManifest {
        let (content, empty) = (try Blob(text.utf8), try Blob(ArtifactManifest.emptyContent))
        let type = MediaType(rawValue: "application/x-note")
        for blob in [content, empty] {
            _ = try await client.push(SampleImage.descriptor(blob), to: name) { blob }
        }
        return ArtifactManifest(
            type: type, content: SampleImage.descriptor(content, type), empty: empty.digest,
            subject: image.manifest.descriptor, annotations: annotations)
    }

    private func list(_ name: Reference, of image: SampleImage) async throws -> [String: Any] {
        let tag = "sha256-\(image.manifest.descriptor.digest.encoded)"
        let content = try await client.manifest(Reference("\(name.name):\(tag)"))
        #expect(content.descriptor.mediaType == .index)
        return try #require(try JSONSerialization.jsonObject(with: Data(content.bytes)) as? [String: Any])
    }

    private func entries(_ name: Reference, of image: SampleImage) async throws -> [[String: Any]] {
        try #require(try await list(name, of: image)["manifests"] as? [[String: Any]])
    }

    @Test func aRegistryWithoutTheAPIGetsATag() async throws {
        let image = try SampleImage()
        try await DockerRegistry.run { registry in
            let name = try Reference("\(registry.host)/team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let first = try await client.attach(
                artifact("one", of: image, in: name, annotations: ["a": "b"]), to: name)
            let second = try await client.attach(artifact("two", of: image, in: name), to: name)
            // Once more changes nothing.
            #expect(
                try await client.attach(artifact("one", of: image, in: name, annotations: ["a": "b"]), to: name)
                    == first)
            let entries = try await entries(name, of: image)
            #expect(entries.map { $0["digest"] as? String } == [first, second].map(\.digest.description))
            #expect(entries.map { $0["artifactType"] as? String } == ["application/x-note", "application/x-note"])
            #expect(entries.map { $0["mediaType"] as? String } == [first, second].map(\.mediaType.rawValue))
            #expect(entries.first?["annotations"] as? [String: String] == ["a": "b"])
            let read = try await client.manifest(name.pinned(to: first.digest))
            let manifest = try CanonicalJSON.decode(ArtifactManifest.self, from: Data(read.bytes))
            #expect(manifest.subject == image.manifest.descriptor)
            #expect(manifest.config.mediaType == .empty && manifest.config.size == 2)
            // The digest that the specification names for `{}`.
            #expect(
                manifest.config.digest.encoded == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
            // Skopeo reads the artifact as what it is.
            let raw = try await runAside(
                "skopeo",
                ["inspect", "--raw", "--tls-verify=false", "docker://\(name.pinned(to: first.digest))"])
            #expect(raw == read.bytes)
        }
    }

    @Test func aRegistryWithTheAPIKeepsTheListItself() async throws {
        let image = try SampleImage()
        try await TestRegistry.run(listsReferrers: true) { registry in
            let name = try registry.reference("team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let attached = try await client.attach(artifact("one", of: image, in: name), to: name)
            let digest = image.manifest.descriptor.digest
            #expect(registry.digest(ofTag: "sha256-\(digest.encoded)", in: "team/app") == nil)
            let answer = try await runAside(
                "curl", ["-sf", "\(registry.origin)/v2/team/app/referrers/\(digest)?artifactType=application/x-note"])
            let index = try CanonicalJSON.decode(Index.self, from: Data(answer))
            #expect(index.manifests.map(\.digest) == [attached.digest])
            let others = try await runAside(
                "curl", ["-sf", "\(registry.origin)/v2/team/app/referrers/\(digest)?artifactType=other"])
            #expect(try CanonicalJSON.decode(Index.self, from: Data(others)).manifests.isEmpty)
        }
    }

    @Test func whatOthersListedStaysAsItWas() async throws {
        let image = try SampleImage()
        try await TestRegistry.run { registry in
            let name = try registry.reference("team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let theirs = """
                {"digest":"\(image.manifest.descriptor.digest)","mediaType":"\(MediaType.manifest)","size":7,\
                "artifactType":"application/x-signature","annotations":{"k":"v"},"data":"e30=","urls":["https://x.example/"],\
                "x-unknown":{"deep":[1,2.5,true,null,"/"]}}
                """
            let text = #"{"schemaVersion":2,"mediaType":"\#(MediaType.index)","manifests":[\#(theirs)],"x-more":[{}]}"#
            try registry.putManifest(
                Array(text.utf8), .index, in: "team/app", tag: "sha256-\(image.manifest.descriptor.digest.encoded)")
            let attached = try await client.attach(artifact("one", of: image, in: name), to: name)
            let list = try await list(name, of: image)
            let entries = try #require(list["manifests"] as? [[String: Any]])
            #expect(entries.count == 2)
            let kept = try JSONSerialization.data(withJSONObject: entries[0], options: .sortedKeys)
            let before = try JSONSerialization.jsonObject(with: Data(theirs.utf8))
            #expect(try kept == JSONSerialization.data(withJSONObject: before, options: .sortedKeys))
            #expect(entries[1]["digest"] as? String == attached.digest.description)
            #expect(list["x-more"] != nil)
        }
    }

    /// Somebody else's list replaces ours between our writing and our looking.
    @Test func aListThatLosesUsIsWrittenAgain() async throws {
        let image = try SampleImage()
        let tag = "sha256-\(image.manifest.descriptor.digest.encoded)"
        // The first writing is answered as if it were done, and is not kept.
        let fault = Fault(.answer(LoopbackResponse(201)), on: "PUT", path: "/manifests/\(tag)", times: 1)
        try await TestRegistry.run(faults: [fault]) { registry in
            let name = try registry.reference("team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let attached = try await client.attach(artifact("one", of: image, in: name), to: name)
            let listed = try await entries(name, of: image).compactMap { $0["digest"] as? String }
            #expect(listed == [attached.digest.description])
        }
        let always = Fault(.answer(LoopbackResponse(201)), on: "PUT", path: "/manifests/\(tag)")
        try await TestRegistry.run(faults: [always]) { registry in
            let name = try registry.reference("team/app:1")
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let error = try await #require(throws: RegistryError.self) {
                try await client.attach(artifact("one", of: image, in: name), to: name)
            }
            #expect(error.code == .unavailable && error.message.contains(tag))
        }
    }

    @Test func anImageUnderTheTagIsNotOverwritten() async throws {
        let image = try SampleImage()
        try await TestRegistry.run { registry in
            let name = try registry.reference("team/app:1")
            let tag = "sha256-\(image.manifest.descriptor.digest.encoded)"
            try await image.push(PushSession(client, to: name), tags: ["1", tag])
            let error = try await #require(throws: RegistryError.self) {
                try await client.attach(artifact("one", of: image, in: name), to: name)
            }
            #expect(error.code == .invalidAnswer)
            #expect(error.message.contains(tag) && !error.hints.isEmpty)
            #expect(registry.digest(ofTag: tag, in: "team/app") == image.manifest.descriptor.digest.description)
        }
    }
}
