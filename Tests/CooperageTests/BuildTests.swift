import Content
import Foundation
import Images
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

/// Whole builds by the built executable, on a base without a layer.
@Suite struct BuildTests {
    private static let platform = "linux/amd64"

    private func command(_ files: [String: String] = ["app.py": "print('hello')\n"]) async throws -> Command {
        let command = try Command(files)
        try await writeEmptyBase(to: command.directory.path.appending("base"))
        return command
    }

    private func arguments(_ verb: String, _ more: [String]) -> [String] {
        [verb, ".", "--base", "../base", "--platform", Self.platform] + more
    }

    @Test func toALayoutAndAnArchive() async throws {
        let command = try await command()
        let outcome = try command.run(
            arguments(
                "build",
                [
                    "-o", "type=oci,dest=out/", "-o", "type=docker,dest=../image.tar", "-t", "127.0.0.1:1/team/app:1",
                    "--entrypoint", "python -m app", "--env", "A=b", "--label", "x=y", "--annotation", "manifest:n=v",
                    "--user", "1000", "--metadata-file", "meta.json", "--iidfile", "iid",
                ]))
        #expect(outcome.status == 0, "\(outcome.error)")
        let layout = try OCILayout(command.context.appending("out"))
        let image = try await layout.image(for: nil)
        #expect(try await ImageValidator.problems(of: ImageSet(image)) == [])
        #expect(outcome.output == "127.0.0.1:1/team/app@\(image.descriptor.digest)\n")
        let config = try #require(image.configuration.config)
        #expect(config.entrypoint == ["python", "-m", "app"])
        #expect(config.env == ["A=b"])
        #expect(config.user == "1000" && config.workingDir == "/app")
        #expect(config.labels == ["x": "y"])
        #expect(image.manifest.annotations?["n"] == "v")
        let metadata = String(decoding: try FileSystem.read(command.context.appending("meta.json")), as: UTF8.self)
        #expect(metadata.contains(#""containerimage.digest" : "\#(image.descriptor.digest)""#))
        #expect(metadata.contains(#""image.name" : "127.0.0.1:1/team/app:1""#))
        let imageID = try FileSystem.read(command.context.appending("iid"))
        #expect(String(decoding: imageID, as: UTF8.self) == image.manifest.config.digest.description)
        #expect(FileSystem.exists(command.directory.path.appending("image.tar")))

        // The table closes what people see.
        #expect(outcome.error.contains("code: 1 file in /app"))
        #expect(outcome.error.split(separator: "\n").last?.contains(" s in all: base ") == true)

        // What the build wrote into its context is no part of the next one.
        let again = try command.run(
            arguments(
                "build",
                [
                    "-o", "type=oci,dest=out/", "-t", "127.0.0.1:1/team/app:1", "--entrypoint", "python -m app",
                    "--env",
                    "A=b", "--label", "x=y", "--annotation", "manifest:n=v", "--user", "1000", "--metadata-file",
                    "meta.json", "--iidfile", "iid", "--quiet",
                ]))
        #expect(again.output == outcome.output)
        #expect(again.error == "")
    }

