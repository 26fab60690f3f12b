import Content
import Foundation
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

/// What the distribution specification 1.1 asks of a registry ("Endpoints", end-1 to end-12, and its conformance chapters:
/// pull, push, content discovery, content management), as one conversation. `RegistryTesting` is held to all of it, so that
/// the fake is honest; docker-registry to what it implements.
@Suite struct ConformanceTests {
    /// One request, and what is to be answered. `{location}` is the last `Location` that was told.
    struct Exchange: Sendable {
        let chapter: String
        let method: HTTPRequest.Method
        let path: String
        var fields: HTTPHeaders = [:]
        var body: [UInt8] = []
        let expects: Set<Int>
        /// Fields that the answer must have; an empty value takes any.
        var told: [String: String] = [:]
        var text: [UInt8]?
        /// Why docker-registry is not asked.
        var notByDocker: String?

        init(
            _ chapter: String, _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPHeaders = [:],
            body: [UInt8] = [], expects: Int..., told: [String: String] = [:], text: [UInt8]? = nil,
            notByDocker: String? = nil
        ) {
            (self.chapter, self.method, self.path, self.fields, self.body) = (
                chapter, method, path, fields, body
            )
            (self.expects, self.told, self.text, self.notByDocker) = (
                Set(expects), told, text, notByDocker
            )
        }
    }

    private static let referrersMissing = "docker-registry 2.8 knows no referrers"

    private enum Fields {
        static let bytes: HTTPHeaders = ["Content-Type": "application/octet-stream"]
        static let manifest: HTTPHeaders = ["Content-Type": MediaType.manifest.rawValue]
        static let accept: HTTPHeaders = ["Accept": MediaType.manifest.rawValue]

        static func chunk(_ range: Range<Int>) -> HTTPHeaders {
            [
                "Content-Type": "application/octet-stream",
                "Content-Range": "\(range.lowerBound)-\(range.upperBound - 1)",
            ]
        }
    }

