import Content
import Diagnostics
import Foundation
import OCI
import RegistryTesting
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// Secrets are never on disk but encrypted, and in nothing that anybody reads.
@Suite struct SecretsTests {
    private static let password = "swordfish/of-the+registry"
    private static let indexPassword = "swordfish-of-the@index"

    /// The forms in which a password may turn up.
    private static func forms(user: String, _ password: String) -> [String] {
        [password, PercentEncoding.value(password), Data("\(user):\(password)".utf8).base64EncodedString()]
    }

    private static let needles =
        forms(user: "robot", password) + forms(user: "reader", indexPassword) + ["swordfish-of-the-server"]

    /// Secrets for the server of a test.
    private static func secrets(for host: String) -> BuildSecrets {
        BuildSecrets(
            registries: [.init(scope: host, username: "robot", password: password)],
            indexes: [.init(scope: host, username: "reader", password: indexPassword)])
    }

    /// The files below the data directory, all of them, that hold a text.
    private func files(of site: ServiceSite, holding text: String) throws -> [String] {
        try site.directory.files(below: "data").filter { name in
            let path = site.data.pushing(FilePath(name))
            guard try FileSystem.status(path, followingLinks: false)?.kind == .file else { return false }
            return Data(try FileSystem.read(path)).range(of: Data(text.utf8)) != nil
        }
    }

    private func expectNoSecret(
        _ site: ServiceSite, _ build: BuildRecord, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let dump = await site.store.dump
        let events = try await site.events(of: build.id).joined(separator: "\n")
        let problem = "\(build.problem.map { "\($0)" } ?? "")"
        let entries = "\(try await site.service.auditEntries(project: nil))"
        for needle in Self.needles {
            #expect(try files(of: site, holding: needle) == [], sourceLocation: sourceLocation)
            for text in [dump, events, problem, entries] {
                #expect(!text.contains(needle), "\(needle) is in it", sourceLocation: sourceLocation)
            }
        }
    }

    /// A registry that repeats in its errors what it was sent.
    private static func echo(_ request: LoopbackRequest) -> LoopbackResponse {
        guard let sent = request.header("Authorization") else {
            return LoopbackResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"test\"")], text: "who are you?")
        }
        // An answer to HEAD has no words.
        if request.method == "HEAD" { return LoopbackResponse(404) }
        let plain = sent.split(separator: " ").last.flatMap { Data(base64Encoded: String($0)) } ?? Data()
        let words = "you sent \(sent), which is \(String(decoding: plain, as: UTF8.self))"
        let text = words.replacing("\"", with: "'")
        return LoopbackResponse(
            403, headers: [("Content-Type", "application/json")],
            text: "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"\(text)\"}]}")
    }

    @Test func aRegistrysErrorDoesNotTellThem() async throws {
        let site = try await ServiceSite()
        try await LoopbackServer.run(answering: { Self.echo($0) }) { server in
            try await site.service.setCredential(
                .init(scope: "elsewhere.example", username: "robot", password: "swordfish-of-the-server"),
                project: "default", by: site.admin)
            let context = try await site.upload(try await site.sample())
            let tag = try Reference("\(server.host)/team/app:1")
            let submission = site.submission(context: context, tags: [tag])
            let id = try await site.service.submit(
                submission, secrets: Self.secrets(for: server.host), project: "default", by: site.admin
            ).build.id
            // While it waits they are kept, encrypted.
            let sealed = try #require(await site.store.sealedSecrets(of: id))
            for needle in Self.needles { #expect(Data(sealed).range(of: Data(needle.utf8)) == nil) }
            let build = try await site.working { try await site.end(of: id) }
            #expect(build.state == .failed)
            #expect(server.requests.contains { $0.header("Authorization") != nil }, "nothing was sent to be repeated")
            // The registry's own words are there, but for what is secret in them.
            let problem = "\(build.problem.map { "\($0)" } ?? "")"
            #expect(problem.contains("you sent"), "\(problem)")
            try await expectNoSecret(site, build)
            #expect(await site.store.sealedSecrets(of: id) == nil)
        }
    }

    @Test func anIndexThatRefusesDoesNotTellThem() async throws {
        let site = try await ServiceSite()
        let index = PackageIndex(wheels: try ServiceSite.wheels(), authorization: "bm9ib2R5Om5vYm9keQ==")
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let context = try await site.upload(try await site.sample(requirements: "alpha\n"))
            var submission = site.submission(context: context)
            submission.indexes = .init(indexURL: "\(server.origin)/simple/")
            let asked = submission
            let build = try await site.working {
                try await site.build(asked, secrets: Self.secrets(for: server.host))
            }
            #expect(build.state == .failed, "\(build)")
            #expect(server.requests.contains { $0.header("Authorization") != nil }, "uv was not given the password")
            try await expectNoSecret(site, build)
        }
    }

    @Test func aBuildThatUsesThemKeepsNone() async throws {
        let site = try await ServiceSite()
        let authorization = Data("reader:\(Self.indexPassword)".utf8).base64EncodedString()
        let index = PackageIndex(wheels: try ServiceSite.wheels(), authorization: authorization)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let context = try await site.upload(try await site.sample(requirements: "alpha\n"))
            var submission = site.submission(context: context)
            submission.indexes = .init(indexURL: "\(server.origin)/simple/")
            submission.exports = true
            let asked = submission
            let build = try await site.working {
                try await site.build(asked, secrets: Self.secrets(for: server.host))
            }
            #expect(build.state == .succeeded, "\(build.problem?.message ?? "")")
            try await expectNoSecret(site, build)
            // They were needed, and did what they are for.
            let other = try await site.service.packages(of: build.id, project: "default").map(\.name)
            #expect(other == ["alpha", "beta"])
        }
    }

    @Test func aWebhooksSecretIsKeptEncrypted() async throws {
        let site = try await ServiceSite { $0.webhooks.allowsLoopback = true }
        let webhook = try await site.service.addWebhook(
            url: "http://127.0.0.1:1/", secret: "swordfish-of-the-server", project: "default", by: site.admin)
        let needle = Data("swordfish-of-the-server".utf8)
        #expect(Data(webhook.sealedSecret).range(of: needle) == nil)
        #expect(
            try site.service.vault.open(
                webhook.sealedSecret, for: WebhookSender.purpose(id: webhook.id, project: "default"))
                == Array(needle))
        #expect(throws: ServiceError.self) {
            try site.service.vault.open(
                webhook.sealedSecret, for: WebhookSender.purpose(id: webhook.id, project: "other"))
        }
    }
}
