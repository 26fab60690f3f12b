import Content
import Foundation
import Images
import OCI
import Python
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// A whole layout, committed: the bytes of an image change only when somebody means it, and then CHANGELOG.md says so.
///
/// `scripts/regenerate-golden` writes it anew.
@Suite struct GoldenTests {
    private static let expected = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().pushing("Fixtures/golden")

    /// Wheels with what an installer has to do something about: scripts, entry points, headers, data, names that are
    /// not ASCII or too long for ustar, an empty file, and a path that two of them own.
    private static func wheels() throws -> [WheelFixture] {
        let long = (0..<12).map { "level\($0)-of-a-deep-tree" }.joined(separator: "/")
        return [
            try WheelFixture(
                "one", "1.0", requires: ["two"],
                files: [
                    ("one-1.0.dist-info/entry_points.txt", Array("[console_scripts]\none = one:main\n".utf8)),
                    ("one-1.0.data/scripts/one-script", Array("#!python\nprint('one')\n".utf8)),
                    ("one-1.0.data/headers/one.h", Array("#define ONE 1\n".utf8)),
                    ("one-1.0.data/data/share/one/naïve-ж.txt", Array("ж\n".utf8)),
                    ("shared/__init__.py", []),
                ]),
            try WheelFixture(
                "two", "2.0",
                files: [("\(long)/module.py", Array("DEEP = True\n".utf8)), ("shared/__init__.py", [])]),
            try WheelFixture("large", "3.0", files: [("large/noise.bin", sampleBytes(9_000))]),
        ]
    }

    private static func build(into layout: FilePath) async throws {
        let site = try await BuildSite(wheels: try wheels())
        try site.requirements("one\nlarge\n")
        var step = site.filesStep
        step.excluded = ["*.log"]
        try site.directory.write(Array("noise\n".utf8), to: "context/run.log")
        var spec = site.spec()
        spec.stages[0].steps[1] = .files(step)
        let engine = try site.engine { $0.partition.largeSize = 8 << 10 }
        let result = try await engine.build(
            spec, tags: [try Reference("registry.example/team/golden:1")], outputs: [.layout(layout)])
        try await result.images.expectSound()
    }

    @Test func theLayoutIsTheCommittedOne() async throws {
        if ProcessInfo.processInfo.environment["COOPERAGE_REGENERATE_GOLDEN"] == "1" {
            try FileSystem.removeTree(Self.expected)
            try await Self.build(into: Self.expected)
        }
        let directory = try TemporaryDirectory()
        try await Self.build(into: directory.path.appending("golden"))
        let names = try directory.files(below: "golden")
        let committed = FileManager.default.enumerator(atPath: Self.expected.string)?.compactMap { $0 as? String }
            .filter { name in
                var isDirectory: ObjCBool = false
                let path = Self.expected.pushing(FilePath(name)).string
                return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
            }.sorted()
        #expect(names == committed, "scripts/regenerate-golden writes the layout anew; tell of it in CHANGELOG.md")
        for name in names {
            let made = try FileSystem.read(directory.path.appending("golden").pushing(FilePath(name)))
            #expect(made == (try? FileSystem.read(Self.expected.pushing(FilePath(name)))), "\(name)")
        }
    }
}
