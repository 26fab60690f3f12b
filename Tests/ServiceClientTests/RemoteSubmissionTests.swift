import Build
import Content
import Diagnostics
import Interface
import OCI
import Registry
import Service
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import ServiceClient

/// What flags come to in a submission.
@Suite struct RemoteSubmissionTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for (name, text) in ["main.py": "", "requirements.txt": "alpha\n"] {
            try directory.write(Array(text.utf8), to: name)
        }
    }

    private func submission(_ configure: (inout Settings) -> Void) throws -> RemoteSubmission {
        var settings = Settings()
        configure(&settings)
        let surroundings = Surroundings(
            directory: directory.path, environment: ["SOURCE_DATE_EPOCH": "1700000000"], cache: "/nowhere",
            buildsOnServer: true)
        let request = try BuildRequest(context: directory.path, flags: settings, in: surroundings)
        let parts = try RequestParts(request)
        let inputs = try RemoteInputs(
            base: parts.base, python: parts.python, files: parts.files, context: request.context, in: directory.path,
            environment: [:])
        return try RemoteSubmission(request, parts, inputs: inputs)
    }

    private func given(_ texts: String...) -> [Given<String>] { texts.map { Given($0, .flag("--flag")) } }
    private func given(_ text: String) -> Given<String> { Given(text, .flag("--flag")) }

    @Test func everyFlagHasItsPlace() throws {
        let build = try submission { settings in
            settings.base = given("a-base-of-the-server")
            settings.tags = given("127.0.0.1:5000/team/app:1", "127.0.0.1:5000/team/app:2")
            settings.pushes = Given(true, .flag("--push"))
            settings.platforms = given("linux/amd64,linux/arm64")
            settings.labels = given("l=1")
            settings.annotations = given("a=2")
            settings.environment = given("A=b", "B=c=d")
            settings.entrypoint = Given(.text("python -m app"), .flag("--entrypoint"))
            settings.command = Given(.list(["x"]), .flag("--cmd"))
            settings.user = given("1000:1000")
            settings.workingDirectory = given("/srv")
            settings.codeRoot = given("/code")
            settings.groups = given("dev", "docs")
            settings.extras = given("gpu")
            settings.allExtras = Given(true, .flag("--all-extras"))
            settings.indexURL = given("https://example.org/simple")
            settings.extraIndexURLs = given("https://example.org/more")
            settings.excludeNewer = given("2026-01-31")
            settings.upgrades = Given(true, .flag("--upgrade"))
            settings.compilesBytecode = Given(true, .flag("--compile-bytecode"))
            settings.layerLimit = Given("500MB", .flag("--max-layer-size"))
            settings.ignoresCache = Given(true, .flag("--no-cache"))
            settings.pulls = Given(true, .flag("--pull"))
        }.build
        var expected = BuildSubmission(base: .catalog("a-base-of-the-server"))
        expected.codeDestination = "/code"
        expected.selection = PackageSelection(groups: ["dev", "docs"], extras: ["gpu"], allExtras: true)
        expected.requirements = ["requirements.txt"]
        expected.tags = try ["1", "2"].map { try Reference("127.0.0.1:5000/team/app:\($0)") }
        expected.pushes = true
        expected.platforms = try [Platform("linux/amd64"), Platform("linux/arm64")]
        expected.annotations = ["a": "2"]
        expected.execution = .init(
            environment: ["A": "b", "B": "c=d"], entrypoint: ["python", "-m", "app"], command: ["x"], user: "1000:1000",
            workingDirectory: "/srv", labels: ["l": "1"])
        expected.indexes = .init(
            indexURL: "https://example.org/simple", extraIndexURLs: ["https://example.org/more"],
            excludeNewer: "2026-01-31")
        expected.sourceDateEpoch = 1_700_000_000
        expected.upgrades = true
        expected.compilesBytecode = true
        expected.layerLimit = 500_000_000
        expected.usesCache = false
        expected.pulls = true
        #expect(build == expected)
    }

    /// Without the code what is read goes up and nothing else, so that a commit changes nothing.
    @Test func codeThatStaysHere() throws {
        try directory.write(Array("lock-version = \"1.0\"\npackages = []\n".utf8), to: "pylock.toml")
        func submission() throws -> (build: BuildSubmission, paths: [String]) {
            var settings = Settings()
            settings.code = given("none")
            settings.locked = Given(true, .flag("--locked"))
            let surroundings = Surroundings(
                directory: directory.path, environment: [:], cache: "/nowhere", buildsOnServer: true)
            let request = try BuildRequest(context: directory.path, flags: settings, in: surroundings)
            let parts = try RequestParts(request)
            let inputs = try RemoteInputs(
                base: parts.base, python: parts.python, files: parts.files, context: request.context,
                in: directory.path, environment: [:])
            return try (
                RemoteSubmission(request, parts, inputs: inputs).build, inputs.context.manifest.entries.map(\.path)
            )
        }
        let (build, paths) = try submission()
        #expect(build.codeDestination == nil && build.excluded == [])
        #expect(build.requirements == ["requirements.txt"] && build.lock == "pylock.toml")
        #expect(build.execution.workingDirectory == "/app")
        #expect(paths == ["pylock.toml", "requirements.txt"])
        try directory.write(Array("print('changed')\n".utf8), to: "main.py")
        #expect(try submission().build == build)
    }

    @Test func anImageThatGoesNowhereHasNoName() throws {
        let build = try submission { $0.tags = given("127.0.0.1:5000/team/app:1") }.build
        #expect(build.tags == [] && !build.pushes && !build.exports)
        let kept = try submission {
            $0.tags = given("127.0.0.1:5000/team/app:1")
            $0.outputs = given("type=oci,dest=out")
        }.build
        #expect(kept.tags.count == 1 && !kept.pushes && kept.exports)
        #expect(kept.excluded == ["out"])
    }

    @Test func passwordsOfIndexesGoBesideTheBuild() throws {
        let submission = try submission { settings in
            settings.indexURL = given("https://user:hun%40ter2@example.org/simple")
            settings.extraIndexURLs = given("https://example.org:8443/more", "https://token@example.org:8443/x?a=b")
            settings.findLinks = given("http://other:pw@127.0.0.1:3141/links/")
        }
        #expect(submission.build.indexes.indexURL == "https://example.org/simple")
        #expect(
            submission.build.indexes.extraIndexURLs == [
                "https://example.org:8443/more", "https://example.org:8443/x?a=b",
            ])
        #expect(submission.build.indexes.findLinks == ["http://127.0.0.1:3141/links/"])
        #expect(
            submission.secrets.indexes == [
                .init(scope: "example.org:443", username: "user", password: "hun@ter2"),
                .init(scope: "example.org:8443", username: "token", password: ""),
                .init(scope: "127.0.0.1:3141", username: "other", password: "pw"),
            ])
        #expect(!String(decoding: try CanonicalJSON.encode(submission.build), as: UTF8.self).contains("ter2"))
    }

    @Test func credentialsOfTheRegistriesInQuestion() async throws {
        struct Known: CredentialSource {
            func credential(for registry: String) -> Credential? {
                registry == "example.org" ? nil : Credential(user: "u", password: Secret("for \(registry)"))
            }
        }
        var build = BuildSubmission(base: .reference(try Reference("docker.io/library/python:3.11")))
        build.tags = try ["one.example/a:1", "one.example/b:1", "example.org/a:1"].map { try Reference($0) }
        #expect(
            try await BuildSecrets.registries(of: build, from: Known()) == [
                .init(scope: "docker.io", username: "u", password: "for docker.io")
            ])
        build.pushes = true
        #expect(
            try await BuildSecrets.registries(of: build, from: Known()).map(\.scope) == ["one.example", "docker.io"])
        // What is one repository's is lent for that one alone.
        struct Namespaced: CredentialSource {
            func credential(for registry: String) -> Credential? { nil }
            func credential(for registry: String, repository: String?) -> Credential? {
                repository == "b" ? Credential(user: "u", password: Secret("for b")) : nil
            }
        }
        #expect(
            try await BuildSecrets.registries(of: build, from: Namespaced()) == [
                .init(scope: "one.example/b", username: "u", password: "for b")
            ])
    }

    /// What stands in indexes goes there as logins, the rest by its id.
    @Test func secretsAreLentByTheirIDs() throws {
        let given = try TemporaryDirectory()
        let directory = try TemporaryDirectory()
        try directory.write(
            Array("--extra-index-url https://me:${TOKEN}@b.example/simple\nalpha\n".utf8), to: "requirements.txt")
        func submission(_ secrets: [String: [UInt8]], index: String) throws -> RemoteSubmission {
            for (name, bytes) in secrets { try given.write(bytes, to: name) }
            var settings = Settings()
            settings.base = Given("python-3.11", .flag("--base"))
            settings.requirements = [Given("requirements.txt", .flag("-r"))]
            settings.indexURL = Given(index, .flag("--index-url"))
            settings.secrets = secrets.keys.map {
                Given("id=\($0),src=\(given.path)/\($0)", .flag("--secret"))
            }
            let surroundings = Surroundings(
                directory: directory.path, environment: ["TOKEN": "not this"], cache: "/nowhere", buildsOnServer: true)
            let request = try BuildRequest(context: directory.path, flags: settings, in: surroundings)
            let parts = try RequestParts(request)
            let inputs = try RemoteInputs(
                base: parts.base, python: parts.python, files: parts.files, context: request.context,
                in: directory.path, environment: surroundings.environment, lent: request.secrets)
            if secrets["TOKEN"] != [0xff] { #expect(inputs.filesWithCredentials == []) }
            return try RemoteSubmission(request, parts, inputs: inputs)
        }
        let both = try submission(
            ["TOKEN": Array("t\n".utf8), "OTHER": Array("o".utf8), "pip.conf": Array("c".utf8)],
            index: "https://me:${OTHER}@a.example/simple")
        #expect(both.build.indexes.indexURL == "https://a.example/simple")
        #expect(both.secrets.indexes == [.init(scope: "a.example:443", username: "me", password: "o")])
        #expect(both.secrets.named == [.init(id: "TOKEN", value: "t"), .init(id: "pip.conf", value: "c")])
        let same = try submission(["TOKEN": Array("t".utf8)], index: "https://me:${TOKEN}@a.example/simple")
        #expect(same.secrets.named == [.init(id: "TOKEN", value: "t")])
        #expect(throws: ClientError.self) { try submission(["TOKEN": [0xff]], index: "https://a.example/simple") }
    }
}
