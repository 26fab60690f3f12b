import Content
import Foundation
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// Builds as clients ask for them, over connections of their own.
@Suite struct BuildRouteTests {
    @Test func aBuildFromItsContextToItsImage() async throws {
        try await APISite.run { api in
            // The context, by content.
            var entries: [String] = []
            let files = try await api.site.sample().sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (path, bytes) in files {
                let digest = try Digester.digest(of: bytes)
                entries.append(
                    #"{"path":"\#(path)","kind":"file","mode":420,"size":\#(bytes.count),"digest":"\#(digest)"}"#)
            }
            let digests = try Set(files.map { try Digester.digest(of: $0.value).description })
            let question = #"{"digests":["\#(digests.sorted().joined(separator: "\",\""))"]}"#
            let missing = try await api.send("POST", "/contexts/missing", json: question)
            #expect(try Set(missing.texts("missing")) == digests)
            for (_, bytes) in files {
                let digest = try Digester.digest(of: bytes)
                let answer = try await api.send("PUT", "/contexts/blobs/\(digest)", body: bytes)
                #expect([200, 201].contains(answer.status), "\(answer)")
            }
            #expect(try await api.send("POST", "/contexts/missing", json: question).texts("missing") == [])
            let manifest = #"{"entries":[\#(entries.joined(separator: ","))]}"#
            let made = try await api.send("POST", "/contexts", json: manifest)
            #expect(made.status == 201)
            let context = try made.text("digest")

            // The build.
            let created = try await api.send(
                "POST", "/builds",
                json: """
                    {"build": {"context": "\(context)", "code_destination": "/app", "base": {"layout": "base"},
                     "requirements": ["requirements.txt"], "indexes": {"find_links": ["links"]}, "export": true}}
                    """)
            #expect(created.status == 202, "\(created)")
            let id = try created.text("id")
            #expect(created["Location"] == "/api/v1/builds/\(id)")
            #expect(try created.text("state") == "queued")

            // A client that is there from the start, and goes.
            let first = try api.stream(id)
            #expect(try await first.firstMatch(after: "id: ") == "1")
            #expect(try await first.firstMatch(after: "data: ").contains(#""state":"queued""#))
            first.stop()

            // The workers come, and another one goes on where the first one was.
            try await api.site.working {
                let second = try await api.send(
                    "GET", "/builds/\(id)/events", headers: ["Last-Event-ID: 1", "Accept: text/event-stream"])
                #expect(second["Content-Type"] == "text/event-stream")
                let events = second.string.components(separatedBy: "\n\n").filter { $0.contains("event: ") }
                let numbers = events.dropLast().map { Int($0.prefix { $0 != "\n" }.dropFirst("id: ".count)) }
                #expect(numbers == (2..<(2 + numbers.count)).map(Int.init))
                #expect(numbers.count > 5)
                #expect(events.contains { $0.contains("event: phase_started\n") && $0.contains(#""phase":"resolve""#) })
                #expect(events.last?.hasPrefix("event: end\ndata: {") == true)
                #expect(events.last?.contains(#""state":"succeeded""#) == true)
            }

            // What it left.
            let build = try await api.get("/builds/\(id)")
            #expect(try build.text("state") == "succeeded", "\(build)")
            let outcome = try #require(build.object()["outcome"] as? [String: Any])
            let descriptor = try #require(outcome["descriptor"] as? [String: Any])
            let log = try await api.get("/builds/\(id)/logs")
            #expect(log["Content-Type"] == "text/plain; charset=utf-8")
            #expect(log.string.contains("succeeded") && log.string.contains("queued"))
            #expect(log.string.contains("alpha"))
            let plan = try await api.get("/builds/\(id)/plan")
            #expect(plan["Content-Type"] == "application/json" && plan.string.contains("python: alpha 1.0"))
            let lock = try #require(try await api.get("/builds/\(id)/lock").objects("locks").first)
            #expect((lock["lock"] as? String)?.contains("alpha-1.0-py3-none-any.whl") == true)
            let packages = try await api.get("/builds/\(id)/packages").objects("packages")
            #expect(packages.compactMap { $0["name"] as? String } == ["alpha", "beta"])
            let image = try await api.get("/builds/\(id)/image")
            #expect(image["Content-Type"] == "application/x-tar" && image["Content-Length"] == "\(image.body.count)")
            let tar = try api.directory.write(image.body, to: "image.tar")
            let raw = try await runAside("skopeo", ["inspect", "--raw", "oci-archive:\(tar)"])
            #expect(try Digester.digest(of: raw).description == descriptor["digest"] as? String)
        }
    }

    @Test func aRequestThatIsRepeatedIsOneBuild() async throws {
        try await APISite.run { api in
            let key = ["Idempotency-Key: night-17"]
            let first = try await api.send("POST", "/builds", json: APISite.submission(), headers: key)
            let second = try await api.send("POST", "/builds", json: APISite.submission(), headers: key)
            #expect(first.status == 202 && second.status == 200)
            #expect(try first.text("id") == second.text("id"))
            #expect(second["Location"] == first["Location"])
            let other = try await api.send(
                "POST", "/builds", json: APISite.submission(#""cache":false"#), headers: key)
            #expect(other.status == 409)
            #expect(try other.text("code") == "conflict")
            // Another project's keys are its own.
            try await api.makeProject("other")
            let builder = try await api.token(.builder, project: "other")
            let foreign = try await api.send(
                "POST", "/builds", json: APISite.submission(), headers: key, token: builder)
            #expect(foreign.status == 202)
            #expect(try foreign.text("id") != first.text("id"))
        }
    }

    @Test func whoWaitsIsAnsweredWhenTheBuildEnds() async throws {
        try await APISite.run { api in
            let start = ContinuousClock.now
            async let answer = api.send(
                "POST", "/builds", json: APISite.submission(), headers: ["Prefer: wait=50"])
            try await eventually("it is accepted") { try await api.store.activeCounts().count == 1 }
            let id = try await #require(api.store.builds(BuildFilter()).first).id
            _ = try await api.send("POST", "/builds/\(id)/cancel")
            let ended = try await answer
            #expect(ended.status == 202)
            #expect(try ended.text("state") == "cancelled")
            #expect(ended["Preference-Applied"] == "wait=50")
            #expect(ContinuousClock.now - start < .seconds(45))
        }
    }

    @Test func cancelAndRetry() async throws {
        try await APISite.run { api in
            let id = try await api.create()
            let early = try await api.send("POST", "/builds/\(id)/retry")
            #expect(early.status == 409)
            let cancelled = try await api.send("POST", "/builds/\(id)/cancel")
            #expect(cancelled.status == 202)
            #expect(try cancelled.text("state") == "cancelled")
            #expect(try await api.send("POST", "/builds/\(id)/cancel").status == 202)
            let again = try await api.send("POST", "/builds/\(id)/retry")
            #expect(again.status == 202)
            #expect(try again.text("id") != id)
            #expect(again["Location"] == "/api/v1/builds/\(try again.text("id"))")
            let lent = #"{"secrets":{"registries":[{"scope":"r.example","username":"u","password":"hunter-22"}]}}"#
            let third = try await api.send("POST", "/builds/\(id)/retry", json: lent)
            #expect(third.status == 202 && !third.string.contains("hunter-22"))
            #expect(try await api.store.sealedSecrets(of: third.text("id")) != nil)
            #expect(try await api.send("POST", "/builds/nothing/retry").status == 404)

            // One that ended in another way cannot be called off.
            let lease = try #require(await api.store.claim(worker: "w", leaseFor: .seconds(60), attemptLimit: 3))
            let problem = BuildProblem(code: "unresolvable", message: "no", isRequestsFault: true)
            #expect(try await api.store.end(lease, .failed(problem)))
            let late = try await api.send("POST", "/builds/\(lease.build.id)/cancel")
            #expect(late.status == 409)
            let failed = try await api.get("/builds/\(lease.build.id)")
            #expect((try failed.object()["problem"] as? [String: Any])?["code"] as? String == "unresolvable")
            #expect(try await api.get("/builds/\(lease.build.id)/plan").status == 404)
        }
    }

    @Test(arguments: [
        (#"{"id":"a/b","value":"hunter-22"}"#, "'a/b' is no id of a secret"),
        (#"{"id":"","value":"hunter-22"}"#, "'' is no id of a secret"),
        (#"{"id":"A","value":"hunter-22"},{"id":"A","value":"x"}"#, "an id of a secret is there twice"),
        (#"{"id":"A","value":"hunter-22","env":"B"}"#, "env"), (#"{"id":"A"}"#, "value"),
        ("{\"id\":\"A\",\"value\":\"\(String(repeating: "hunter-22", count: 60_000))\"}", "longer than 500 KiB"),
    ])
    func secretsAreNamedByIDs(_ list: String, _ part: String) async throws {
        try await APISite.run { api in
            let id = try await api.create()
            _ = try await api.send("POST", "/builds/\(id)/cancel")
            let good = #"{"secrets":{"named":[{"id":"TOKEN","value":"hunter-22"},{"id":"netrc","value":""}]}}"#
            let lent = try await api.send("POST", "/builds/\(id)/retry", json: good)
            #expect(lent.status == 202 && !lent.string.contains("hunter-22"), "\(lent)")
            #expect(try await api.store.sealedSecrets(of: lent.text("id")) != nil)
            let full = list.replacing("…", with: String(repeating: "x", count: 600_000))
            let refused = try await api.send("POST", "/builds/\(id)/retry", json: "{\"secrets\":{\"named\":[\(full)]}}")
            #expect(refused.status == 422 || refused.status == 400, "\(refused)")
            #expect(refused.string.contains(part) && !refused.string.contains("hunter-22"), "\(refused)")
        }
    }

    @Test func listsHaveFiltersAndGoOn() async throws {
        try await APISite.run { api in
            var ids: [String] = []
            for number in 1...5 {
                ids.append(try await api.create(#""tags":["127.0.0.1:5000/team/app:\#(number)"]"#))
            }
            _ = try await api.send("POST", "/builds/\(ids[2])/cancel")
            func list(_ query: String) async throws -> (ids: [String], next: String?) {
                let answer = try await api.get("/builds?\(query)")
                #expect(answer.status == 200, "\(answer)")
                let ids = try answer.objects("builds").compactMap { $0["id"] as? String }
                return (ids, try answer.object()["next_cursor"] as? String)
            }
            #expect(try await list("").ids == ids.reversed())
            #expect(try await list("state=cancelled").ids == [ids[2]])
            #expect(try await list("state=cancelled,queued&limit=500").ids.count == 5)
            #expect(try await list("state=cancelled&state=queued").ids.count == 5)
            #expect(try await list("tag=127.0.0.1:5000/team/app:4").ids == [ids[3]])
            var seen: [String] = []
            var cursor = ""
            for count in [2, 2, 1] {
                let part = try await list("limit=2\(cursor)")
                #expect(part.ids.count == count)
                #expect((part.next == nil) == (count == 1))
                seen += part.ids
                cursor = part.next.map { "&cursor=\($0)" } ?? ""
            }
            #expect(seen == ids.reversed())
            for query in ["state=burning", "limit=0", "limit=501", "limit=x", "cursor=17", "tag=A%20B"] {
                #expect(try await api.get("/builds?\(query)").status == 422, "\(query)")
            }
        }
    }

    @Test func aSlowReaderSlowsNobody() async throws {
        try await APISite.run { api in
            let id = try await api.create()
            let slow = try api.stream(id, arguments: ["--limit-rate", "1k"])
            #expect(try await slow.firstMatch(after: "id: ") == "1")
            let lease = try #require(await api.store.claim(worker: "w", leaseFor: .seconds(600), attemptLimit: 3))
            // More than all buffers between here and there hold.
            let text = String(repeating: "x", count: 2000)
            let event = #"{"event":"notice","message":"\#(text)"}"#
            let start = ContinuousClock.now
            for _ in 1...100 {
                #expect(try await api.store.append(Array(repeating: event, count: 100), lease: lease) != nil)
            }
            let problem = BuildProblem(code: "unresolvable", message: "no", isRequestsFault: true)
            #expect(try await api.store.end(lease, .failed(problem)))
            let fast = try await api.get("/builds/\(id)/events")
            #expect(ContinuousClock.now - start < .seconds(45))
            #expect(fast.body.count > 20_000_000)
            #expect(fast.string.hasSuffix("}\n\n") && fast.string.contains("event: end\n"))
            // It is still at it, and got only what it could take.
            #expect(slow.isRunning)
            slow.stop()
        }
    }
}
