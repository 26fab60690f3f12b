import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Packages that go elsewhere than the base's Python looks.
@Suite struct EnvironmentTests {
    private static func spec(_ site: BuildSite, _ places: [(PythonPlace?, String)]) throws -> BuildSpec {
        var steps: [Step] = []
        for (number, (place, requirements)) in places.enumerated() {
            var step = site.pythonStep
            step.place = place
            step.manifests = []
            if !requirements.isEmpty {
                let file = site.root.appending("requirements-\(number).txt")
                try FileSystem.write("--no-index\n\(requirements)\n".utf8, to: file)
                step.manifests = [file.string]
            }
            steps.append(.python(step))
        }
        return BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: steps)])
    }

    /// The paths that layers of ours hold, each with what stands there.
    private static func content(_ image: Image, above base: Int = 2) async throws -> [String: IndexedEntry] {
        var found: [String: IndexedEntry] = [:]
        for layer in image.manifest.layers.dropFirst(base) {
            let blob = try await image.layer(layer)
            let index = try await blocking { try LayerIndexer.index(blob.open(), mediaType: layer.mediaType) }
            for entry in index.entries { found[entry.path] = entry }
        }
        return found
    }

    @Test func anEnvironmentIsMadeBelowItsPackages() async throws {
        let site = try await BuildSite()
        let spec = try Self.spec(
            site, [(.virtual(VirtualEnvironment(path: "/srv/venv", program: "python3")), "alpha")])
        let plan = try #require(try await site.engine().plan(spec).first)
        #expect(
            plan.layers.map(\.title) == ["python: virtual environment /srv/venv", "python: alpha 1.0, beta 1.0"]
                || plan.layers.count == 3)
        let result = try await site.engine().build(spec, tags: [], outputs: [])
        try await result.images.expectSound()
        let files = try await Self.content(try #require(result.images.images.first))
        #expect(files["srv/venv/bin/python3"]?.target == "/usr/bin/python3")
        #expect(files["srv/venv/bin/python"]?.target == "python3")
        #expect(files["srv/venv/lib64"]?.target == "lib")
        #expect(files["srv/venv/pyvenv.cfg"]?.kind == .file)
        #expect(files["srv/venv/lib/python3.11/site-packages/alpha-1.0.dist-info/METADATA"] != nil)
        #expect(files.keys.allSatisfy { !$0.hasPrefix("opt/") })
        // Directories of the base are not written anew.
        #expect(files["srv/venv"]?.kind == .directory)
    }

    @Test func environmentsKnowNothingOfEachOther() async throws {
        let site = try await BuildSite()
        let spec = try Self.spec(
            site,
            [
                (nil, "beta"), (.virtual(VirtualEnvironment(path: "/v", maker: .uv)), "beta\ngamma"),
                (.virtual(VirtualEnvironment(path: "/w", maker: .uv)), ""),
            ])
        let result = try await site.engine().build(spec, tags: [], outputs: [])
        let files = try await Self.content(try #require(result.images.images.first))
        for site in ["opt/venv", "v"] {
            #expect(files["\(site)/lib/python3.11/site-packages/beta-1.0.dist-info/METADATA"] != nil, "\(site)")
        }
        #expect(files["opt/venv/lib/python3.11/site-packages/gamma-1.0.dist-info/METADATA"] == nil)
        #expect(files["w/lib/python3.11/site-packages"]?.kind == .directory)
    }

    @Test func packagesOfOneUserKeepWhatTheBaseHas() async throws {
        let site = try await BuildSite()
        let error = await #expect(throws: (any Error).self) {
            _ = try await site.engine().plan(Self.spec(site, [(.user("/root/.local"), "alpha")]))
        }
        #expect("\(error!)".contains("which does not look in '/root/.local'"))
    }

    @Test func oneEnvironmentHasOneName() async throws {
        let site = try await BuildSite()
        let spec = try Self.spec(site, [(nil, "beta"), (.prefix("/opt/venv"), "gamma")])
        let error = await #expect(throws: BuildError.self) { _ = try await site.engine().plan(spec) }
        #expect(error?.message.contains("installed under two names of the environment") == true)
        let plan = try await site.engine().plan(Self.spec(site, [(.prefix("/opt/venv"), "gamma")]))
        #expect(plan.first?.layers.map(\.title) == ["python: gamma 1.0"])
        let missing = await #expect(throws: (any Error).self) {
            _ = try await site.engine().plan(Self.spec(site, [(.prefix("/nowhere"), "gamma")]))
        }
        #expect("\(missing!)".contains("the base has no Python environment '/nowhere'"))
    }
}
