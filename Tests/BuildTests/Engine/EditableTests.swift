import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import Python
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Projects whose code is used where it lies in the image.
@Suite struct EditableTests {
    private static let project = SourceFixture("local-pkg", "1.2", requires: ["beta"])

    private func spec(_ site: BuildSite, _ requirement: String, allows: Bool = true) throws -> BuildSpec {
        try site.requirements(requirement)
        var step = site.pythonStep
        step.allowsSourceBuilds = allows
        var options = InstallationOptions()
        options.editableSources = [.init(directory: site.root.appending("pkg").string, place: "/srv/code")]
        step.options = options
        return BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])])
    }

    private func paths(_ image: Image) async throws -> Set<String> {
        var found: Set<String> = []
        for layer in image.manifest.layers.dropFirst(2) {
            let blob = try await image.layer(layer)
            let index = try await blocking { try LayerIndexer.index(blob.open(), mediaType: layer.mediaType) }
            found.formUnion(index.entries.map(\.path))
        }
        return found
    }

    @Test func itsMetadataIsInstalledAndItsCodeIsNot() async throws {
        let site = try await BuildSite()
        let directory = site.root.appending("pkg")
        try Self.project.write(to: directory, log: site.root.appending("built.log"))
        let events = EventLog()
        let spec = try spec(site, "-e \(directory)\n")
        let result = try await site.engine(events: events).build(spec, tags: [], outputs: [])
        try await result.images.expectSound()
        let found = try await paths(try #require(result.images.images.first))
        let packages = "opt/venv/lib/python3.11/site-packages"
        #expect(found.contains("\(packages)/local_pkg-1.2.dist-info/METADATA"))
        #expect(found.contains("\(packages)/__editable__.local_pkg-1.2.pth"))
        #expect(!found.contains("\(packages)/local_pkg.py"))
        #expect(found.contains("\(packages)/beta-1.0.dist-info/METADATA"))
        #expect(!events.all.contains { if case .warning = $0 { true } else { false } })
        // Without -e its code is installed.
        let usual = try await site.engine().build(try self.spec(site, "\(directory)\n"), tags: [], outputs: [])
        #expect(try await paths(try #require(usual.images.images.first)).contains("\(packages)/local_pkg.py"))
    }

    @Test func nothingIsBuiltWhereThatIsOff() async throws {
        let site = try await BuildSite()
        let directory = site.root.appending("pkg")
        try Self.project.write(to: directory, log: site.root.appending("built.log"))
        let error = await #expect(throws: PythonError.self) {
            _ = try await site.engine().plan(try spec(site, "-e \(directory)\n", allows: false))
        }
        #expect(error?.hints.contains { $0.contains("--allow-source-builds") } == true)
        #expect(!FileSystem.exists(site.root.appending("built.log")))
    }
}
