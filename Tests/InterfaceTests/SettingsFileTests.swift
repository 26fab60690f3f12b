import Diagnostics
import SystemPackage
import Testing

@testable import Interface

@Suite struct SettingsFileTests {
    @Test func everyKeyOfYAML() throws {
        let context = try SampleContext([
            "cooperage.yaml": """
            base: python-3.11
            requirements: [a.txt, b.txt]
            tags: team/app:1
            platform: linux/amd64,linux/arm64
            outputs: ["type=oci,dest=out"]
            push: true
            labels: {version: 1.10, empty: "", title: a b}
            annotation: ["manifest:a=b"]
            env:
              SEED: 42
              YES: yes
              FROM_HERE:
            entrypoint: [python, -m, app]
            cmd: "--seed 7"
            user: 1000
            workdir: /srv
            index-url: http://127.0.0.1/simple
            extra-index-urls: [http://127.0.0.1/other]
            find-links: wheels
            lock-file: pylock.toml
            exclude-newer: 2026-01-31
            upgrade: false
            no-cache: false
            pull: true
            metadata-file: meta.json
            iidfile: iid
            sbom: app.cdx.json
            sbom-format: cyclonedx-json
            attest: [type=sbom]
            """
        ])
        let file = try #require(try SettingsFile.discover(in: context.path))
        let settings = file.settings
        #expect(file.path == context.path.appending("cooperage.yaml"))
        #expect(settings.base?.value == "python-3.11")
        #expect(settings.base?.origin == .file(file.path, line: 1, key: "base"))
        #expect(settings.requirements.map(\.value) == ["a.txt", "b.txt"])
        #expect(settings.tags.map(\.value) == ["team/app:1"])
        #expect(settings.platforms.map(\.value) == ["linux/amd64,linux/arm64"])
        #expect(settings.outputs.map(\.value) == ["type=oci,dest=out"])
        #expect(settings.pushes?.value == true)
        // A number is taken as it is written, not as YAML understands it.
        #expect(settings.labels.map(\.value) == ["version=1.10", "empty=", "title=a b"])
        #expect(settings.annotations.map(\.value) == ["manifest:a=b"])
        #expect(settings.environment.map(\.value) == ["SEED=42", "YES=yes", "FROM_HERE"])
        #expect(settings.environment.first?.origin == .file(file.path, line: 10, key: "env.SEED"))
        #expect(settings.entrypoint?.value == .list(["python", "-m", "app"]))
        #expect(settings.command?.value == .text("--seed 7"))
        #expect(settings.user?.value == "1000")
        #expect(settings.workingDirectory?.value == "/srv")
        #expect(settings.indexURL?.value == "http://127.0.0.1/simple")
        #expect(settings.extraIndexURLs.map(\.value) == ["http://127.0.0.1/other"])
        #expect(settings.findLinks.map(\.value) == ["wheels"])
        #expect(settings.lockFile?.value == "pylock.toml")
        #expect(settings.excludeNewer?.value == "2026-01-31")
        #expect(settings.upgrades?.value == false)
        #expect(settings.ignoresCache?.value == false)
        #expect(settings.pulls?.value == true)
        #expect(settings.metadataFile?.value == "meta.json")
        #expect(settings.imageIDFile?.value == "iid")
        #expect(settings.sbomFile?.value == "app.cdx.json")
        #expect(settings.sbomFormat?.value == "cyclonedx-json")
        #expect(settings.attestations.map(\.value) == ["type=sbom"])
    }

    @Test func aTableOfPyproject() throws {
        let context = try SampleContext([
            "pyproject.toml": """
            [project]
            name = "x"
            [tool.cooperage]
            base = "python-3.11"
            requirements = ["a.txt"]
            entrypoint = "python -m app"
            push = true
            [tool.cooperage.env]
            SEED = 42
            DEBUG = false
            """
        ])
        let file = try #require(try SettingsFile.discover(in: context.path))
        #expect(file.path == context.path.appending("pyproject.toml"))
        #expect(file.settings.base?.value == "python-3.11")
        #expect(file.settings.requirements.map(\.value) == ["a.txt"])
        #expect(file.settings.entrypoint?.value == .text("python -m app"))
        #expect(file.settings.pushes?.value == true)
        #expect(file.settings.environment.map(\.value) == ["DEBUG=false", "SEED=42"])
        #expect(file.shadowed == nil)
    }