    static func conversation() throws -> [Exchange] {
        let image = try SampleImage(layers: [4000])
        let (layer, configuration) = (try image.layers[0].readAll(), try image.configuration.readAll())
        let (layerDigest, configurationDigest) = (image.layers[0].digest, image.configuration.digest)
        let manifest = image.manifest
        let digest = manifest.descriptor.digest
        let missing = "sha256:" + String(repeating: "0", count: 64)
        let note = try Blob(Array("note".utf8))
        let artifact = ArtifactManifest(
            type: MediaType(rawValue: "application/x-note"), content: SampleImage.descriptor(note),
            empty: try Blob(ArtifactManifest.emptyContent).digest, subject: manifest.descriptor)
        let referrer = try ManifestContent(
            [UInt8](CanonicalJSON.encode(artifact)), mediaType: .manifest)
        func blob(_ bytes: [UInt8], _ digest: Digest) -> [Exchange] {
            [
                Exchange("push", .post, "/v2/a/b/blobs/uploads/", expects: 202, told: ["Location": ""]),
                Exchange(
                    "push", .put, "{location}&digest=\(digest)", Fields.bytes, body: bytes, expects: 201,
                    told: ["Location": ""]),
            ]
        }
        return [
            Exchange("pull", .get, "/v2/", expects: 200),
            Exchange("pull", .head, "/v2/a/b/blobs/\(missing)", expects: 404),
            Exchange("pull", .get, "/v2/a/b/blobs/\(missing)", expects: 404),
            Exchange("pull", .get, "/v2/a/b/manifests/none", Fields.accept, expects: 404),
        ] + blob(configuration, configurationDigest) + [
            // A chunk at a time; a status between them; a chunk that does not follow.
            Exchange("push", .post, "/v2/a/b/blobs/uploads/", expects: 202, told: ["Location": ""]),
            Exchange(
                "push", .patch, "{location}", Fields.chunk(0..<1000), body: Array(layer[..<1000]),
                expects: 202,
                told: ["Range": "0-999", "Location": ""]),
            Exchange("push", .get, "{location}", expects: 204, told: ["Range": "0-999", "Location": ""]),
            Exchange(
                "push", .patch, "{location}", Fields.chunk(2000..<4000), body: Array(layer[2000...]),
                expects: 416,
                notByDocker: "docker-registry 2.8 takes a chunk wherever it begins"),
            Exchange(
                "push", .patch, "{location}", Fields.chunk(1000..<4000), body: Array(layer[1000...]),
                expects: 202,
                told: ["Range": "0-3999", "Location": ""]),
            Exchange(
                "push", .put, "{location}&digest=\(layerDigest)", expects: 201, told: ["Location": ""]),
            Exchange("push", .post, "/v2/a/b/blobs/uploads/", expects: 202, told: ["Location": ""]),
            Exchange(
                "push", .put, "{location}&digest=\(missing)", Fields.bytes, body: [1, 2, 3], expects: 400),
            Exchange(
                "pull", .head, "/v2/a/b/blobs/\(layerDigest)", expects: 200,
                told: ["Content-Length": "4000", "Docker-Content-Digest": layerDigest.description]),
            Exchange("pull", .get, "/v2/a/b/blobs/\(layerDigest)", expects: 200, text: layer),
            Exchange(
                "pull", .get, "/v2/a/b/blobs/\(layerDigest)", ["Range": "bytes=3990-"], expects: 206,
                text: Array(layer[3990...])),
            Exchange(
                "push", .post, "/v2/c/blobs/uploads/?mount=\(layerDigest)&from=a/b", expects: 201,
                told: ["Location": ""]),
            Exchange("pull", .head, "/v2/c/blobs/\(layerDigest)", expects: 200),
            Exchange("push", .post, "/v2/c/blobs/uploads/?mount=\(missing)&from=a/b", expects: 202),
            // Manifests want their blobs to be there, and their own digest.
            Exchange(
                "push", .put, "/v2/c/manifests/1", Fields.manifest, body: manifest.bytes, expects: 400, 404),
            Exchange(
                "push", .put, "/v2/a/b/manifests/\(missing)", Fields.manifest, body: manifest.bytes,
                expects: 400),
            Exchange(
                "push", .put, "/v2/a/b/manifests/\(digest)", Fields.manifest, body: manifest.bytes,
                expects: 201,
                told: ["Location": "", "Docker-Content-Digest": digest.description]),
        ]
            + ["one", "three", "two"].map {
                Exchange(
                    "push", .put, "/v2/a/b/manifests/\($0)", Fields.manifest, body: manifest.bytes,
                    expects: 201)
            } + [
                Exchange(
                    "pull", .head, "/v2/a/b/manifests/one", Fields.accept, expects: 200,
                    told: [
                        "Docker-Content-Digest": digest.description,
                        "Content-Type": MediaType.manifest.rawValue,
                        "Content-Length": "\(manifest.bytes.count)",
                    ]),
                Exchange(
                    "pull", .get, "/v2/a/b/manifests/\(digest)", Fields.accept, expects: 200,
                    text: manifest.bytes),
                Exchange("content discovery", .get, "/v2/a/b/tags/list", expects: 200),
                Exchange(
                    "content discovery", .get, "/v2/a/b/tags/list?n=2", expects: 200,
                    told: ["Link": "</v2/a/b/tags/list?n=2&last=three>; rel=\"next\""],
                    notByDocker: "docker-registry 2.8 gives all tags at once"),
                Exchange(
                    "content discovery", .get, "/v2/a/b/tags/list?n=2&last=three", expects: 200,
                    text: Array(#"{"name":"a/b","tags":["two"]}"#.utf8),
                    notByDocker: "docker-registry 2.8 gives all tags at once"),
                Exchange("content discovery", .get, "/v2/none/tags/list", expects: 404),
            ] + blob(Array("note".utf8), note.digest)
            + blob(ArtifactManifest.emptyContent, artifact.config.digest) + [
                Exchange(
                    "push", .put, "/v2/a/b/manifests/\(referrer.descriptor.digest)", Fields.manifest,
                    body: referrer.bytes,
                    expects: 201, told: ["OCI-Subject": digest.description], notByDocker: referrersMissing),
                Exchange(
                    "content discovery", .get, "/v2/a/b/referrers/\(digest)", expects: 200,
                    told: ["Content-Type": MediaType.index.rawValue], notByDocker: referrersMissing),
                Exchange(
                    "content discovery", .get, "/v2/a/b/referrers/\(digest)?artifactType=application/x-note",
                    expects: 200,
                    told: ["OCI-Filters-Applied": "artifactType"], notByDocker: referrersMissing),
                Exchange(
                    "content discovery", .get, "/v2/a/b/referrers/\(missing)", expects: 200,
                    notByDocker: referrersMissing),
                Exchange(
                    "content management", .delete, "/v2/a/b/manifests/two", expects: 202,
                    notByDocker: "docker-registry 2.8 deletes manifests by their digests alone"),
                Exchange("content management", .delete, "/v2/a/b/manifests/\(digest)", expects: 202),
                Exchange("content management", .get, "/v2/a/b/manifests/one", Fields.accept, expects: 404),
                Exchange("content management", .delete, "/v2/a/b/manifests/\(digest)", expects: 404),
                Exchange("content management", .delete, "/v2/a/b/blobs/\(layerDigest)", expects: 202),
                Exchange("content management", .head, "/v2/a/b/blobs/\(layerDigest)", expects: 404),
                Exchange("content management", .delete, "/v2/a/b/blobs/\(missing)", expects: 404),
            ]
    }

    private func talk(to origin: String, isDocker: Bool) async throws {
        let client = HTTPClient()
        var location = ""
        for exchange in try Self.conversation() {
            let comment = Comment(
                rawValue: "\(exchange.chapter): \(exchange.method.rawValue) \(exchange.path)")
            if isDocker, let reason = exchange.notByDocker {
                print("not asked of docker-registry: \(comment.rawValue): \(reason)")
                continue
            }
            let path = exchange.path.replacing("{location}", with: location)
            let url = try HTTPURL(path.hasPrefix("http") ? path : origin + path)
            let request = HTTPRequest(
                exchange.method, url, headers: exchange.fields,
                body: exchange.body.isEmpty ? .none : .bytes(exchange.body))
            let response = try await client.send(request)
            #expect(
                exchange.expects.contains(response.status),
                "\(comment.rawValue): \(response.status) \(response.text)")
            for (name, value) in exchange.told {
                let told = response.headers[name]
                #expect(
                    value.isEmpty ? told != nil : told == value,
                    "\(comment.rawValue): \(name): \(told ?? "nil")")
            }
            if let text = exchange.text { #expect(response.body == text, comment) }
            if let told = response.headers["Location"] { location = try url.resolving(told).text }
        }
    }

    @Test func theFakeIsHonest() async throws {
        try await TestRegistry.run(listsReferrers: true) {
            try await talk(to: $0.origin, isDocker: false)
        }
    }

    @Test func dockersRegistryAnswersTheSame() async throws {
        try await DockerRegistry.run { try await talk(to: "http://\($0.host)", isDocker: true) }
    }
}
