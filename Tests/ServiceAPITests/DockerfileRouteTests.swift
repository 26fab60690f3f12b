import Content
import Foundation
import OCI
import Service
import ServiceTesting
import TestSupport
import Testing

@testable import ServiceAPI

/// Dockerfiles that clients send as they are, and the server reads.
@Suite struct DockerfileRouteTests {
    /// A context as ZenML makes it.
    private static func context(_ api: APISite, from base: String, more: String = "") async throws -> Digest {
        let dockerfile = """
            FROM \(base)
            ARG MODE=none
            WORKDIR /app
            ENV MODE=$MODE
            COPY links links
            COPY .zenml_user_requirements .
            RUN pip install --no-cache-dir --find-links links -r .zenml_user_requirements
            \(more)
            COPY . .
            RUN chmod -R a+rw .
            ENTRYPOINT ["python", "main.py"]
            """
        var files = try await api.site.sample().filter { $0.key.hasPrefix("links/") }
        files["Dockerfile"] = Array(dockerfile.utf8)
        files[".zenml_user_requirements"] = Array("--no-index\nalpha\n".utf8)
        files["main.py"] = Array("print('hello')\n".utf8)
        return try await api.site.upload(files)
    }

    private static func request(_ members: String) -> String { #"{"dockerfile":{\#(members)}}"# }

    @Test func aDockerfileIsBuiltAndPushed() async throws {
        try await DockerRegistry.run { registry in
            let standIn = try Reference("\(registry.host)/base/python:1")
            let image = try Reference("zenmldocker/zenml:0.98.0-py3.11")
            try await APISite.run(service: { settings in
                settings.baseMappings = [BaseMapping(image: image, base: .reference(standIn))]
            }) { api in
                try await api.site.working {
                    _ = try await api.site.pushBase(to: registry.host)
                    let context = try await Self.context(api, from: "zenmldocker/zenml:0.98.0-py3.11")
                    let body = Self.request(
                        #""context":"\#(context)","tags":["\#(registry.host)/team/app:1"],"build_args":{"MODE":"a b"},"#
                            + #""labels":{"note":"x y"},"annotations":{"a":"b"}"#)
                    let headers = ["Prefer: wait=60", "Idempotency-Key: one"]
                    let answer = try await api.send("POST", "/builds", json: body, headers: headers)
                    #expect(answer.status == 202, "\(answer)")
                    let remarks = try answer.texts("remarks")
                    #expect(
                        remarks.first == "line 1: FROM zenmldocker/zenml:0.98.0-py3.11 → base \(standIn)", "\(remarks)")
                    #expect(
                        remarks.contains { $0.hasPrefix("line 7: RUN pip install") && $0.hasSuffix("python layers") })
                    let build = try answer.object()
                    #expect(build["state"] as? String == "succeeded", "\(answer)")
                    let digest = try await RegistryLook.digest("team/app", "1", on: registry.host)
                    let outcome = try #require(build["outcome"] as? [String: Any])
                    #expect(outcome["references"] as? [String] == ["\(registry.host)/team/app@\(digest)"])
                    let asked = try #require(build["build"] as? [String: Any])
                    #expect((asked["base"] as? [String: String])?["reference"] == standIn.description)
                    #expect(asked["annotations"] as? [String: String] == ["a": "b"])
                    let execution = try #require(asked["execution"] as? [String: Any])
                    #expect((execution["env"] as? [String: String])?["MODE"] == "a b")
                    #expect(execution["labels"] as? [String: String] == ["note": "x y"])
                    let paths = try await RegistryLook.paths("team/app", "1", on: registry.host)
                    let wanted: Set = ["opt/app/main.py", "opt/venv/lib/python3.11/site-packages/alpha.py"]
                    #expect(wanted.subtracting(paths) == [], "\(paths.sorted())")

                    // The same key is the same build; its answer tells the remarks again, and no other answer does.
                    let again = try await api.send("POST", "/builds", json: body, headers: headers)
                    #expect(again.status == 200)
                    #expect(try again.text("id") == answer.text("id") && again.texts("remarks") == remarks)
                    let later = try await api.get("/builds/\(answer.text("id"))")
                    #expect(try later.object()["remarks"] == nil)
                }
            }
        }
    }

