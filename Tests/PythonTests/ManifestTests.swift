import Content
import Diagnostics
import OCI
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// Requirements files in full: what pip's users write, by real uv against directories of wheels. No network.
@Suite struct ManifestTests {
    let workshop: Workshop
    let links: FilePath

    init() throws {
        workshop = try Workshop()
        links = try workshop.directory("links")
        for wheel in [
            try WheelFixture("alpha", "1.0", requires: ["beta", "gamma; extra == 'more'"]),
            try WheelFixture("alpha", "2.0rc1", requires: ["beta"]), try WheelFixture("beta", "1.0"),
            try WheelFixture("beta", "2.0"), try WheelFixture("beta", "3.0b1"),
        ] { try wheel.write(to: links) }
        try WheelFixture("gamma", "1.0").write(to: workshop.directory("further"))
        try workshop.file("app/limits.txt", "beta<2\n")
        try workshop.file("app/sub/more.txt", "gamma\n--find-links ../../further\n-c ../limits.txt\n")
    }

    private func resolve(_ text: String, environment: [String: String] = [:]) async throws -> Lock {
        let path = try workshop.file("app/requirements.txt", text)
        return try await workshop.resolver(environment: environment).resolve(
            ResolutionRequest(manifests: [try Manifest(path)], indexes: PackageIndexes(), target: .debian12)
        ).lock
    }

    struct Sample: CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let packages: [String]

