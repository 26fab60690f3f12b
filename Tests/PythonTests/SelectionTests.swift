import Content
import Diagnostics
import OCI
import Programs
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// Dependency groups and extras of projects, by their descriptions and by their locks. No network.
@Suite struct SelectionTests {
    let workshop: Workshop

    init() throws {
        workshop = try Workshop()
        let links = try workshop.directory("links")
        for name in ["alpha", "beta", "gamma", "delta", "omega"] { try WheelFixture(name, "1.0").write(to: links) }
        try project("dependencies = [\"alpha\"]")
        try workshop.file("requirements.txt", "--no-index\nomega\n")
    }

    private func project(_ dependencies: String) throws {
        try workshop.file(
            "project/pyproject.toml",
            """
            [project]
            name = "project"
            version = "1"
            requires-python = ">=3.9"
            \(dependencies)
            [project.optional-dependencies]
            Fast_Math = ["beta"]
            serving = ["gamma"]
            [dependency-groups]
            dev = ["delta"]
            Docs_All = [{include-group = "dev"}, "omega"]
            [tool.uv]
            default-groups = ["dev"]
            no-index = true
            find-links = ["../links"]
            """)
    }

    private var directory: FilePath { workshop.root.appending("project") }

    /// Writes the project's uv.lock.
    private func lockByUv() async throws {
        let uv = try await UvTool.find(environment: scrubbedEnvironment, records: workshop.records)
        let environment = UvEnvironment(
            user: scrubbedEnvironment, indexes: PackageIndexes(), cache: workshop.root.appending("uv"), uv: uv.path)
        let locked = try await uv.run(["lock"], environment: environment, directory: directory)
        #expect(locked.succeeded, "\(locked.standardError)")
    }

    private func resolve(
        _ manifests: [String], _ selection: PackageSelection, _ use: LockUse? = nil
    ) async throws -> Resolution {
        try await workshop.resolver().resolve(
            ResolutionRequest(
                manifests: try manifests.map { try Manifest(workshop.root.pushing(FilePath($0))) },
                indexes: PackageIndexes(findLinks: [workshop.root.appending("links").string]), target: .debian12,
                selection: selection, lock: use))
    }

    private func names(_ manifests: [String], _ selection: PackageSelection) async throws -> [String] {
        try await resolve(manifests, selection).lock.packages.map(\.name)
    }

