import Content
import Diagnostics
import Programs
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// What is said when there is no answer. No network.
@Suite struct ResolutionErrorTests {
    let workshop: Workshop
    let indexes: PackageIndexes

    init() throws {
        workshop = try Workshop()
        let links = try workshop.directory("links")
        for wheel in [
            try WheelFixture("alpha", "1.0"),
            try WheelFixture("native", "1.0", tag: "cp312-cp312-musllinux_1_2_x86_64"),
        ] { try wheel.write(to: links) }
        try workshop.file("project/pyproject.toml", "[project]\nname = \"project\"\nversion = \"1\"\n")
        try workshop.file(
            "pyproject.toml", "[project]\nname = \"dynamic\"\ndynamic = [\"version\", \"dependencies\"]\n")
        indexes = PackageIndexes(findLinks: [links.string])
    }

    func failure(_ name: String, _ text: String?, environment: [String: String] = [:]) async -> PythonError? {
        await #expect(throws: PythonError.self) {
            let path = try text.map { try workshop.file(name, $0) } ?? workshop.root.appending(name)
            _ = try await workshop.resolver(environment: environment).resolve(
                ResolutionRequest(manifests: [try Manifest(path)], indexes: indexes, target: .debian12))
        }
    }

    @Test(arguments: [
        ("alpha>=2\n", PythonErrorCode.unresolvable, ["only alpha==1.0", "you require alpha>=2"]),
        ("alpha ==\n", .unresolvable, ["requirements.txt"]),
        ("native\n", .unresolvable, ["native"]),
        ("./project\n", .needsBuild, ["project", "a directory of sources", "uv build"]),
        ("alpha\n\n-r \\\n  more/absent.txt\n", .manifestNotFound, ["more/absent.txt", "requirements.txt:4"]),
        (
            "alpha==1.0 --hash=sha256:\(String(repeating: "0", count: 64))\n", .hashMismatch,
            ["alpha 1.0", "alpha-1.0-py3-none-any.whl"]
        ),
    ])
    func requirementsThatCannotBeMet(_ text: String, _ code: PythonErrorCode, _ words: [String]) async throws {
        let error = await failure("requirements.txt", "--no-index\n" + text)
        #expect(error?.code == code)
        let shown = "\(error?.description ?? "") \(error?.hints ?? [])"
        for word in words { #expect(shown.contains(word), "\(shown)") }
    }

    @Test(arguments: [
        ("pylock.toml", "lock-version = ", PythonErrorCode.invalidLock, "not TOML"),
        ("pylock.toml", "packages = []\n", .invalidLock, "lock-version"),
        ("pylock.toml", "lock-version = \"2.0\"\npackages = []\n", .invalidLock, "'2.0'"),
        ("pylock.toml", "lock-version = \"1.0\"\npackages = [{ version = 1 }]\n", .invalidLock, "name"),
        (
            "pylock.toml", "lock-version = \"1.0\"\nrequires-python = \">=3.12\"\npackages = []\n", .invalidLock,
            "Python >=3.12"
        ),
        (
            "pylock.toml",
            "lock-version = \"1.0\"\n[[packages]]\nname = \"beta\"\nversion = \"1\"\nsdist = { url = \"https://h/beta-1.tar.gz\", hashes = {} }\n",
            .needsBuild, "beta-1.tar.gz"
        ),
        ("uv.lock", "version = 1\n[[package]\n", .unresolvable, "uv.lock"),
        ("notes.md", "", .invalidManifest, "notes.md"),
    ])
    func manifestsThatCannotBeRead(_ name: String, _ text: String, _ code: PythonErrorCode, _ word: String) async {
        let error = await failure(name, text)
        #expect(error?.code == code)
        #expect(error?.description.contains(word) ?? false, "\(error?.description ?? "")")
    }

    @Test func aMissingManifestIsNamed() async {
        #expect(await failure("absent.txt", nil)?.code == .manifestNotFound)
    }

    @Test func aMissingUvIsNamedWithAHint() async {
        let error = await failure("requirements.txt", "alpha\n", environment: ["PATH": "/nowhere", "COOPERAGE_UV": ""])
        #expect(error?.code == .uvMissing)
        #expect(error?.hints.contains { $0.contains("pip install uv") } ?? false)
        let named = await failure("requirements.txt", "alpha\n", environment: ["COOPERAGE_UV": "/nowhere/uv"])
        #expect(named?.message.contains("/nowhere/uv") ?? false)
    }

    /// It is what it was the next time, too.
    @Test func anIndexThatIsNotTrustedIsTold() async throws {
        let server = try await TLSServer([:])
        let error = await failure("requirements.txt", "--index-url \(server.origin)/simple\nbeta\n")
        #expect(error?.code == .untrustedIndex && error?.blame == .outside)
        #expect(error?.message.contains("invalid peer certificate") == true, "\(error?.message ?? "")")
        #expect(error?.hints == ["SSL_CERT_FILE can name the certificates to trust"])
    }

    @Test(arguments: [
        ("  cause: client error (Connect)\n  cause: invalid peer certificate: Expired", PythonErrorCode.untrustedIndex),
        ("  cause: invalid peer certificate: UnknownIssuer", .untrustedIndex),
        ("  cause: received corrupt message of type InvalidContentType", .untrustedIndex),
        ("  cause: received fatal alert: HandshakeFailure", .untrustedIndex),
        ("  cause: received fatal alert: InternalError", .uvFailed),
        ("  cause: tcp connect error\n  cause: Connection refused (os error 111)", .uvFailed),
        ("  cause: unexpected eof", .uvFailed), ("  cause: operation timed out", .uvFailed),
    ])
    func failuresOfTheNetworkAreClassed(_ cause: String, _ code: PythonErrorCode) {
        let words = """
            error: Request failed after 3 retries in 6.0s
              cause: Failed to fetch: https://index.example/simple/alpha/
              cause: error sending request for url (https://index.example/simple/alpha/)
            \(cause)
            """
        let output = ProcessOutput(status: 2, standardOutput: "", standardError: words)
        #expect(UvFailure.error(from: output, doing: "resolve").code == code)
    }

    @Test func aNetworkFailureIsTheWorlds() async {
        let error = await failure(
            "requirements.txt", "--index-url http://127.0.0.1:1/simple\nbeta\n", environment: ["UV_HTTP_RETRIES": "0"])
        #expect(error?.code == .uvFailed)
        #expect(error?.blame == .outside)
    }
}
