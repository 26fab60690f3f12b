import Content
import Foundation
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// Uploads.
@Suite struct ContextRouteTests {
    private static let hello = Array("hello\n".utf8)

    @Test func nobodyLearnsOfAnothersContent() async throws {
        try await APISite.run { api in
            try await api.makeProject("a")
            try await api.makeProject("b")
            let (a, b) = (try await api.token(.builder, project: "a"), try await api.token(.builder, project: "b"))
            let digest = try Digester.digest(of: Self.hello)
            let question = #"{"digests":["\#(digest)"]}"#
            let manifest = """
                {"entries": [{"path": "x", "kind": "file", "mode": 420, "size": 6, "digest": "\(digest)"}]}
                """
            #expect(try await api.send("PUT", "/contexts/blobs/\(digest)", body: Self.hello, token: a).status == 201)
            #expect(try await api.send("PUT", "/contexts/blobs/\(digest)", body: Self.hello, token: a).status == 200)
            #expect(try await api.send("POST", "/contexts/missing", json: question, token: a).texts("missing") == [])
            let missing = try await api.send("POST", "/contexts/missing", json: question, token: b).texts("missing")
            #expect(missing == [digest.description])
            let refused = try await api.send("POST", "/contexts", json: manifest, token: b)
            #expect(refused.status == 409)
            #expect(try refused.text("code") == "missing_content")
            #expect(try refused.texts("missing") == [digest.description])
            let context = try await api.send("POST", "/contexts", json: manifest, token: a).text("digest")
            // Nor can the other one build from it.
            let more = #""context":"\#(context)","code_destination":"/app","export":true"#
            let build = try await api.send("POST", "/builds", json: APISite.submission(more), token: b)
            #expect(build.status == 409)
            #expect(try await api.send("POST", "/builds", json: APISite.submission(more), token: a).status == 202)
        }
    }

    @Test func whatIsNotWhatItWasSaidToBeIsNotKept() async throws {
        try await APISite.run(service: { $0.contextLimits.fileSize = 1 << 20 }) { api in
            let other = try Digester.digest(of: Array("other".utf8))
            let refused = try await api.send("PUT", "/contexts/blobs/\(other)", body: Self.hello)
            #expect(refused.status == 422)
            #expect(try refused.text("detail").contains(other.description))
            #expect(try await api.send("PUT", "/contexts/blobs/sha256:short", body: Self.hello).status == 422)
            let large = sampleBytes(1 << 20 + 1)
            let digest = try Digester.digest(of: large)
            #expect(try await api.send("PUT", "/contexts/blobs/\(digest)", body: large).status == 413)
            let chunked = try await api.send(
                "PUT", "/contexts/blobs/\(digest)", body: large, headers: ["Transfer-Encoding: chunked"])
            #expect(chunked.status == 413)
            #expect(try api.directory.files(below: "data/projects/default/contexts").isEmpty)
            // A colon may come encoded.
            let path = try Digester.digest(of: Self.hello).description.replacing(":", with: "%3A")
            #expect(try await api.send("PUT", "/contexts/blobs/\(path)", body: Self.hello).status == 201)
        }
    }

    @Test(arguments: [
        ("PUT", "/contexts/blobs/DIGEST"), ("POST", "/contexts/archive"),
    ]) func anUploadThatIsCutOffLeavesNothing(method: String, path: String) async throws {
        try await APISite.run { api in
            let bytes = sampleBytes(3 << 20)
            let path = path.replacing("DIGEST", with: try Digester.digest(of: bytes).description)
            let file = try api.directory.write(bytes, to: "upload")
            // It says 3 MiB, sends them slowly, and is gone after the first.
            let upload = try ServerProcess(
                "curl",
                [
                    "-sS", "-X", method, "-T", file.string, "--limit-rate", "1M", "-H", "Expect:", "-H",
                    "Authorization: Bearer \(api.admin)", "\(api.origin)/api/v1\(path)",
                ], package: "curl")
            let contexts = "data/projects/default/contexts"
            try await eventually("it comes in") {
                let directory = api.site.data.appending("projects").appending("default").appending("contexts")
                return try FileSystem.exists(directory) && !api.directory.files(below: contexts).isEmpty
            }
            upload.stop()
            try await eventually("nothing is left") { try api.directory.files(below: contexts).isEmpty }
            #expect(try await api.get("//health").status == 200)
        }
    }

    @Test(arguments: ["-cf", "-czf"]) func aTarIsAContext(flag: String) async throws {
        try await APISite.run { api in
            for (path, bytes) in ["src/main.py": Self.hello, "requirements.txt": []] {
                try api.directory.write(bytes, to: "tree/\(path)")
            }
            let tar = api.directory.path.appending("context.tar")
            try await runAside("tar", ["-C", api.directory.path.appending("tree").string, flag, tar.string, "."])
            let bytes = try FileSystem.read(tar)
            let answer = try await api.send(
                "POST", "/contexts/archive", body: bytes, headers: ["Content-Type: application/x-tar"])
            #expect(answer.status == 201, "\(answer)")
            let manifest = try await api.service.contexts.manifest(
                of: Digest(answer.text("digest")), project: "default")
            #expect(manifest.entries.map(\.path) == ["requirements.txt", "src", "src/main.py"])
            let more = #""context":"\#(try answer.text("digest"))","code_destination":"/app""#
            #expect(try await api.send("POST", "/builds", json: APISite.submission(more)).status == 202)
            let cut = try await api.send(
                "POST", "/contexts/archive", body: Array(bytes.prefix(min(1300, bytes.count / 2))))
            #expect(cut.status == 422, "\(cut)")
        }
    }

    @Test func whoAsksForLeaveToSendGetsItWhenItIsTime() async throws {
        try await APISite.run { api in
            let bytes = sampleBytes(2 << 20)
            let path = "/contexts/blobs/\(try Digester.digest(of: bytes))"
            let expect = ["Expect: 100-continue"]
            let refused = try await api.send("PUT", path, body: bytes, headers: expect, token: "cprg_no_no")
            #expect(refused.status == 401)
            #expect(!refused.head.contains("100 Continue"))
            let taken = try await api.send("PUT", path, body: bytes, headers: expect)
            #expect(taken.status == 201)
            #expect(taken.head.hasPrefix("HTTP/1.1 100 Continue"))
        }
    }

    @Test func aManifestIsRead() async throws {
        try await APISite.run { api in
            let directory = #"{"path":"a","kind":"directory","mode":493}"#
            let cases = [
                (#"{"entries":[\#(directory)]}"#, 201), (#"{"entries":[]}"#, 201),
                (#"{"entries":[\#(directory),\#(directory)]}"#, 422),
                (#"{"entries":[{"path":"../a","kind":"directory","mode":493}]}"#, 422),
                (#"{"entries":[{"path":"a","kind":"device","mode":493}]}"#, 422),
                (#"{"entries":[{"path":"a","kind":"directory","mode":493,"owner":0}]}"#, 422),
                (#"{"entries":[{"path":"a","kind":"link","mode":511,"target":"b"}]}"#, 201),
            ]
            for (json, status) in cases {
                #expect(try await api.send("POST", "/contexts", json: json).status == status, "\(json)")
            }
            let unknown = try await api.send("POST", "/contexts", json: cases[5].0)
            #expect(try unknown.texts("context") == ["member: /entries/0"])
        }
    }
}
