import Content
import Foundation
import Images
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build
@testable import Dockerfile

/// `uv sync` of a Dockerfile against uv itself: the same distributions come out of a lock.
@Suite struct UvSyncTests {
    private static func site() async throws -> BuildSite {
        let site = try await BuildSite(
            wheels: ["usual", "devtool", "doctool", "alpha"].map { try WheelFixture($0, "1.0") } + [
                try WheelFixture("needed", "1.0", requires: ["usual"])
            ])
        try SourceFixture("proj-x", "0.1", requires: ["needed"])
            .write(to: site.context, log: site.root.appending("built.log"))
        let file = site.context.appending("pyproject.toml")
        let project = String(decoding: try FileSystem.read(file), as: UTF8.self)
        let more = """
            requires-python = ">=3.8"
            [project.optional-dependencies]
            more = ["alpha"]
            also = ["doctool"]
            [dependency-groups]
            dev = ["devtool"]
            docs = ["doctool"]
            [tool.uv]
            no-index = true
            find-links = ["../links"]

            """
        try FileSystem.write((project + more).utf8, to: file)
        try await runAside("uv", ["lock", "--quiet", "--project", site.context.string, "--python", "/usr/bin/python3"])
        return site
    }

    /// `name version` of each distribution that uv installs on this machine.
    private static func theirs(_ site: BuildSite, _ options: [String]) async throws -> Set<String> {
        let place = site.root.appending("env-\(options.joined().filter(\.isLetter))")
        let arguments =
            ["UV_PROJECT_ENVIRONMENT=\(place)", "uv", "sync", "--quiet", "--frozen", "--python", "/usr/bin/python3"]
            + ["--project", site.context.string] + options
        try await runAside("env", arguments)
        let library = place.appending("lib")
        let series = try #require(try FileSystem.names(in: library).first)
        let names = try FileSystem.names(in: library.appending(series).appending("site-packages"))
        return Set(
            names.filter { $0.hasSuffix(".dist-info") }.map { name in
                let parts = name.dropLast(".dist-info".count).split(separator: "-")
                return "\(parts[0].replacing("_", with: "-")) \(parts[1])"
            })
    }

    private static func ours(_ site: BuildSite, _ options: [String]) async throws -> Set<String> {
        var lowering = DockerfileLowering(
            try DockerfileDocument(
                "FROM base\nWORKDIR /app\nCOPY . .\nRUN uv sync --frozen \(options.joined(separator: " "))\n"))
        lowering.baseConfiguration = try await OCILayout(site.base).image(for: nil).configuration.config
        var spec = try lowering.lowered().buildSpec(context: site.context.string)
        spec.stages[0].base = .layout(path: site.base.string)
        for number in spec.stages[0].steps.indices {
            guard case .python(var step) = spec.stages[0].steps[number] else { continue }
            step.allowsSourceBuilds = true
            spec.stages[0].steps[number] = .python(step)
        }
        let plan = try #require(try await site.engine().plan(spec).first)
        #expect(plan.layers.first?.title == "python: virtual environment /app/.venv")
        let wheels = plan.layers.compactMap(\.recipe.wheelLayer).flatMap(\.wheels).map(\.wheel)
        return Set(wheels.map { "\($0.name) \($0.version)" })
    }

    @Test func theSameDistributionsComeOut() async throws {
        let site = try await Self.site()
        let all: [[String]] = [
            ["--no-editable"], ["--no-install-project"], ["--no-install-project", "--no-dev"],
            ["--no-install-project", "--only-dev"], ["--no-install-project", "--group", "docs"],
            ["--no-install-project", "--all-groups"], ["--no-install-project", "--all-groups", "--no-group", "docs"],
            ["--no-install-project", "--only-group", "docs"], ["--no-install-project", "--extra", "more"],
            ["--no-install-project", "--all-extras", "--no-extra", "more"],
            ["--no-install-project", "--no-default-groups"], ["--no-install-workspace"], ["--no-install-local"],
        ]
        for options in all {
            let (ours, theirs) = (try await Self.ours(site, options), try await Self.theirs(site, options))
            #expect(ours == theirs, "\(options)")
            #expect(!ours.isEmpty, "\(options)")
        }
    }

    @Test func aLockThatDoesNotFitIsRefused() async throws {
        let site = try await Self.site()
        let file = site.context.appending("pyproject.toml")
        let text = String(decoding: try FileSystem.read(file), as: UTF8.self)
        try FileSystem.write(text.replacing("[\"needed\"]", with: "[\"needed\", \"alpha\"]").utf8, to: file)
        func plan(_ options: String) async throws {
            let lowering = DockerfileLowering(
                try DockerfileDocument(
                    "FROM base\nWORKDIR /app\nCOPY . .\nRUN uv sync --no-install-project \(options)\n"))
            var spec = try lowering.lowered().buildSpec(context: site.context.string)
            spec.stages[0].base = .layout(path: site.base.string)
            _ = try await site.engine().plan(spec)
        }
        try await plan("--frozen")
        for options in ["", "--locked"] {
            let error = await #expect(throws: (any Error).self) { try await plan(options) }
            #expect("\(error!)".contains("uv.lock"), "\(error!)")
        }
    }
}