        init(_ name: String, _ text: String, _ packages: [String]) {
            testDescription = name
            self.text = text
            self.packages = packages
        }
    }

    static let samples = [
        Sample("find-links from the file", "alpha\n", ["alpha 1.0", "beta 2.0"]),
        Sample("-c", "alpha\n-c limits.txt\n", ["alpha 1.0", "beta 1.0"]),
        Sample("--constraint=", "alpha\n--constraint=limits.txt\n", ["alpha 1.0", "beta 1.0"]),
        Sample("-r", "-r sub/more.txt\nalpha\n", ["alpha 1.0", "beta 1.0", "gamma 1.0"]),
        Sample("--requirement", "--requirement sub/more.txt\n", ["gamma 1.0"]),
        Sample(
            "markers", "alpha; python_version >= '3.8'\nbeta<2; sys_platform == 'win32'\n", ["alpha 1.0", "beta 2.0"]),
        Sample("the full version in a marker", "beta<2; python_full_version == '3.11.2'\n", ["beta 1.0"]),
        Sample("extras", "-f ../further\nalpha[more]\n", ["alpha 1.0", "beta 2.0", "gamma 1.0"]),
        Sample("--pre", "--pre\nalpha\n", ["alpha 2.0rc1", "beta 3.0b1"]),
        Sample("a version before a release", "alpha>=2.0rc1\n", ["alpha 2.0rc1", "beta 2.0"]),
        Sample("--only-binary", "--only-binary :all:\nalpha\n", ["alpha 1.0", "beta 2.0"]),
        Sample("--no-binary :none:", "--no-binary=:none:\nalpha\n", ["alpha 1.0", "beta 2.0"]),
        Sample(
            "a requirement over lines", "alpha \\\n  == 1.0 \\\n  ; python_version > '3' \n", ["alpha 1.0", "beta 2.0"]),
        Sample(
            "a file over lines", "alpha \\\n  >= 1.0\n-r \\\n  sub/more.txt\n", ["alpha 1.0", "beta 1.0", "gamma 1.0"]),
        Sample("comments and blanks", "# head\n\n  alpha # tail\n\n#-r absent.txt\n", ["alpha 1.0", "beta 2.0"]),
        Sample("Windows lines", "alpha\r\nbeta<2\r\n", ["alpha 1.0", "beta 1.0"]),
        Sample("a variable in a version", "beta==${VERSION}\n", ["beta 1.0"]),
        Sample("a variable in a name", "${NAME}<2\n", ["beta 1.0"]),
        Sample("a variable in a path", "-f ${FURTHER}\ngamma\n", ["gamma 1.0"]),
        Sample(
            "a variable in an included path", "-r ${SUB}/more.txt\nalpha${NOTHING}\n",
            ["alpha 1.0", "beta 1.0", "gamma 1.0"]),
        Sample("a wheel by path", "../links/beta-1.0-py3-none-any.whl\n", ["beta 1.0"]),
        Sample("a wheel by name and path", "beta @ ../links/beta-1.0-py3-none-any.whl\n", ["beta 1.0"]),
        Sample("a wheel by URL", "beta @ file://${LINKS}/beta-1.0-py3-none-any.whl\n", ["beta 1.0"]),
        Sample("names in other spellings", "Alpha\nBETA<2\n", ["alpha 1.0", "beta 1.0"]),
        Sample("exact versions", "beta===1.0\n", ["beta 1.0"]),
        Sample("compatible versions", "beta~=1.0\n", ["beta 1.0"]),
        Sample("wildcards and exclusions", "beta==2.*,!=2.1\n", ["beta 2.0"]), Sample("nothing", "# none\n", []),
    ]

    @Test(arguments: samples)
    func whatFilesMean(_ sample: Sample) async throws {
        let lock = try await resolve(
            "--no-index\n--find-links ../links\n" + sample.text,
            environment: [
                "VERSION": "1.0", "NAME": "beta", "NOTHING": "", "LINKS": links.string,
                "FURTHER": workshop.root.appending("further").string, "SUB": workshop.root.pushing("app/sub").string,
            ])
        #expect(lock.packages.map { "\($0.name) \($0.version)" } == sample.packages)
    }

    @Test func hashes() async throws {
        let (one, two) = (try WheelFixture("beta", "1.0").digest, try WheelFixture("beta", "2.0").digest)
        let start = "--no-index\n--find-links ../links\n"
        func versions(_ text: String) async throws -> [String] {
            try await resolve(start + text).packages.map(\.version)
        }
        #expect(try await versions("beta==1.0 --hash=\(one)\n") == ["1.0"])
        #expect(try await versions("beta==2.0 \\\n    --hash=\(one) \\\n    --hash=\(two)\n") == ["2.0"])
        #expect(try await versions("beta \\\n  ==2.0 --hash=\(two) # of the index\n") == ["2.0"])
        #expect(try await versions("--require-hashes\nbeta==2.0 --hash=\(two)\n") == ["2.0"])
        for (text, word) in [
            ("beta==2.0 --hash=\(one)\n", "beta-2.0-py3-none-any.whl"),
            ("--require-hashes\nbeta\n", "--require-hashes"),
        ] {
            let error = try await #require(throws: PythonError.self) { try await resolve(start + text) }
            #expect(error.code == .hashMismatch)
            #expect(error.message.contains(word), "\(error.message)")
        }
    }

    @Test func indexesOfAFile() async throws {
        let first = PackageIndex(wheels: [try WheelFixture("alpha", "1.0", requires: ["gamma"])])
        let second = PackageIndex(wheels: [try WheelFixture("gamma", "2.0")])
        try await LoopbackServer.run(answering: { first.answer($0) }) { one in
            try await LoopbackServer.run(answering: { second.answer($0) }) { two in
                for text in [
                    "--index-url \(one.origin)/simple\n--extra-index-url \(two.origin)/simple\nalpha\n",
                    "-i \(one.origin)/simple\n--extra-index-url=\(two.origin)/simple\nalpha\n",
                    "--index-url=${ONE}/simple\n--extra-index-url ${TWO}/simple\nalpha\n",
                    "--index-url=${ONE}/simple\n--extra-index-url ${TWO}/simple\nalpha \\\n  >= 1\n",
                ] {
                    let lock = try await resolve(text, environment: ["ONE": one.origin, "TWO": two.origin])
                    #expect(lock.packages.map(\.version) == ["1.0", "2.0"])
                }
            }
        }
    }

    @Test(arguments: [
        (
            "alpha\n\n--no-binary :all:\n", PythonErrorCode.needsBuild,
            ["'--no-binary :all:'", "requirements.txt:5", "only wheels"]
        ),
        ("--no-binary=beta\nbeta\n", .needsBuild, ["'--no-binary beta'", "requirements.txt:3"]),
        ("-e ./project\n", .needsBuild, ["project", "uv build"]),
        ("./project\n", .needsBuild, ["project", "uv build"]),
        ("beta<2\nbeta>=2\n", .unresolvable, ["beta<2", "beta>=2", "unsatisfiable"]),
        ("beta>=2\n-c limits.txt\n", .unresolvable, ["beta>=2", "beta<2"]),
        ("beta \\\n >=9\n", .unresolvable, ["beta>=9"]),
        ("delta\n", .unresolvable, ["delta"]),
        ("beta==${ABSENT}\n", .unresolvable, ["${ABSENT}"]),
        ("-c absent.txt\n", .manifestNotFound, ["absent.txt", "requirements.txt:3"]),
    ])
    func whatIsRefused(_ text: String, _ code: PythonErrorCode, _ words: [String]) async throws {
        try workshop.file("app/project/pyproject.toml", "[project]\nname = \"project\"\nversion = \"1\"\n")
        let error = try await #require(throws: PythonError.self) {
            try await resolve("--no-index\n--find-links ../links\n" + text)
        }
        #expect(error.code == code)
        let shown = "\(error) \(error.hints)"
        for word in words { #expect(shown.contains(word), "\(shown)") }
    }

    @Test func severalManifestsThatDoNotGoTogether() async throws {
        let (one, two) = (
            try workshop.file("one.txt", "--no-index\nbeta<2\n"), try workshop.file("two.in", "beta>=2\n")
        )
        let error = try await #require(throws: PythonError.self) {
            try await workshop.resolver().resolve(
                ResolutionRequest(
                    manifests: [try Manifest(one), try Manifest(two)],
                    indexes: PackageIndexes(findLinks: [links.string]), target: .debian12))
        }
        #expect(error.code == .unresolvable)
        #expect(error.message.contains("beta<2") && error.message.contains("beta>=2"), "\(error.message)")
    }
}
