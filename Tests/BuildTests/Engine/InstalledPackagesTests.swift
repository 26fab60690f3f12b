import Content
import Foundation
import Images
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Requirements on top of a base that has packages already.
@Suite struct InstalledPackagesTests {
    private static let site = "opt/venv/lib/python3.11/site-packages"

    private static func wheels() throws -> [WheelFixture] {
        [
            try WheelFixture("alpha", "1.0", requires: ["beta"], files: [("alpha_old/__init__.py", [])]),
            try WheelFixture("alpha", "2.0", requires: ["beta"], files: [("alpha_new/__init__.py", [])]),
            try WheelFixture("beta", "1.0"), try WheelFixture("beta", "2.0"), try WheelFixture("gamma", "1.0"),
        ]
    }

    /// A base that has alpha 1.0 and beta 1.0.
    private static func site() async throws -> BuildSite {
        let site = try await BuildSite(wheels: wheels())
        try site.requirements("alpha==1.0\nbeta==1.0\n")
        let spec = BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(site.pythonStep)])])
        _ = try await site.engine().build(spec, tags: [], outputs: [.layout(site.root.appending("filled"))])
        return site
    }

    private static func spec(_ site: BuildSite, requirements: String, upgrade: Bool = false) throws -> BuildSpec {
        try site.requirements(requirements)
        var step = site.pythonStep
        step.upgrade = upgrade
        return BuildSpec(stages: [
            Stage(
                base: .layout(path: site.root.appending("filled").string),
                // The code comes first, and what is replaced goes below it all the same.
                steps: [.files(site.filesStep), .python(step), .configuration(site.settings)])
        ])
    }

    @Test func whatIsThereAddsNoLayer() async throws {
        let site = try await Self.site()
        let log = EventLog()
        let plan = try #require(
            try await site.engine(events: log).plan(Self.spec(site, requirements: "alpha\ngamma\n")).first)
        // Newer versions are there for the asking, and nobody asks.
        #expect(plan.layers.map(\.title) == ["code: 3 files in /app", "python: gamma 1.0"])
        #expect(log.all.contains(.notice("the base has already: alpha 1.0, beta 1.0")))
        let result = try await site.engine().build(
            Self.spec(site, requirements: "alpha\n"), tags: [], outputs: [])
        #expect(result.images.images.first?.configuration.history?.last?.comment == "code: 3 files in /app")
    }

    @Test func whatIsReplacedIsWhitedOutAboveTheBase() async throws {
        let site = try await Self.site()
        let log = EventLog()
        let result = try await site.engine(events: log).build(
            Self.spec(site, requirements: "alpha==2.0\n"), tags: [], outputs: [.layout(site.root.appending("out"))])
        try await result.images.expectSound()
        #expect(log.all.contains(.notice("the base has already: beta 1.0")))
        #expect(log.all.contains(.notice("replaced in the base: alpha 1.0")))
        let image = try #require(result.images.images.first)
        let comments = image.configuration.history?.map { $0.comment ?? "" } ?? []
        #expect(
            comments.suffix(3)
                == ["python: without alpha 1.0 of the base", "code: 3 files in /app", "python: alpha 2.0"])

        let tree = try await BuildTests.tree(of: image)
        #expect(tree["\(Self.site)/alpha_old"] == nil && tree["\(Self.site)/alpha-1.0.dist-info"] == nil)
        for path in ["alpha_new/__init__.py", "alpha.py", "alpha-2.0.dist-info/RECORD", "beta-1.0.dist-info/RECORD"] {
            #expect(tree["\(Self.site)/\(path)"]?.kind == .file, "\(path)")
        }
        // A directory of the base keeps its mode in every layer.
        #expect(tree[Self.site]?.mode == 0o775)

        // The same as if it had been installed on the bare base, to a foreign reader.
        try site.requirements("alpha==2.0\nbeta==1.0\n")
        let bare = BuildSpec(stages: [
            Stage(
                base: .layout(path: site.base.string),
                steps: [.python(site.pythonStep), .files(site.filesStep), .configuration(site.settings)])
        ])
        _ = try await site.engine().build(bare, tags: [], outputs: [.layout(site.root.appending("bare"))])
        let trees = try await [unpacked(site, "out"), unpacked(site, "bare")]
        #expect(trees[0] == trees[1])
        #expect(trees[0].contains("\(Self.site)/alpha.py"))
    }

    /// The paths of an image as umoci unpacks them.
    private func unpacked(_ site: BuildSite, _ layout: String) async throws -> [String] {
        let bundle = site.root.appending("\(layout)-bundle")
        // umoci wants a name.
        try await runAside(
            "skopeo",
            ["copy", "--insecure-policy", "oci:\(site.root.appending(layout))", "oci:\(site.root)/\(layout)-named:x"])
        try await runAside(
            "umoci", ["unpack", "--rootless", "--image", "\(site.root)/\(layout)-named:x", bundle.string])
        return try site.directory.files(below: "\(layout)-bundle/rootfs")
    }

    @Test func newerVersionsComeWhereTheyAreAskedFor() async throws {
        let site = try await Self.site()
        let plan = try #require(
            try await site.engine().plan(Self.spec(site, requirements: "alpha\n", upgrade: true)).first)
        #expect(
            plan.layers.map(\.title) == [
                "python: without alpha 1.0, beta 1.0 of the base", "code: 3 files in /app",
                "python: alpha 2.0", "python: beta 2.0",
            ])
        // The lock of a requirement that the base does not meet is another one.
        let pinned = try #require(
            try await site.engine().plan(Self.spec(site, requirements: "alpha\nbeta>1\n")).first)
        #expect(pinned.layers.map(\.title).contains("python: without beta 1.0 of the base"))
    }
}
