import Content
import Foundation
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Builds by the program itself, each in a process of its own: what a process inherits must not show in an image.
@Suite struct ProcessTests {
    /// The program that was built beside these tests.
    static var program: String {
        get throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let program = FilePath(tests).removingLastComponent().appending("cooperage")
            try #require(FileSystem.exists(program), "swift build --build-tests makes it")
            return program.string
        }
    }

    struct Surroundings: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var shell = ""
        var environment: [String: String] = [:]
        var flags: [String] = []
        var isSame = true
    }

    private static func build(_ site: BuildSite, _ surroundings: Surroundings, cache: String, output: String = "out")
        async throws -> String
    {
        var words = [try program, "build", site.context.string, "--base", site.base.string]
        words += ["-r", site.root.appending("requirements.txt").string, "--find-links", site.links.string]
        words += ["-o", "type=oci,dest=\(site.root)/\(output)-\(cache)", "--progress", "quiet"] + surroundings.flags
        let command = words.map { "'\($0)'" }.joined(separator: " ")
        var environment = surroundings.environment
        environment["COOPERAGE_CACHE_DIR"] = site.root.appending(cache).string
        let (script, variables) = (surroundings.shell + " exec " + command, environment)
        _ = try await blocking { try run("sh", ["-c", script], environment: variables) }
        let image = try await OCILayout(site.root.appending("\(output)-\(cache)")).image(for: nil)
        try await ImageSet(image).expectSound()
        return image.descriptor.digest.description
    }

    static let surroundings = [
        Surroundings(testDescription: "another time zone", environment: ["TZ": "Pacific/Chatham"]),
        Surroundings(testDescription: "locale C", environment: ["LC_ALL": "C", "LANG": "C"]),
        Surroundings(testDescription: "locale C.UTF-8", environment: ["LC_ALL": "C.UTF-8"]),
        Surroundings(testDescription: "umask 077", shell: "umask 077;"),
        Surroundings(testDescription: "umask 000", shell: "umask 000;"),
        Surroundings(testDescription: "another directory", shell: "cd /;"),
        Surroundings(testDescription: "no cache", flags: ["--no-cache"]),
        Surroundings(testDescription: "one processor", shell: "taskset -p 1 $$ >&2;"),
        Surroundings(
            testDescription: "SOURCE_DATE_EPOCH", environment: ["SOURCE_DATE_EPOCH": "1700000000"], isSame: false),
    ]

    @Test(arguments: surroundings)
    func theSurroundingsDoNotMatter(_ surroundings: Surroundings) async throws {
        let site = try await BuildSite()
        try site.directory.write(Array("ж".utf8), to: "context/naïve-ж.txt")
        let digest = try await Self.build(site, Surroundings(testDescription: ""), cache: "first")
        let other = try await Self.build(site, surroundings, cache: "second")
        #expect((digest == other) == surroundings.isSame)
    }

    @Test func twoProcessesShareACache() async throws {
        let site = try await BuildSite()
        let digests = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<3 {
                group.addTask {
                    try await Self.build(
                        site, Surroundings(testDescription: ""), cache: "cache", output: "out-\(number)")
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(digests.count == 1)
        try site.expectWhole()
    }

    /// Peak resident memory of a build without requirements, and so without uv, in bytes.
    private static func peakMemory(_ site: BuildSite, cache: String) async throws -> Int64 {
        let measure = """
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        let arguments = [
            try program, "build", site.context.string, "--base", site.base.string, "--progress", "quiet", "-o",
            "type=docker,dest=\(site.root)/\(cache).tar",
        ]
        let environment = ["COOPERAGE_CACHE_DIR": site.root.appending(cache).string]
        let told = try await blocking { try run("python3", ["-c", measure] + arguments, environment: environment) }
        let kibibytes = Int64(String(decoding: told, as: UTF8.self).split(separator: "\n").last ?? "")
        return try #require(kibibytes) << 10
    }

    @Test func memoryDoesNotGrowWithAFile() async throws {
        let site = try await BuildSite()
        let small = try await Self.peakMemory(site, cache: "small")
        try site.directory.write([], to: "context/zeros.bin")
        guard truncate(site.context.appending("zeros.bin").string, 300 << 20) == 0 else {
            throw Errno(rawValue: errno)
        }
        // Stored: a layer of its own, and 40 MB of it in the archive.
        let noise = sampleBytes(1 << 20)
        try site.directory.write(Array((0..<40).map { _ in noise }.joined()), to: "context/noise.bin")
        let large = try await Self.peakMemory(site, cache: "large")
        #expect(large - small < 16 << 20, "\(small >> 20) MiB, then \(large >> 20) MiB")
        #expect(large < 100 << 20)
    }
}
