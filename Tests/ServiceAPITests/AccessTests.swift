import Content
import Foundation
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import ServiceAPI

/// Who may do what, and what everybody is told.
@Suite struct AccessTests {
    @Test func rolesAndProjects() async throws {
        try await APISite.run { api in
            try await api.makeProject("other")
            let reader = try await api.token(.reader)
            let builder = try await api.token(.builder)
            let foreign = try await api.token(.admin, project: "other")
            let id = try await api.create(token: builder)

            #expect(try await api.get("/builds/\(id)", token: reader).status == 200)
            let refused = try await api.send("POST", "/builds", json: APISite.submission(), token: reader)
            #expect(refused.status == 403)
            #expect(try refused.text("code") == "forbidden")
            #expect(try await api.send("POST", "/builds/\(id)/cancel", token: reader).status == 403)
            #expect(try await api.get("/tokens", token: builder).status == 403)
            #expect(try await api.send("PUT", "/projects/new", json: "{}", token: foreign).status == 403)

            for path in ["", "/events", "/logs", "/plan", "/lock", "/packages", "/image"] {
                let answer = try await api.get("/builds/\(id)\(path)", token: foreign)
                #expect(answer.status == 404, "\(path)")
                #expect(try answer.text("code") == "not_found")
            }
            for verb in ["cancel", "retry"] {
                #expect(try await api.send("POST", "/builds/\(id)/\(verb)", token: foreign).status == 404)
            }
            #expect(try await api.get("/builds", token: foreign).objects("builds").isEmpty)
            #expect(try await api.get("/projects/default", token: foreign).status == 404)
            #expect(try await api.get("/projects", token: foreign).objects("projects").count == 1)
            // The metrics name every project.
            #expect(try await api.get("//metrics", token: foreign).status == 403)
            // It cannot name another project, either.
            let named = ["X-Cooperage-Project: default"]
            #expect(try await api.get("/builds", headers: named, token: foreign).status == 403)
            // The server's administrators may.
            #expect(try await api.get("/builds", headers: named).objects("builds").count == 1)
            #expect(try await api.get("/builds", headers: ["X-Cooperage-Project: other"]).objects("builds").isEmpty)
            #expect(try await api.get("/webhooks", headers: ["X-Cooperage-Project: absent"]).status == 404)
        }
    }

    @Test func nobodyComesInWithoutAToken() async throws {
        try await APISite.run { api in
            for path in ["/builds", "/version", "/base-images", "//metrics", "/projects", "/audit"] {
                let answer = try await api.get(path, token: "")
                #expect(answer.status == 401, "\(path)")
                #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                #expect(try answer.text("code") == "unauthenticated")
            }
            for path in ["//health", "//ready", "/health", "/ready", "/openapi.json"] {
                #expect(try await api.get(path, token: "").status == 200, "\(path)")
            }
            #expect(try await api.get("/version").text("version") == "1.2.3")
            await api.store.setDown(true)
            let ready = try await api.get("//ready", token: "")
            #expect(ready.status == 503 && ready["Retry-After"] != nil)
            let down = try await api.get("/builds")
            #expect(down.status == 503)
            #expect(try down.text("code") == "database_unavailable")
            #expect(try await api.get("//health", token: "").status == 200)
            await api.store.setDown(false)
        }
    }

    @Test func whoGuessesWaits() async throws {
        try await APISite.run({ settings, _ in settings.failedLoginLimit = 3 }) { api in
            // A minute that turns in between starts the count anew.
            var statuses: [Int] = []
            for number in 0..<8 where statuses.last != 429 {
                statuses.append(try await api.get("/version", token: "cprg_guess\(number)_guess").status)
            }
            #expect(statuses.last == 429 && statuses.dropLast().allSatisfy { $0 == 401 }, "\(statuses)")
            let refused = try await api.get("/version")
            #expect(refused.status == 429)
            #expect((1...60).contains(Int(refused["Retry-After"] ?? "") ?? 0))
            #expect(try refused.text("code") == "too_many")
            #expect(try await api.get("//health", token: "").status == 200)
        }
    }

    @Test func failuresAreCountedByAddressAndMinute() {
        let time = TestTime()
        let failures = LoginFailures(limit: 2, clock: time.source.now)
        time.advance(by: .seconds(50))
        failures.failed("a")
        #expect(failures.wait(for: "a") == nil)
        failures.failed("a")
        #expect(failures.wait(for: "a") == 10)
        #expect(failures.wait(for: "b") == nil)
        time.advance(by: .seconds(10))
        #expect(failures.wait(for: "a") == nil)
    }

