import Content
import Diagnostics
import OCI
import Programs
import Spec
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Python

/// What is known of sources before and after uv has built them.
@Suite struct PackageSourceTests {
    @Test(arguments: [
        "cause: No interpreter found for Python 3.11 in virtual environments or search path",
        "cause: Failed to inspect Python interpreter from search path at `/shims/python3.11`",
    ])
    func aMissingPythonIsToldWithAHint(_ words: String) {
        let output = ProcessOutput(
            status: 2, standardOutput: "", standardError: "error: Failed to build `/pkg`\n  \(words)")
        let error = SourceBuilder.failure(output, name: "pkg", target: .debian12)
        #expect(error.code == .buildPythonMissing && error.blame == .outside)
        #expect(error.message.contains(words))
        #expect(error.hints.contains { $0.contains("install python3.11") })
    }

    @Test func aBuildHasALimitOfTime() async throws {
        let workshop = try Workshop()
        let log = workshop.root.appending("built.log")
        try SourceFixture("slow", "1", prelude: "import time\ntime.sleep(600)").write(
            to: workshop.root.appending("pkg"), log: log)
        let path = try workshop.file("requirements.txt", "--no-index\n./pkg\n")
        let store = try DirectoryBlobStore(workshop.root.appending("store"))
        let fetcher = WheelFetcher(downloader: Downloader(HTTPClient()), store: store)
        let builder = SourceBuilder(
            fetcher: fetcher, store: store, records: workshop.records, cache: workshop.root.appending("cache"),
            timeLimit: .seconds(2))
        let resolver = Resolver(
            environment: scrubbedEnvironment, records: workshop.records, cache: workshop.root.appending("cache"),
            hasher: NoHasher(), builder: builder)
        let error = await #expect(throws: PythonError.self) {
            _ = try await resolver.resolve(
                ResolutionRequest(
                    manifests: [try Manifest(path)], indexes: PackageIndexes(), target: .debian12,
                    allowsSourceBuilds: true))
        }
        #expect(error?.code == .buildFailed)
        #expect(error?.message.contains("is not done after 2") == true, "\(error?.message ?? "")")
        #expect(error?.context.contains { $0.value == "slow" } == true)
    }

    @Test(arguments: [
        ("https://user:secret@h.example/a.git", "https://h.example/a.git"),
        ("ssh://git@h.example/a.git", "ssh://git@h.example/a.git"),
        ("ssh://git:secret@h.example/a.git", "ssh://git@h.example/a.git"),
        ("file:///srv/a", "file:///srv/a"),
    ])
    func repositoriesAreNamedWithoutSecrets(_ given: String, _ kept: String) {
        #expect(GitSource.withoutSecrets(given) == kept)
    }

    @Test(arguments: [
        ("-e .", ["."]), ("./pkg", ["./pkg"]), ("name @ ../pkg[extra] ; python_version > '3'", ["../pkg"]),
        ("name@file:///srv/a%20b/pkg", ["/srv/a b/pkg"]), ("--editable=./pkg", ["./pkg"]),
        ("pkg-1.0.tar.gz", ["pkg-1.0.tar.gz"]), ("alpha>=1", []), ("-r ./more.txt", []), ("-f ./links", []),
        ("name @ https://h.example/x/pkg.zip", []), ("git+https://h.example/a/b.git@main", []),
    ])
    func localPathsOfALine(_ line: String, _ paths: [String]) {
        #expect(RequirementsLine.lines(of: line).flatMap(\.localPaths).map(\.string) == paths)
    }

    @Test func aTreeIsKnownByWhatItHolds() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array("a".utf8), to: "pkg/a.py")
        let root = directory.path.appending("pkg")
        let first = try SourceTree(root)
        try directory.write(Array("x".utf8), to: "pkg/__pycache__/a.pyc")
        #expect(try SourceTree(root).digest == first.digest)
        try directory.write(Array("x".utf8), to: "pkg/build/left")
        let second = try SourceTree(root)
        #expect(try second.digest != first.digest)
        #expect(second.onlyAdds(to: first) && !first.onlyAdds(to: second))
        try directory.write(Array("b".utf8), to: "pkg/a.py")
        #expect(try !SourceTree(root).onlyAdds(to: first))
        // Versions are made of tags.
        let third = try SourceTree(root).digest
        try directory.write(Array("0".utf8), to: "pkg/.git/refs/tags/v1")
        #expect(try SourceTree(root).digest != third)
    }

    @Test(arguments: [
        "vcs = { type = \"hg\", url = \"https://h/a\", commit-id = \"x\" }",
        "vcs = { type = \"git\", url = \"ext::sh -c id\", commit-id = \"0123456789012345678901234567890123456789\" }",
        "vcs = { type = \"git\", url = \"https://h/a\", commit-id = \"--upload-pack=id\" }",
        "vcs = { type = \"git\", url = \"https://h/a\", commit-id = \"0123456789012345678901234567890123456789\", subdirectory = \"../x\" }",
        "sdist = { name = \"../../x.tar.gz\", url = \"https://h/x.tar.gz\", hashes = {} }",
    ])
    func aLockThatNamesWhatItMayNotIsRefused(_ member: String) throws {
        let document = try PylockDocument(
            text: "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n\(member)\n", name: "pylock.toml")
        let selection = WheelSelection(
            preference: try WheelPreference(.debian12), target: .debian12, allowedHashes: [:], requiresHashes: false,
            preferences: nil, directory: "/lock",
            allowsSourceBuilds: true)
        let package = try #require(document.packages.first)
        let error = #expect(throws: PythonError.self) { try selection.choose(for: package) }
        #expect(error?.code == .invalidLock)
    }
}
