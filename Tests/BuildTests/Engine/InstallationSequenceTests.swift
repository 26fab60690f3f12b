import Content
import Foundation
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Installations that follow one another, as installers do them.
@Suite struct InstallationSequenceTests {
    private static func wheels() throws -> [WheelFixture] {
        [
            try WheelFixture("base", "1.0"), try WheelFixture("base", "2.0"),
            try WheelFixture("early", "1.0", requires: ["base>=2"]),
            try WheelFixture("late", "1.0", requires: ["base<2"]), try WheelFixture("user", "1.0", requires: ["base"]),
        ]
    }

    /// One installation of a sequence.
    private struct Part {
        var requirements: String
        var links: FilePath?
        var adjust: (inout InstallationOptions) -> Void = { _ in }
    }

    /// What the layers hold in the end, and what was told.
    private static func installed(_ parts: [Part], together: Bool = true) async throws -> (
        names: Set<String>, log: EventLog
    ) {
        let site = try await BuildSite(wheels: wheels())
        return try await installed(parts, together: together, in: site)
    }

    private static func installed(
        _ parts: [Part], together: Bool, in site: BuildSite, isFresh: Bool = false
    ) async throws -> (names: Set<String>, log: EventLog) {
        var step = site.pythonStep
        var steps: [PythonStep] = []
        for (number, part) in parts.enumerated() {
            let file = site.root.appending("part-\(number).txt")
            try FileSystem.write("--no-index\n\(part.requirements)\n".utf8, to: file)
            var own = site.pythonStep
            own.manifests = [file.string]
            if let links = part.links { own.indexes.findLinks = [links.string] }
            var options = InstallationOptions()
            part.adjust(&options)
            if options != InstallationOptions() { own.options = options }
            steps.append(own)
        }
        step.manifests = together ? steps.flatMap(\.manifests) : []
        step.parts = steps
        let log = EventLog()
        let plan = try await site.engine(events: log) { $0.usesCache = !isFresh }.plan(
            BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])]))
        let wheels = try #require(plan.first).layers.compactMap(\.recipe.wheelLayer).flatMap(\.wheels).map(\.wheel)
        return (Set(wheels.map { "\($0.name) \($0.version)" }), log)
    }

    private static let notice = "the installations cannot be had together"

    private static func isInTurn(_ log: EventLog) -> Bool {
        log.all.contains { if case .notice(let text) = $0 { text.hasPrefix(notice) } else { false } }
    }

    @Test func whatCanBeHadTogetherIs() async throws {
        let result = try await Self.installed([Part(requirements: "user"), Part(requirements: "late")])
        #expect(result.names == ["user 1.0", "late 1.0", "base 1.0"])
        #expect(!Self.isInTurn(result.log))
    }

    @Test func whatCannotIsDoneInTurn() async throws {
        let result = try await Self.installed([Part(requirements: "early"), Part(requirements: "late")])
        // What the later one needs replaces what the earlier one brought, as in a container.
        #expect(result.names == ["early 1.0", "late 1.0", "base 1.0"])
        #expect(Self.isInTurn(result.log))
    }

    @Test func whatIsThereStays() async throws {
        let result = try await Self.installed(
            [Part(requirements: "base<2"), Part(requirements: "user")], together: false)
        #expect(result.names == ["base 1.0", "user 1.0"])
        let upgraded = try await Self.installed(
            [Part(requirements: "base<2"), Part(requirements: "user\nbase") { $0.upgrade = .named }], together: false)
        #expect(upgraded.names == ["base 2.0", "user 1.0"])
        let others = try await Self.installed(
            [Part(requirements: "base<2"), Part(requirements: "user") { $0.upgrade = .named }], together: false)
        #expect(others.names == ["base 1.0", "user 1.0"])
        let named = try await Self.installed(
            [Part(requirements: "base<2"), Part(requirements: "user") { $0.upgrade = .packages(["Base"]) }],
            together: false)
        #expect(named.names == ["base 2.0", "user 1.0"])
        let afresh = try await Self.installed(
            [Part(requirements: "base<2"), Part(requirements: "user")], together: false,
            in: try await BuildSite(wheels: Self.wheels()), isFresh: true)
        #expect(afresh.names == ["base 1.0", "user 1.0"])
    }

    @Test func dependenciesCanBeLeftOut() async throws {
        let result = try await Self.installed(
            [Part(requirements: "base==2.0"), Part(requirements: "late") { $0.leavesOutDependencies = true }],
            together: false)
        #expect(result.names == ["base 2.0", "late 1.0"])
        let alone = try await Self.installed(
            [Part(requirements: "late") { $0.leavesOutDependencies = true }], together: false)
        #expect(alone.names == ["late 1.0"])
    }

    /// As with torch from an index of its own, and the rest from PyPI.
    @Test func whatOneIndexGaveTheNextOneKeeps() async throws {
        let site = try await BuildSite(wheels: Self.wheels())
        let own = site.root.appending("own")
        try FileSystem.makeDirectory(own)
        try WheelFixture("base", "1.0+cpu").write(to: own)
        let result = try await Self.installed(
            [Part(requirements: "base", links: own), Part(requirements: "user\nbase==1.0")], together: false, in: site)
        #expect(result.names == ["base 1.0+cpu", "user 1.0"])
    }

    @Test func anExactOneTakesTheOthersAway() async throws {
        let result = try await Self.installed(
            [Part(requirements: "user"), Part(requirements: "base==1.0") { $0.isExact = true }], together: false)
        #expect(result.names == ["base 1.0"])
    }

    @Test func theLowestVersionsCanBeAskedFor() async throws {
        let result = try await Self.installed(
            [Part(requirements: "user") { $0.resolution = "lowest" }], together: false)
        #expect(result.names == ["base 1.0", "user 1.0"])
    }

    /// Commands of uv one after the other, and the same as parts of a step.
    @Test(
        arguments: [
            [("early", []), ("late", [])], [("base<2", []), ("user", [])],
            [("base==2.0", []), ("late", ["--no-deps"])],
            [("base<2", []), ("user", ["-U"])], [("base<2", []), ("user", ["-P", "base"])],
            [("user", []), ("base", ["--resolution", "lowest"])], [("early", []), ("base<2", []), ("user", [])],
        ] as [[(String, [String])]])
    func uvDoesTheSame(_ commands: [(String, [String])]) async throws {
        let site = try await BuildSite(wheels: Self.wheels())
        let environment = site.root.appending("real")
        try await runAside("uv", ["venv", "--quiet", "--python", "/usr/bin/python3", environment.string])
        var parts: [Part] = []
        for (requirement, flags) in commands {
            try await runAside(
                "uv",
                ["pip", "install", "--quiet", "--python", environment.string, "--no-index"]
                    + ["--find-links", site.links.string] + flags + [requirement])
            parts.append(
                Part(requirements: requirement) { options in
                    switch flags.first {
                    case "--no-deps": options.leavesOutDependencies = true
                    case "-U": options.upgrade = .all
                    case "-P": options.upgrade = .packages(Array(flags.dropFirst()))
                    case "--resolution": options.resolution = flags.last
                    default: break
                    }
                })
        }
        let library = environment.appending("lib")
        let series = try #require(try FileSystem.names(in: library).first)
        let names = try FileSystem.names(in: library.appending(series).appending("site-packages"))
        let theirs = names.filter { $0.hasSuffix(".dist-info") }.map {
            $0.dropLast(".dist-info".count).split(separator: "-").joined(separator: " ")
        }
        let ours = try await Self.installed(parts, together: false, in: site)
        #expect(ours.names == Set(theirs))
    }
}