    @Test(arguments: ["pyproject.toml", "uv.lock"])
    func theSameOfProjectAndLock(_ manifest: String) async throws {
        try await lockByUv()
        let manifest = "project/\(manifest)"
        #expect(try await names([manifest], PackageSelection()) == ["alpha"])
        #expect(try await names([manifest], PackageSelection(groups: ["dev"])) == ["alpha", "delta"])
        #expect(try await names([manifest], PackageSelection(groups: ["docs-all"])) == ["alpha", "delta", "omega"])
        #expect(try await names([manifest], PackageSelection(extras: ["fast-math"])) == ["alpha", "beta"])
        #expect(
            try await names([manifest], PackageSelection(groups: ["dev"], extras: ["serving", "Fast_Math"]))
                == ["alpha", "beta", "delta", "gamma"])
        #expect(try await names([manifest], PackageSelection(allExtras: true)) == ["alpha", "beta", "gamma"])
        // Beside another manifest.
        #expect(
            try await names([manifest, "requirements.txt"], PackageSelection(extras: ["serving"]))
                == ["alpha", "gamma", "omega"])
    }

    /// A lock of another tool, with groups and extras in it.
    @Test func groupsAndExtrasOfAStandardLock() async throws {
        let markers: KeyValuePairs = [
            "alpha": "",
            "beta": "'Fast_Math' in extras",
            "gamma": "'dev' in dependency_groups",
            "delta": "'default' in dependency_groups and python_version > '3'",
            "omega": "'dev' not in dependency_groups or 'serving' in extras",
        ]
        var text = """
            lock-version = "1.0"
            created-by = "another"
            extras = ["fast-math", "serving"]
            dependency-groups = ["default", "dev"]
            default-groups = ["default"]

            """
        for (name, marker) in markers {
            let wheel = try WheelFixture(name, "1.0")
            text += """
                [[packages]]
                name = "\(name)"
                version = "1.0"
                \(marker.isEmpty ? "" : "marker = \"\(marker)\"")
                [[packages.wheels]]
                path = "../links/\(wheel.filename)"
                hashes = {sha256 = "\(wheel.digest.encoded)"}

                """
        }
        try workshop.file("project/pylock.toml", text)
        let lock = ["project/pylock.toml"]
        #expect(try await names(lock, PackageSelection()) == ["alpha", "delta", "omega"])
        #expect(try await names(lock, PackageSelection(groups: ["dev"])) == ["alpha", "delta", "gamma"])
        #expect(
            try await names(lock, PackageSelection(groups: ["Dev"], extras: ["serving"]))
                == ["alpha", "delta", "gamma", "omega"])
        #expect(try await names(lock, PackageSelection(extras: ["fast_math"])) == ["alpha", "beta", "delta", "omega"])
        #expect(try await names(lock, PackageSelection(allExtras: true)) == ["alpha", "beta", "delta", "omega"])
        let error = try await #require(throws: PythonError.self) {
            try await names(lock, PackageSelection(groups: ["docs"]))
        }
        #expect(error.code == .unknownGroup && error.hints.joined().contains("default, dev"))
    }

    @Test(arguments: [
        ("'a' in extras", "python_version >= '0'"), ("\"A\" in extras", "python_version >= '0'"),
        ("'a' in dependency_groups", "python_version < '0'"), ("'b'  in\tdependency_groups", "python_version >= '0'"),
        ("('a' not in extras or os_name == 'nt')", "(python_version < '0' or os_name == 'nt')"),
        ("'linux' in sys_platform", "'linux' in sys_platform"),
    ])
    func questionsOfGroupsAndExtras(_ marker: String, _ expected: String) {
        #expect(LockSelection(groups: ["b"], extras: ["a"]).answered(in: marker) == expected)
    }

    @Test func whatIsWantedCounts() async throws {
        let first = try await resolve(["project/pyproject.toml"], PackageSelection(groups: ["dev"]))
        let second = try await resolve(["project/pyproject.toml"], PackageSelection(groups: ["dev"]))
        #expect(!first.isCached && second.isCached)
        for other in [PackageSelection(extras: ["serving"]), PackageSelection(allExtras: true), PackageSelection()] {
            #expect(try await !resolve(["project/pyproject.toml"], other).isCached)
        }
    }

    @Test func projectsOfTheirOwnNames() async throws {
        try workshop.file(
            "other/pyproject.toml",
            "[project]\nname = \"other\"\nversion = \"1\"\n[dependency-groups]\nonly = [\"omega\"]\n")
        #expect(
            try await names(
                ["project/pyproject.toml", "other/pyproject.toml"],
                PackageSelection(groups: ["only"], extras: ["serving"])) == ["alpha", "gamma", "omega"])
    }

    @Test(arguments: [
        (["project/pyproject.toml"], PackageSelection(groups: ["nope"]), PythonErrorCode.unknownGroup, "dev, docs-all"),
        (["project/uv.lock"], PackageSelection(groups: ["nope"]), .unknownGroup, "dev, docs-all"),
        (["project/pyproject.toml"], PackageSelection(extras: ["nope"]), .unknownExtra, "fast-math, serving"),
        (["project/uv.lock"], PackageSelection(extras: ["nope"]), .unknownExtra, "fast-math, serving"),
        (["requirements.txt"], PackageSelection(groups: ["nope"]), .unknownGroup, "pyproject.toml"),
        (["requirements.txt"], PackageSelection(extras: ["nope"]), .unknownExtra, "pyproject.toml"),
        (["requirements.txt"], PackageSelection(allExtras: true), .unknownExtra, "pyproject.toml"),
    ])
    func unknownNames(
        _ manifests: [String], _ selection: PackageSelection, _ code: PythonErrorCode, _ words: String
    ) async throws {
        try workshop.file("project/uv.lock", "version = 1\n")
        let error = try await #require(throws: PythonError.self) { try await resolve(manifests, selection) }
        #expect(error.code == code && error.blame == .request)
        #expect(error.message.contains(selection.allExtras ? "all extras" : "'nope'"))
        #expect(error.hints.contains { $0.contains(words) }, "\(error.hints)")
    }

    @Test func aUvLockThatDoesNotFitItsProject() async throws {
        try await lockByUv()
        let use = LockUse.required(path: directory.appending("uv.lock").string)
        #expect(try await resolve(["project/uv.lock"], PackageSelection(), use).lock.packages.map(\.name) == ["alpha"])
        // A newer release is none of its business.
        try WheelFixture("alpha", "2.0").write(to: workshop.root.appending("links"))
        #expect(try await resolve(["project/uv.lock"], PackageSelection(), use).lock.packages.map(\.version) == ["1.0"])
        try project("dependencies = [\"alpha>1\"]")
        let error = try await #require(throws: PythonError.self) {
            try await resolve(["project/uv.lock"], PackageSelection(), use)
        }
        #expect(error.code == .lockOutdated)
        #expect(error.message.contains("uv.lock") && error.message.contains("alpha v1.0 -> v2.0"), "\(error.message)")
        #expect(error.hints == ["write it anew by 'uv lock'"])
        // Whoever does not ask for it gets what is locked, as before.
        #expect(try await resolve(["project/uv.lock"], PackageSelection()).lock.packages.map(\.version) == ["1.0"])
    }
}