    @Test func anonymousCallersComeFromThisMachineAlone() async throws {
        try await APISite.run({ settings, _ in settings.allowsAnonymousLoopback = true }) { api in
            let created = try await api.send("POST", "/builds", json: APISite.submission(), token: "")
            #expect(created.status == 202)
            #expect(try created.text("requested_by") == "anonymous")
            // An administrator is somebody with a token.
            #expect(try await api.get("/tokens", token: "").status == 403)
            for field in [
                "Origin: http://evil.example", "X-Forwarded-For: 192.0.2.1", "Host: evil.example",
                "Host: 127.evil.example",
            ] {
                #expect(try await api.get("/builds", headers: [field], token: "").status == 401, "\(field)")
            }
        }
    }

    @Test func requestIDsAreEchoedAndAudited() async throws {
        try await APISite.run { api in
            let given = try await api.send(
                "PUT", "/projects/team", json: "{}", headers: ["X-Request-Id: deploy-42"])
            #expect(given["X-Request-Id"] == "deploy-42")
            let entries = try await api.get("/audit").objects("entries")
            #expect(
                entries.contains { $0["request_id"] as? String == "deploy-42" && $0["subject"] as? String == "team" })
            let made = try await api.get("/builds/none", headers: ["X-Request-Id: not one \u{e9}"])
            let id = try #require(made["X-Request-Id"])
            #expect(id != "not one" && !id.isEmpty)
            #expect(try made.text("request_id") == id)
        }
    }

    @Test(arguments: [
        ("POST", "/builds", "{", 400, "invalid_json"),
        ("POST", "/builds", "[]", 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{}}"#, 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{"base":{"catalog":"x"}},"bild":1}"#, 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{"base":{"catalog":"x"},"tag":"y"}}"#, 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{"base":{"catalog":"x"},"execution":{"envs":{}}}}"#, 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{"base":{"catalog":"x","layout":"y"}}}"#, 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{"base":{"reference":"A B"}}}"#, 422, "invalid_request"),
        ("POST", "/builds", #"{"build":{"base":{"catalog":"x"},"tags":[1]}}"#, 422, "invalid_request"),
        ("POST", "/tokens", #"{"label":"x","role":"king"}"#, 422, "invalid_request"),
        ("POST", "/tokens", #"{"label":"x","role":"reader","expires_in":9000000000000000000}"#, 422, "invalid_request"),
        ("PUT", "/projects/x", #"{"timeout_seconds":9000000000000000000}"#, 422, "invalid_request"),
        ("PUT", "/projects/UPPER", "{}", 422, "invalid_request"),
        ("GET", "/nothing", "", 404, "not_found"),
        ("GET", "//", "", 404, "not_found"),
        ("GET", "/builds/none", "", 404, "not_found"),
        ("DELETE", "/builds", "", 405, "method_not_allowed"),
        ("PATCH", "/builds/x", "", 405, "method_not_allowed"),
        ("PURGE", "/builds/x/events", "", 405, "method_not_allowed"),
    ]) func errorsAreProblemDocuments(method: String, path: String, body: String, status: Int, code: String)
        async throws
    {
        try await APISite.run { api in
            let answer = try await api.send(method, path, json: body.isEmpty ? nil : body)
            #expect(answer.status == status, "\(answer)")
            #expect(answer["Content-Type"] == "application/problem+json")
            let problem = try answer.object()
            #expect(problem["code"] as? String == code, "\(answer)")
            #expect(problem["status"] as? Int == status)
            #expect(problem["request_id"] as? String == answer["X-Request-Id"])
            for name in ["type", "title", "detail"] { #expect((problem[name] as? String)?.isEmpty == false) }
            if status == 405 { #expect(answer["Allow"]?.isEmpty == false) }
        }
    }

    @Test func bodiesAreJSONAndHaveAnEnd() async throws {
        try await APISite.run { api in
            for field in ["Content-Type: text/plain", "Content-Type:"] {
                let answer = try await api.send(
                    "POST", "/builds", body: Array(APISite.submission().utf8), headers: [field])
                #expect(answer.status == 415, "\(field)")
            }
            let long = APISite.submission(#""excluded":["\#(String(repeating: "x", count: 5 << 20))"]"#)
            #expect(try await api.send("POST", "/builds", json: long).status == 413)
            let field = "X-Long: \(String(repeating: "x", count: 20 << 10))"
            #expect(try await api.get("/version", headers: [field]).status == 400)
            #expect(try await api.get("/version").status == 200)
        }
    }

    @Test func aHeadIsAnAnswerWithoutItsBody() async throws {
        try await APISite.run { api in
            let answer = try await api.send("HEAD", "//health", token: "")
            #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
            #expect(try await api.send("HEAD", "/builds/none").status == 404)
        }
    }
}