    @Test func staysInTheCache() async throws {
        let command = try await command()
        let outcome = try command.run(arguments("build", ["--progress", "plain"]))
        #expect(outcome.status == 0)
        #expect(outcome.output.firstMatch(of: /^sha256:[0-9a-f]{64}\n$/) != nil)
        #expect(
            outcome.error.contains(
                "warning: the image stays in the cache; push it by --push, or write it by --output\n"))
        let asked = try command.run(arguments("build", ["-o", "type=image"]))
        #expect(!asked.error.contains("warning"))
        #expect(asked.output == outcome.output)
    }

    @Test func progressAsJSON() async throws {
        let command = try await command()
        let outcome = try command.run(arguments("build", ["--progress", "json"]))
        #expect(outcome.status == 0)
        let lines = outcome.error.split(separator: "\n")
        let events = lines.dropLast().compactMap {
            try? CanonicalJSON.decode(BuildEvent.self, from: Data($0.utf8))
        }
        #expect(events.count == lines.count - 1)
        #expect(events.contains { if case .layer(let outcome) = $0 { outcome.disposition == .made } else { false } })
        let digest = outcome.output.dropLast()
        #expect(lines.last == #"{"digest":"\#(digest)","event":"result","references":["\#(digest)"]}"#)
    }

    @Test func settingsOfAFile() async throws {
        let command = try await command([
            "cooperage.yaml": """
            base: ../base
            platform: linux/amd64
            output: type=oci,dest=../out
            env: {A: file, B: file}
            workdir: /srv
            """, "app.py": "",
        ])
        let outcome = try command("build", "--env", "A=flag", "-q")
        #expect(outcome.status == 0, "\(outcome.error)")
        let image = try await OCILayout(command.directory.path.appending("out")).image(for: nil)
        #expect(image.configuration.config?.env == ["A=flag", "B=file"])
        #expect(image.configuration.config?.workingDir == "/srv")
    }

    /// Two commits, one image: the code is loaded at run time.
    @Test func codeThatIsLeftOut() async throws {
        let command = try await command()
        let without = arguments("build", ["-q", "--code", "none", "-o", "type=oci,dest=../out"])
        let first = try command.run(without)
        #expect(first.status == 0, "\(first.error)")
        let image = try await OCILayout(command.directory.path.appending("out")).image(for: nil)
        #expect(image.manifest.layers == [])
        try FileSystem.write("print('changed')\n".utf8, to: command.context.appending("app.py"))
        try FileSystem.write("".utf8, to: command.context.appending("more.py"))
        #expect(try command.run(without).output == first.output)
        #expect(try command.run(arguments("build", ["-q", "-o", "type=image"])).output != first.output)
    }

    @Test func codeSomewhereElse() async throws {
        let command = try await command()
        let outcome = try command.run(
            arguments(
                "build",
                ["--code-root", "/opt/code", "--workdir", "/srv", "-o", "type=oci,dest=../out", "--progress", "plain"]))
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.error.contains("code: 1 file in /opt/code"))
        let image = try await OCILayout(command.directory.path.appending("out")).image(for: nil)
        #expect(image.configuration.config?.workingDir == "/srv")
    }

    @Test func plan() async throws {
        let command = try await command()
        let before = try command.run(arguments("plan", ["--json", "-q"]))
        #expect(before.status == 0, "\(before.error)")
        let plans = try CanonicalJSON.decode([BuildPlan].self, from: Data(before.output.utf8))
        #expect(plans.map(\.platform.description) == [Self.platform])
        #expect(plans.first?.layers.map(\.title) == ["code: 1 file in /app"])
        #expect(try command.run(arguments("plan", [])).output.contains("\n1 layer: 0 cached, 1 to make\n"))
        _ = try command.run(arguments("build", ["-q"]))
        #expect(try command.run(arguments("plan", [])).output.contains("\n1 layer: 1 cached, 0 to make\n"))
    }

    @Test func inspect() async throws {
        let command = try await command()
        let built = try command.run(arguments("build", ["-q", "-o", "type=oci,dest=../out", "--cmd", "['x']"]))
        #expect(built.status == 2)
        let second = try command.run(arguments("build", ["-q", "-o", "type=oci,dest=../out", "--cmd", "a b"]))
        #expect(second.status == 0, "\(second.error)")
        let outcome = try command("inspect", "../out", "-q")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.error == "")
        #expect(outcome.output.contains("\ndigest      \(second.output)"))
        #expect(outcome.output.contains("\ncmd         [\"a\",\"b\"]\n"))
        #expect(outcome.output.contains("  code: 1 file in /app\n"))
        let json = try command("inspect", "../out", "-q", "--json").output
        #expect(json.contains(#""Cmd":["a","b"]"#) && json.hasSuffix("}\n"))
    }

    @Test func billsOfMaterials() async throws {
        let command = try await command()
        let outcome = try command.run(arguments("build", ["-q", "-o", "type=image", "--sbom", "app.cdx.json"]))
        #expect(outcome.status == 0, "\(outcome.error)")
        let file = command.context.appending("app.cdx.json")
        let text = String(decoding: try FileSystem.read(file), as: UTF8.self)
        #expect(text.contains(#""specVersion":"1.6""#) && text.contains("pkg:oci/image@\(outcome.output.dropLast())"))
        // The file is no part of the next build.
        let again = try command.run(
            arguments("build", ["-q", "-o", "type=image", "--sbom", "app.cdx.json", "--sbom-format", "spdx-json"]))
        #expect(again.output == outcome.output)
        #expect(String(decoding: try FileSystem.read(file), as: UTF8.self).contains("SPDX-2.3"))
        let refused = try command.run(arguments("build", ["--attest", "sbom"]))
        #expect(refused.status == 2)
        #expect(refused.error.contains("hint: push it by --push, or write the bill into a file by --sbom\n"))
    }

    @Test func sourceDateEpoch() async throws {
        var command = try await command()
        command.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        let outcome = try command.run(arguments("build", ["-q", "-o", "type=oci,dest=../out"]))
        #expect(outcome.status == 0)
        let image = try await OCILayout(command.directory.path.appending("out")).image(for: nil)
        #expect(image.configuration.created == "2023-11-14T22:13:20Z")
    }
}
