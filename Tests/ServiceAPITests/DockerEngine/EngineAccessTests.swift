import Content
import Diagnostics
import Foundation
import HTTPTypes
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// Who may ask the endpoint, and for what.
@Suite struct EngineAccessTests {
    @Test(arguments: [
        ("GET", "/_ping", EngineCall.Kind.ping), ("HEAD", "/v1.44/_ping", .ping), ("GET", "/v1.30/version", .version),
        ("POST", "/build", .build), ("GET", "/images/json", .listImages), ("POST", "/v1.44/images/create", .pull),
        ("GET", "/v1.44/images/r.example:5000/team/app:1/json", .inspect("r.example:5000/team/app:1")),
        ("GET", "/images/json/json", .inspect("json")),
        ("GET", "/images/r.example%3A5000%2Fapp/json", .inspect("r.example:5000/app")),
        ("POST", "/images/a/b/c/push", .push("a/b/c")), ("POST", "/images/a/tag", .tag("a")),
        ("DELETE", "/images/a/b:1", .remove("a/b:1")), ("GET", "/distribution/a/b/json", .distribution("a/b")),
        ("POST", "/v1.44/containers/create", .unserved), ("GET", "/containers/a/b:1/json", .container("a/b:1")),
        ("GET", "/containers/json", .unserved), ("POST", "/images/load", .unserved),
        ("GET", "/images/a/history", .unserved), ("POST", "/build/prune", .unserved), ("PUT", "/build", .unserved),
    ]) func callsAreRead(_ method: String, _ path: String, _ kind: EngineCall.Kind) throws {
        let known = HTTPRequest.Method(method) ?? .get
        let call = try #require(EngineCall(method: known, path: path))
        #expect(call.kind == kind)
        #expect((call.version == nil) == !path.hasPrefix("/v1."))
    }

    @Test(arguments: ["/", "/api/v1/version", "/health", "/v1.44", "/v1.44/nothing", "/v1/images/json", "/v1.+4/info"])
    func otherPathsAreNoCalls(_ path: String) {
        #expect(EngineCall(method: .get, path: path) == nil)
    }

