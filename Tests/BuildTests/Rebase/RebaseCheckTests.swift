import Diagnostics
import Layers
import OCI
import Testing

@testable import Build

/// What layers meet on another base.
@Suite struct RebaseCheckTests {
    struct Situation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var old: [String] = []
        var new: [String] = []
        var upper: [String]
        var problem: String?
        var warnings: [String] = []

        var usual: [String] { ["etc/", "etc/passwd", "usr/", "usr/lib/"] }
    }

    /// An index of paths: `a/` is a directory, `a -> b` a link, all else a file.
    static func index(_ paths: [String]) -> LayerIndex {
        LayerIndex(
            entries: paths.map { path in
                if let arrow = path.firstRange(of: " -> ") {
                    return IndexedEntry(
                        path: String(path[..<arrow.lowerBound]), kind: .symbolicLink, mode: 0o777,
                        target: String(path[arrow.upperBound...]))
                }
                return path.hasSuffix("/")
                    ? IndexedEntry(path: String(path.dropLast()), kind: .directory, mode: 0o755)
                    : IndexedEntry(path: path, kind: .file, mode: 0o644, size: 1)
            })
    }

    static let situations = [
        Situation(testDescription: "files of its own", upper: ["app/", "app/main.py", "usr/lib/x"]),
        Situation(
            testDescription: "a directory that is a link there", old: ["lib/"], new: ["lib -> usr/lib"],
            upper: ["lib/", "lib/x"], problem: "'/lib' is a directory of its layers, and none there"),
        Situation(
            testDescription: "a file below what is a link there", old: ["lib/"], new: ["lib -> usr/lib"],
            upper: ["lib/x"], problem: "'/lib/x' of its layers lies below '/lib', which is no directory there"),
        Situation(
            testDescription: "a link over a link", old: ["lib -> usr/lib"], new: ["lib -> usr/lib"],
            upper: ["lib -> usr/lib64"]),
        Situation(
            testDescription: "a file where a directory is there", new: ["etc/app/"], upper: ["etc/app"],
            problem: "'/etc/app' is a file of its layers, and a directory there"),
        Situation(
            testDescription: "a whiteout that finds what it removes", old: ["etc/motd"], new: ["etc/motd"],
            upper: ["etc/.wh.motd"]),
        Situation(
            testDescription: "a whiteout that finds nothing", old: ["etc/motd"], upper: ["etc/.wh.motd"],
            warnings: ["the image's layers remove '/etc/motd', which the new base does not have"]),
        Situation(
            testDescription: "a whiteout without a directory", old: ["srv/", "srv/x"], upper: ["srv/.wh.x"],
            problem: "its layers remove something of '/srv', a directory that is not there"),
        Situation(
            testDescription: "a whiteout that brings its directory", old: ["srv/", "srv/x"],
            upper: ["srv/", "srv/.wh.x"],
            warnings: ["the image's layers remove '/srv/x', which the new base does not have"]),
        Situation(
            testDescription: "all of a directory that is not there", old: ["srv/", "srv/x"],
            upper: ["srv/.wh..wh..opq"],
            problem: "its layers remove something of '/srv', a directory that is not there"),
        Situation(
            testDescription: "files that both bases have", old: ["etc/a", "etc/b", "etc/c"],
            new: ["etc/a", "etc/b", "etc/c"], upper: ["etc/passwd", "etc/a", "etc/b", "etc/c", "etc/d"],
            warnings: [
                "the image's layers bring '/etc/a', '/etc/b', '/etc/c' and 1 more, as made for the old base: what the new one has there is not seen"
            ]),
    ]

    @Test(arguments: situations)
    func paths(_ situation: Situation) {
        let found = RebasedPaths(
            old: [Self.index(situation.usual + situation.old)], new: [Self.index(situation.usual + situation.new)],
            upper: [Self.index(situation.upper)])
        #expect(found.problem == situation.problem)
        #expect(found.warnings == situation.warnings)
    }

    @Test func layersOfTheImageAreSeenInTheirOrder() {
        // A lower layer of the image makes the directory that the upper one needs.
        let usual = ["etc/"]
        let found = RebasedPaths(
            old: [Self.index(usual + ["srv/", "srv/x"])], new: [Self.index(usual)],
            upper: [Self.index(["srv/", "srv/y"]), Self.index(["srv/.wh.y", "etc/new/", "etc/new/z"])])
        #expect(found.problem == nil && found.warnings == [])
    }

    /// Without a Python the C library counts alone.
    @Test(
        arguments: [(36, 36, true), (36, 40, true), (36, 31, false), (nil, 31, true), (36, nil, false)]
            as [(Int?, Int?, Bool)])
    func theCLibraryIsNoOlder(_ old: Int?, _ new: Int?, _ fits: Bool) throws {
        func base(_ minor: Int?) -> LayerIndex {
            var index = Self.index(["etc/"])
            guard let minor else { return index }
            index.entries.append(IndexedEntry(path: "usr/lib/libc.so.6", kind: .file, mode: 0o755))
            index.libraries["usr/lib/libc.so.6"] = GlibcLibrary(
                machine: 62, version: GlibcVersion(major: 2, minor: minor))
            return index
        }
        let check = RebaseCheck(
            base: "new", platform: Platform(os: "linux", architecture: "amd64"), old: [base(old)], new: [base(new)],
            upper: [Self.index(["app"])], before: .init(), after: .init())
        guard !fits else {
            #expect(try check.warnings() == [])
            return
        }
        let error = #expect(throws: BuildError.self) { try check.warnings() }
        #expect(error?.code == .notRebasable && error?.message.contains("it was made for glibc 2.36") == true)
        #expect(error?.hints.last == "--force leaves out the check")
    }
}
