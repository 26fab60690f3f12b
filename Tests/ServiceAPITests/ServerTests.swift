import Content
import Diagnostics
import Foundation
import Logging
import Service
import ServiceLifecycle
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// Where the server listens, and how it stops.
@Suite struct ServerTests {
    @Test func aStopEndsStreamsAndWaits() async throws {
        try await APISite.run({ settings, _ in settings.drain = .seconds(60) }) { api in
            let id = try await api.create()
            let stream = try api.stream(id)
            #expect(try await stream.firstMatch(after: "id: ") == "1")
            async let waiting = api.send(
                "POST", "/builds", json: APISite.submission(), headers: ["Prefer: wait=60"])
            try await eventually("it waits") { try await api.store.activeCounts().first?.count == 2 }
            let start = ContinuousClock.now
            try await api.stop()
            #expect(ContinuousClock.now - start < .seconds(45))
            // Both ended whole, and not by a cut.
            #expect(try await stream.firstMatch(after: "\nended ") == "200 0")
            let answer = try await waiting
            #expect(answer.status == 202)
            #expect(try answer.text("state") == "queued")
        }
    }

    @Test func aClientThatDoesNotReadIsHungUpOn() async throws {
        try await APISite.run({ settings, _ in settings.drain = .milliseconds(300) }) { api in
            let id = try await api.create()
            let lease = try #require(await api.store.claim(worker: "w", leaseFor: .seconds(600), attemptLimit: 3))
            let event = #"{"event":"notice","message":"\#(String(repeating: "x", count: 20_000))"}"#
            #expect(try await api.store.append(Array(repeating: event, count: 1000), lease: lease) != nil)
            let slow = try api.stream(id, arguments: ["--limit-rate", "1k"])
            #expect(try await slow.firstMatch(after: "id: ") == "1")
            let start = ContinuousClock.now
            try await api.stop()
            #expect(ContinuousClock.now - start < .seconds(60))
            slow.stop()
        }
    }

    @Test func tls() async throws {
        let scratch = try TemporaryDirectory()
        let (key, certificate) = (scratch.path.appending("key.pem"), scratch.path.appending("certificate.pem"))
        try await runAside(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key.string, "-out", certificate.string,
                "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
        let configure = { @Sendable (settings: inout APISettings, _: ServiceSite) in
            settings.tls = TLSFiles(certificate: certificate, key: key)
        }
        try await APISite.run(configure) { api in
            let url = "https://\(api.address)/api/v1/version"
            let trusting = ["--cacert", certificate.string]
            let token = ["Authorization: Bearer \(api.admin)"]
            let known = try await Curl.send("GET", url, headers: token, arguments: trusting)
            #expect(known.status == 200)
            await #expect(throws: (any Error).self) { try await Curl.send("GET", url) }
            await #expect(throws: (any Error).self) {
                try await Curl.send("GET", url, arguments: trusting + ["--tls-max", "1.1"])
            }
            await #expect(throws: (any Error).self) { try await api.get("/version") }
        }
        // Where an authority of clients is named, they show a certificate beside their token.
        let demanding = { @Sendable (settings: inout APISettings, _: ServiceSite) in
            settings.tls = TLSFiles(certificate: certificate, key: key, clientAuthority: certificate)
        }
        try await APISite.run(demanding) { (api) async throws -> Void in
            let url = "https://\(api.address)/api/v1/version"
            let trusting = ["--cacert", certificate.string]
            let token = ["Authorization: Bearer \(api.admin)"]
            await #expect(throws: (any Error).self) {
                try await Curl.send("GET", url, headers: token, arguments: trusting)
            }
            let shown = trusting + ["--cert", certificate.string, "--key", key.string]
            #expect(try await Curl.send("GET", url, headers: token, arguments: shown).status == 200)
            #expect(try await Curl.send("GET", url, arguments: shown).status == 401)
        }
        // What cannot be used is told at once.
        let site = try await ServiceSite()
        var settings = APISettings(address: .tcp(host: "127.0.0.1", port: 0))
        for tls in [
            TLSFiles(certificate: key, key: key), TLSFiles(certificate: certificate, key: certificate),
            TLSFiles(certificate: certificate, key: key, clientAuthority: key),
        ] {
            settings.tls = tls
            let error = #expect(throws: ServiceError.self) {
                try APIServer(site.service, settings: settings, version: "1", metrics: PrometheusRegistry())
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.context.first?.label == "file")
        }
    }

    @Test func aSocketInTheFileSystem() async throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path.appending("api.sock")
        try await APISite.run({ settings, _ in
            settings.address = .unix(path)
            settings.allowsAnonymousLoopback = true
        }) { api in
            #expect(api.address == .unix(path))
            #expect(try FileSystem.status(path)?.mode == 0o660)
            let socket = ["--unix-socket", path.string]
            let url = "http://localhost/api/v1"
            #expect(try await Curl.send("GET", url + "/health", arguments: socket).status == 200)
            let created = try await Curl.send(
                "POST", url + "/builds", body: Array(APISite.submission().utf8),
                headers: ["Content-Type: application/json"], arguments: socket)
            #expect(created.status == 202, "\(created)")
            #expect(try created.text("requested_by") == "socket")
            let token = ["Authorization: Bearer \(api.admin)"]
            #expect(try await Curl.send("GET", url + "/tokens", headers: token, arguments: socket).status == 200)
        }
        #expect(!FileSystem.exists(path))
    }

    @Test func anAddressThatIsTakenIsTold() async throws {
        try await APISite.run { api in
            let second = try APIServer(
                api.service, settings: APISettings(address: api.address), version: "1", metrics: PrometheusRegistry())
            let error = await #expect(throws: ServiceError.self) { try await second.run() }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains("\(api.address)") == true)
        }
    }

    @Test func addressesAreRead() throws {
        #expect(try ListenAddress("127.0.0.1:8480") == .tcp(host: "127.0.0.1", port: 8480))
        #expect(try ListenAddress("[::1]:0") == .tcp(host: "::1", port: 0))
        #expect(try ListenAddress("[::1]:80").description == "[::1]:80")
        #expect(try ListenAddress("unix:/run/cooperage.sock") == .unix("/run/cooperage.sock"))
        #expect(try ListenAddress(":80") == .tcp(host: "0.0.0.0", port: 80))
        for text in ["", "8480", "host:", "host:70000", "::1:80", "unix:"] {
            #expect(throws: ServiceError.self, "\(text)") { try ListenAddress(text) }
        }
    }
}