    @Test func pathsAndVersions() async throws {
        try await EngineSite.run(works: false) { (engine) async throws -> Void in
            let ping = try await engine.send("HEAD", "/_ping")
            #expect(ping.status == 200 && ping["Api-Version"] == "1.44" && ping["Ostype"] == "linux")
            #expect(try await engine.send("GET", "/v1.44/_ping").string == "OK")
            let new = try await engine.send("GET", "/v1.99/info")
            #expect(new.status == 400)
            #expect(try new.text("message").contains("Maximum supported API version is 1.44"))
            #expect(try await engine.send("GET", "/v1.12/info").status == 400)
            let containers = try await engine.send("GET", "/v1.44/containers/json")
            #expect(containers.status == 501)
            #expect(try containers.text("message").contains("GET /v1.44/containers/json is not served"))
            #expect(try await engine.send("GET", "/nothing").status == 404)
            #expect(try await engine.send("GET", "/images/none/json").status == 404)
            #expect(try await engine.send("POST", "/images/create").status == 400)
            #expect(
                try await engine.send("GET", "/images/json?filters=%7B%22before%22%3A%5B%22x%22%5D%7D").status == 400)
            let broken = try await engine.send("POST", "/build", body: Array("no tar".utf8))
            #expect(broken.status == 400, "\(broken)")
            let kit = try await engine.send("POST", "/build?version=2", body: [])
            #expect(try kit.text("message").contains("DOCKER_BUILDKIT=0"))
            let auth = try await engine.send("POST", "/images/a/push", headers: ["X-Registry-Auth: !"])
            #expect(auth.status == 400)
        }
    }

    @Test func aReaderMayLookAndNoMore() async throws {
        try await EngineSite.run(role: .reader, works: false) { (engine) async throws -> Void in
            #expect(try await engine.send("GET", "/images/json").status == 200)
            #expect(try await engine.send("GET", "/info").status == 200)
            for (method, path) in [
                ("POST", "/build"), ("POST", "/images/a/push"), ("POST", "/images/a/tag?repo=b"),
                ("DELETE", "/images/a"), ("POST", "/images/create?fromImage=a"), ("GET", "/distribution/a/json"),
            ] {
                let answer = try await engine.send(method, path)
                #expect(answer.status == 403, "\(method) \(path): \(answer)")
                #expect(try answer.text("message").contains("'reader'"))
            }
            #expect(try await engine.service.builds(BuildFilter()).builds.isEmpty)
        }
    }

    @Test func anotherProjectsImageIsNotSeen() async throws {
        let site = try await ServiceSite()
        try await site.service.setProject(Project(name: "other"), by: site.admin)
        let platform = Platform(os: "linux", architecture: "amd64")
        let digest = try Digester.digest(of: "image".utf8)
        let descriptor = Descriptor(mediaType: .manifest, digest: digest, size: 7)
        let documents = ImageDocuments(
            descriptor: descriptor, manifest: Manifest(config: descriptor, layers: []),
            configuration: ImageConfiguration(platform: platform, rootfs: .init(diffIDs: [])))
        try await site.service.name(documents, [Reference("app:1")], project: "default")
        try await EngineSite.run(site: site, works: false) { (own) async throws -> Void in
            #expect(try await own.send("GET", "/images/app:1/json").status == 200)
            #expect(try await own.send("GET", "/images/\(digest)/json").status == 200)
            #expect(try await own.send("GET", "/images/\(digest.short)/json").status == 200)
            try await EngineSite.run(project: "other", site: site, works: false) { (other) async throws -> Void in
                #expect(try await other.send("GET", "/images/json").string == "[]")
                for name in ["app:1", digest.description, digest.short] {
                    #expect(try await other.send("GET", "/images/\(name)/json").status == 404)
                    #expect(try await other.send("POST", "/images/\(name)/tag?repo=x").status == 404)
                    #expect(try await other.send("DELETE", "/images/\(name)").status == 404)
                }
                #expect(try await other.send("POST", "/images/app/push?tag=1").status == 404)
            }
            #expect(try await own.send("DELETE", "/images/app:1").status == 200)
        }
    }

    @Test func overTCPATokenIsWanted() async throws {
        try await APISite.run { api in
            let token = try await api.token(.reader)
            let ping = try await api.send("GET", "//_ping", token: "")
            #expect(ping.status == 200 && ping.string == "OK")
            let refused = try await api.send("GET", "//v1.44/images/json", token: "")
            #expect(refused.status == 401)
            #expect(try refused.text("message").contains("token"))
            #expect(try await api.send("GET", "//v1.44/images/json", token: token).string == "[]")
            #expect(try await api.send("POST", "//build", token: token).status == 403)
            #expect(try await api.send("GET", "//v1.44/containers/json").status == 501)
            // The API's own paths are as they were.
            #expect(try await api.get("/version").status == 200)
            #expect(try await api.get("/nothing")["Content-Type"] == "application/problem+json")
            // As docker's configuration file has it.
            let scratch = try TemporaryDirectory()
            try scratch.write(
                Array(#"{"HttpHeaders": {"Authorization": "Bearer \#(token)"}}"#.utf8), to: "config.json")
            let output = try await runAside(
                "python3",
                [
                    "-c",
                    """
                    import os, sys
                    os.environ["DOCKER_CONFIG"] = sys.argv[1]
                    import docker
                    print(docker.DockerClient(base_url=sys.argv[2]).info()["OSType"])
                    """, scratch.path.string, "tcp://\(api.address)",
                ])
            #expect(String(decoding: output, as: UTF8.self) == "linux\n")
        }
    }

    @Test func theSocketIsItsOwnersAlone() async throws {
        let site = try await ServiceSite()
        let path = site.root.appending("default-builder.sock")
        // What a server that died leaves.
        try await runAside(
            "python3", ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path.string])
        try await EngineSite.run(site: site, works: false) { (engine) async throws -> Void in
            #expect(engine.socket.path == path)
            #expect(try FileSystem.status(path)?.mode == 0o600)
            #expect(try await engine.send("GET", "/_ping").status == 200)
            #expect(try FileSystem.names(in: site.root).filter { $0.hasPrefix(".s-") } == [])
            let error = await #expect(throws: ServiceError.self) { try await engine.serve {} }
            #expect(error?.message.contains("another server listens already") == true)
            #expect(try await engine.send("GET", "/_ping").status == 200)
        }
        #expect(!FileSystem.exists(path))
        try FileSystem.write("a text".utf8, to: path)
        let error = await #expect(throws: ServiceError.self) {
            try await EngineSite.run(site: site, works: false) { _ in }
        }
        #expect(error?.message.contains("no socket") == true)
        #expect(try FileSystem.read(path) == Array("a text".utf8))
    }

    /// A tar of one file that ends at every place: only behind its last byte zeros are added.
    @Test func onlyWholeFilesAreFilledUp() throws {
        let program = """
            import io, sys, tarfile
            file = io.BytesIO()
            tar = tarfile.open(fileobj=file, mode="w")
            for name, size in [("a", 700), ("b", 47)]:
                info = tarfile.TarInfo(name)
                info.size = size
                tar.addfile(info, io.BytesIO(b"x" * size))
            tar.close()
            sys.stdout.buffer.write(file.getvalue())
            """
        let bytes = try TestSupport.python(program)
        for end in 0...2560 {
            var place = TarPlace()
            for start in stride(from: 0, to: end, by: 100) { place.pass(bytes[start..<min(start + 100, end)]) }
            let inPadding = (1212..<1536).contains(end) ? 1536 - end : (2095..<2560).contains(end) ? 2560 - end : 0
            #expect(place.missingPadding == inPadding, "\(end)")
        }
        var other = TarPlace()
        other.pass([0x1F, 0x8B] + [UInt8](repeating: 7, count: 5000))
        #expect(other.missingPadding == 0)
    }

    @Test func namesFitPatterns() throws {
        let hub = try Reference("python:3.11")
        let own = try Reference("r.example:5000/team/app:1")
        for pattern in ["python", "python:3.11", "python:*", "pyth*", "docker.io/library/python"] {
            #expect(NamePattern(pattern).fits(hub), "\(pattern)")
        }
        for pattern in ["r.example:5000/team/app", "r.example:5000/*/app:?"] {
            #expect(NamePattern(pattern).fits(own), "\(pattern)")
        }
        for pattern in ["", "app", "r.example:5000/*", "r.example:5000/team/app:2"] {
            #expect(!NamePattern(pattern).fits(own), "\(pattern)")
        }
        #expect(hub.familiar == "python:3.11" && own.familiar == own.description)
    }
}
