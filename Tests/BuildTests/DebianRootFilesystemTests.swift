import Content
import Diagnostics
import OCI
import SystemPackage
import Testing

@testable import Build

/// Real mmdebstrap, but no whole build: `base-images/debian/check` makes one twice, and the tests of the command line
/// build on the result.
@Suite struct DebianRootFilesystemTests {
    private static let bookworm = DebianRelease(suite: "bookworm", packages: ["python3"])

    private static func rootFilesystem(_ release: DebianRelease = bookworm) throws -> DebianRootFilesystem {
        try DebianRootFilesystem(
            release, python: BasePython(version: "3.11", environment: "/opt/venv"), user: nil, workingDirectory: nil,
            platform: .host)
    }

    @Test func aForeignSystemIsRefused() throws {
        let error = try #require(throws: BaseImageError.self) {
            try DebianRootFilesystem(
                Self.bookworm, python: nil, user: nil, workingDirectory: nil,
                platform: Platform(os: "windows", architecture: "amd64"))
        }
        #expect(error.message.contains("windows/amd64"))
    }

    @Test func theKeyFollowsTheRecipe() throws {
        let key = try Self.rootFilesystem().key()
        #expect(try Self.rootFilesystem().key() == key)
        let more = DebianRelease(suite: "bookworm", packages: ["python3", "tzdata"])
        #expect(try Self.rootFilesystem(more).key() != key)
    }

    @Test func aPackageThatDoesNotExistIsNamed() async throws {
        try await withTemporaryDirectory { directory in
            let output = directory.appending("root.tar")
            let release = DebianRelease(suite: "bookworm", packages: ["no-such-package-here"])
            let error = try await #require(throws: BaseImageError.self) {
                try await Self.rootFilesystem(release).write(to: output)
            }
            #expect(error.code == .rootFilesystem)
            #expect(error.blame == .outside)
            #expect(error.context.contains { $0.value.contains("no-such-package-here") })
            #expect(error.hints.contains { $0.contains("packages.debian.org/bookworm") })
            #expect(!FileSystem.exists(output))
        }
    }

    @Test func cancellingEndsMmdebstrapAndLeavesNothing() async throws {
        try await withTemporaryDirectory { directory in
            let output = directory.appending("root.tar")
            let (lines, continuation) = AsyncStream.makeStream(of: String.self)
            let making = Task {
                defer { continuation.finish() }
                try await Self.rootFilesystem().write(to: output) { continuation.yield($0) }
            }
            // Cancelled in the middle of the work: it has told its directory, and is downloading.
            var temporary: FilePath?
            for await line in lines {
                if let start = line.firstRange(of: "I: using ")?.upperBound {
                    temporary = FilePath(String(line[start...].prefix { $0 != " " }))
                }
                if line.hasPrefix("I: downloading") { break }
            }
            let root = try #require(temporary)
            let clock = ContinuousClock()
            let cancelled = clock.now
            making.cancel()
            await #expect(throws: CancellationError.self) { try await making.value }
            #expect(clock.now - cancelled < .seconds(9))  // before the teardown's SIGKILL
            #expect(!FileSystem.exists(output))
            #expect(!FileSystem.exists(root))
        }
    }

    private func withTemporaryDirectory(_ body: (FilePath) async throws -> Void) async throws {
        let directory = try FileSystem.makeTemporaryDirectory(prefix: "/tmp/cooperage-debian-")
        defer { try? FileSystem.removeTree(directory) }
        try await body(directory)
    }
}