    @Test func noSettings() throws {
        #expect(try SettingsFile.discover(in: SampleContext().path) == nil)
        // A project that does not speak of us is not even parsed: what is wrong with it is for uv to say.
        let context = try SampleContext(["pyproject.toml": "[project\n"])
        #expect(try SettingsFile.discover(in: context.path) == nil)
        let empty = try SampleContext(["cooperage.yaml": "# nothing yet\n"])
        #expect(try SettingsFile.discover(in: empty.path)?.settings == Settings())
    }

    @Test func yamlComesFirst() throws {
        let context = try SampleContext([
            "cooperage.yaml": "base: a\n", "pyproject.toml": "[tool.cooperage]\nbase = \"b\"\n",
        ])
        let file = try #require(try SettingsFile.discover(in: context.path))
        #expect(file.settings.base?.value == "a")
        #expect(file.shadowed == context.path.appending("pyproject.toml"))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let message: String
        let place: String
        var hint: String?

        init(
            _ text: String, _ message: String, at place: String, hint: String? = nil, in name: String = "cooperage.yaml"
        ) {
            (self.name, self.text, self.message, self.place, self.hint) = (name, text, message, place, hint)
        }

        var testDescription: String { message }
    }

    @Test(arguments: [
        Refusal(
            "base: a\nreqirements: b\n", "'reqirements' is no setting", at: ":2", hint: "did you mean 'requirements'?"),
        Refusal("bse: a\n", "'bse' is no setting", at: ":1", hint: "did you mean 'base'?"),
        Refusal("lables: {}\n", "'lables' is no setting", at: ":1", hint: "did you mean 'labels'?"),
        Refusal("- a\n", "'FILE' must be a mapping of settings to values, not a list", at: ""),
        Refusal("base: [a]\n", "'base' must be a text, not a list", at: ":1"),
        Refusal("base:\n", "'base' must be a text, not empty", at: ":1"),
        Refusal("env: text\n", "'env' must be a mapping of names to values, not a text", at: ":1"),
        Refusal("env:\n  A: 1\n  B: [2]\n", "'env.B' must be a text, not a list", at: ":3"),
        Refusal("push: maybe\n", "'push' must be true or false", at: ":1"),
        Refusal("tags:\n  - a\n  - {b: c}\n", "'tags' must be a text, not a mapping", at: ":3"),
        Refusal("tag: a\ntags: b\n", "'tags' and 'tag' are the same setting", at: ":2", hint: "join the two"),
        Refusal("entrypoint: {a: b}\n", "'entrypoint' must be a text or a list, not a mapping", at: ":1"),
        Refusal("base: a\nbase: b\n", "'FILE' is not YAML: the key 'base' is there twice", at: ":1"),
        Refusal("base: 'a\n", "'FILE' is not YAML: found unexpected end of stream", at: ":2"),
        Refusal(
            "insecure-registry: a\n", "'insecure-registry' is no setting of a file", at: ":1",
            hint: "what weakens the transport is said on the command line, not by the files that are built"),
        Refusal("file: Dockerfile\n", "'file' is no setting of a file", at: ":1", hint: "a Dockerfile is named by -f"),
        Refusal(
            "[tool.cooperage]\nworkdri = 1\n", "'workdri' is no setting", at: "", hint: "did you mean 'workdir'?",
            in: "pyproject.toml"),
        Refusal(
            "[tool]\ncooperage = 1\n", "'FILE' must be a mapping of settings to values, not a text", at: "",
            in: "pyproject.toml"),
        Refusal(
            "[tool.cooperage]\nuser = 1.5\n",
            "'user' must be a text, not a number with a fraction, whose spelling TOML does not keep; quote it", at: "",
            in: "pyproject.toml"),
    ])
    func refused(_ refusal: Refusal) throws {
        let context = try SampleContext([refusal.name: refusal.text])
        let error = try #require(throws: InterfaceError.self) { try SettingsFile.discover(in: context.path) }
        let file = context.path.appending(refusal.name).string
        #expect(error.code == .invalidSettings)
        #expect(error.message.replacing(file, with: "FILE") == refusal.message)
        #expect(error.context.first == FailureContext("file", file + refusal.place))
        if let hint = refusal.hint { #expect(error.hints == [hint]) }
    }

    @Test func notTOML() throws {
        let context = try SampleContext(["pyproject.toml": "[tool.cooperage]\nbase = \n"])
        let error = try #require(throws: InterfaceError.self) { try SettingsFile.discover(in: context.path) }
        #expect(error.message.contains("is not TOML"))
        #expect(error.context.first?.value.hasSuffix("pyproject.toml:2") == true)
    }
}