    /// Stages of bases of their own, an environment, and a file of an image: what docker's clients send.
    @Test func stagesAreBuiltAndPushed() async throws {
        try await DockerRegistry.run { registry in
            try await APISite.run { api in
                try await api.site.working { _ = try await api.site.pushBase(to: registry.host) }
                let base = "\(registry.host)/base/python:1"
                let dockerfile = """
                    FROM \(base) AS builder
                    ENV HOME=/root WHERE=/srv/v
                    WORKDIR /app
                    COPY . .
                    RUN python3 -m venv $WHERE && $WHERE/bin/pip install --no-index --find-links links --no-deps alpha
                    FROM scratch
                    COPY --from=builder /app/main.py /main.py
                    COPY --from=\(base) /opt/venv/pyvenv.cfg /copied/
                    FROM \(base)
                    COPY --from=builder /srv/v /srv/v
                    COPY --from=1 / /more
                    """
                var files = try await api.site.sample().filter { $0.key.hasPrefix("links/") }
                files["Dockerfile"] = Array(dockerfile.utf8)
                files["main.py"] = Array("print('hello')\n".utf8)
                let context = try await api.site.upload(files)
                try await api.site.working {
                    for (target, wanted) in [
                        ("", ["srv/v/lib/python3.11/site-packages/alpha.py", "srv/v/bin/python", "more/main.py"]),
                        (#","target":"1""#, ["main.py", "copied/pyvenv.cfg"]),
                    ] {
                        let body = #""context":"\#(context)","tags":["\#(registry.host)/team/app:1"]\#(target)"#
                        let answer = try await api.send(
                            "POST", "/builds", json: Self.request(body), headers: ["Prefer: wait=60"])
                        #expect(try answer.object()["state"] as? String == "succeeded", "\(answer)")
                        let paths = try await RegistryLook.paths("team/app", "1", on: registry.host)
                        #expect(Set(wanted).subtracting(paths) == [], "\(paths.sorted())")
                    }
                }
            }
        }
    }

    /// An entry of the catalog that is an image of a registry starts with what that does; who allows the entry allows the image.
    @Test func whatABaseOfTheCatalogStartsWithIsKnown() async throws {
        try await DockerRegistry.run { registry in
            let directory = try TemporaryDirectory()
            let definition = """
                name: ours
                description: a base of this server
                source: {image: "\(registry.host)/base/python:1"}
                python: {version: "3.11", environment: /opt/venv}
                """
            try directory.write(Array(definition.utf8), to: "ours.yaml")
            try await APISite.run(service: { $0.baseImageDirectories = [directory.path] }) { api in
                try await api.site.working { _ = try await api.site.pushBase(to: registry.host) }
                let policy = ProjectPolicy(bases: ["ours"])
                try await api.makeProject("default", policy: policy)
                let context = try await api.site.upload([
                    "Dockerfile": Array("FROM ours\nENV PATH=/srv/bin:$PATH\nCOPY main.py /\n".utf8),
                    "main.py": Array("print()\n".utf8),
                ])
                let answer = try await api.send("POST", "/builds", json: Self.request(#""context":"\#(context)""#))
                #expect(answer.status == 202, "\(answer)")
                let asked = try #require(try answer.object()["build"] as? [String: Any])
                #expect((asked["base"] as? [String: String])?["catalog"] == "ours")
                let execution = try #require(asked["execution"] as? [String: Any])
                let path = (execution["env"] as? [String: String])?["PATH"]
                #expect(path?.hasPrefix("/srv/bin:/opt/venv/bin:") == true, "\(answer)")
            }
        }
    }

    @Test func whatAWorkerWouldFindOutTooLateIsToldAtOnce() async throws {
        try await DockerRegistry.run { registry in
            try await APISite.run { api in
                try await api.site.working { _ = try await api.site.pushBase(to: registry.host) }
                let base = "\(registry.host)/base/python:1"
                let good = try await Self.context(api, from: base)
                let run = try await Self.context(api, from: base, more: "RUN make install")
                let gone = try await Self.context(api, from: "127.0.0.1:1/base/python:1")
                let none = try await Self.context(api, from: "\(registry.host)/base/none:1")
                try await api.makeProject("team", policy: ProjectPolicy(targets: ["nowhere/*"]))
                let missing = "sha256:" + String(repeating: "0", count: 64)
                let table: [(members: String, status: Int, code: String, text: String)] = [
                    (#""context":"\#(run)""#, 422, "unsupported_command", "Dockerfile:8:"),
                    (#""context":"\#(good)","path":"other""#, 422, "invalid_request", "holds no file 'other'"),
                    (#""context":"\#(good)","target":"x""#, 422, "unknown_stage", "no stage 'x'"),
                    (#""context":"\#(good)","name":"x""#, 422, "invalid_request", "member: /dockerfile"),
                    (#""context":"\#(good)","platform":"a b""#, 422, "invalid_request", "a b"),
                    (#""context":"\#(good)","push":true"#, 422, "invalid_request", "it has no name"),
                    (#""context":"\#(none)""#, 422, "not_found", "base/none"),
                    (
                        #""context":"\#(gone)""#, 502, "base_unavailable",
                        "'127.0.0.1:1/base/python:1' cannot be looked up"
                    ),
                    (#""context":"\#(missing)""#, 409, "missing_content", missing),
                    (#""tags":[]"#, 422, "invalid_request", "'context' is missing"),
                ]
                for row in table {
                    let answer = try await api.send("POST", "/builds", json: Self.request(row.members))
                    #expect(answer.status == row.status, "\(row): \(answer)")
                    #expect(try answer.text("code") == row.code, "\(row): \(answer)")
                    #expect(answer.string.contains(row.text), "\(row): \(answer)")
                }
                for body in [
                    #"{}"#, #"{"build":{"base":{"catalog":"python-3.11"}},"dockerfile":{"context":"\#(good)"}}"#,
                ] {
                    let answer = try await api.send("POST", "/builds", json: body)
                    #expect(
                        answer.status == 422 && answer.string.contains("either 'build' or 'dockerfile'"), "\(answer)")
                }
                #expect(try await api.get("/builds?state=queued").objects("builds").isEmpty)
            }
        }
    }
}
