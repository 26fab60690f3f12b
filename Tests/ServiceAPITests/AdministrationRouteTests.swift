import Foundation
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// Projects, tokens, credentials, webhooks.
@Suite struct AdministrationRouteTests {
    @Test func tokensAreMadeListedAndTakenBack() async throws {
        try await APISite.run { api in
            let made = try await api.send(
                "POST", "/tokens", json: #"{"label":"ci","role":"builder","project":"default","expires_in":60}"#)
            #expect(made.status == 201)
            let (id, secret) = (try made.text("id"), try made.text("secret"))
            #expect(secret.hasPrefix("cprg_\(id)_"))
            #expect(try made.text("expires_at").hasSuffix("Z"))
            #expect(try await api.get("/version", token: secret).status == 200)
            let list = try await api.get("/tokens")
            #expect(!list.string.contains(secret) && !list.string.contains("secret"))
            #expect(try list.objects("tokens").contains { $0["id"] as? String == id })
            #expect(try await api.send("DELETE", "/tokens/\(id)").status == 204)
            #expect(try await api.get("/version", token: secret).status == 401)
            #expect(try await api.send("DELETE", "/tokens/none").status == 404)
            // Nobody gives more than he has.
            try await api.makeProject("team")
            let own = try await api.token(.admin, project: "team")
            let child = try await api.send("POST", "/tokens", json: #"{"label":"x","role":"admin"}"#, token: own)
            #expect(try child.text("project") == "team")
            let refused = try await api.send(
                "POST", "/tokens", json: #"{"label":"x","role":"reader","project":"default"}"#, token: own)
            #expect(refused.status == 403)
        }
    }

    @Test func credentialsAreKeptAndNotAnswered() async throws {
        try await APISite.run { api in
            func login(_ scope: String) -> String {
                #"{"scope":"\#(scope)","username":"robot","password":"hunter-22"}"#
            }
            #expect(try await api.send("PUT", "/credentials", json: login("r.example/team")).status == 204)
            #expect(try await api.send("PUT", "/credentials?all_projects=true", json: login("r.example")).status == 204)
            let own = try await api.get("/credentials")
            #expect(try own.texts("scopes") == ["r.example/team"])
            #expect(!own.string.contains("hunter-22"))
            #expect(try await api.get("/credentials?all_projects=true").texts("scopes") == ["r.example"])
            #expect(try await api.get("/credentials?all_projects=perhaps").status == 422)
            #expect(try await api.send("PUT", "/credentials", json: login("not a scope")).status == 422)
            #expect(try await api.send("DELETE", "/credentials").status == 422)
            #expect(try await api.send("DELETE", "/credentials?scope=r.example%2Fteam").status == 204)
            #expect(try await api.send("DELETE", "/credentials?scope=r.example/team").status == 404)
            let team = try await api.token(.admin)
            #expect(try await api.get("/credentials?all_projects=true", token: team).status == 403)
        }
    }

    @Test func webhooksAndProjects() async throws {
        try await APISite.run { api in
            let put = try await api.send(
                "PUT", "/projects/team", json: #"{"targets":["r.example/team/*"],"running_limit":2,"webhook_limit":1}"#)
            #expect(put.status == 200)
            let policy = try #require(put.object()["policy"] as? [String: Any])
            #expect(policy["running_limit"] as? Int == 2 && policy["timeout_seconds"] as? Int == 3600)
            #expect(
                try await api.get("/projects").objects("projects").map { $0["name"] as? String } == ["default", "team"])
            let project = ["X-Cooperage-Project: team"]
            let refused = try await api.send(
                "POST", "/builds", json: APISite.submission(#""tags":["r.example/other/app:1"]"#), headers: project)
            #expect(refused.status == 403)
            #expect(try refused.text("code") == "against_policy")

            let hook = #"{"url":"https://hooks.example/x","secret":"0123456789abcdef"}"#
            let added = try await api.send("POST", "/webhooks", json: hook, headers: project)
            #expect(added.status == 201)
            #expect(try added.text("project") == "team")
            let second = try await api.send("POST", "/webhooks", json: hook, headers: project)
            #expect(second.status == 409, "\(second)")
            let list = try await api.get("/webhooks", headers: project)
            #expect(try list.objects("webhooks").count == 1)
            #expect(!list.string.contains("0123456789abcdef"))
            #expect(try await api.get("/webhooks").objects("webhooks").isEmpty)
            let id = try added.text("id")
            #expect(try await api.send("DELETE", "/webhooks/\(id)").status == 404)
            #expect(try await api.send("DELETE", "/webhooks/\(id)", headers: project).status == 204)
            let short = try await api.send("POST", "/webhooks", json: #"{"url":"https://h.example/","secret":"x"}"#)
            #expect(short.status == 422)
        }
    }

    @Test func theCatalogIsTheServers() async throws {
        let scratch = try TemporaryDirectory()
        try scratch.write(
            Array("name: ours\ndescription: Our own\nsource:\n  image: r.example/base:1\n".utf8), to: "ours.yaml")
        try await APISite.run(service: { $0.baseImageDirectories = [scratch.path] }) { api in
            let entries = try await api.get("/base-images").objects("base_images")
            let ours = try #require(entries.first { $0["name"] as? String == "ours" })
            #expect(ours["source"] as? String == "r.example/base:1")
            #expect(
                entries.contains { $0["name"] as? String == "python-3.11-slim" && $0["python"] as? String == "3.11" })
            try scratch.write(Array("name: [".utf8), to: "broken.yaml")
            let broken = try await api.get("/base-images")
            #expect(broken.status == 500)
            #expect(!broken.string.contains(scratch.path.string))
        }
    }
}
