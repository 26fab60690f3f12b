import Content
import Foundation
import OCI
import Registry
import RegistryTesting
import SystemPackage
import TestSupport
import Testing

/// The same by the command, in a process of its own whose memory is watched: `make soak` has 500 faults hit 50 pushes of an
/// image of 200 MB.
extension RandomFaultTests {
    private static let isSoak = ProcessInfo.processInfo.environment["COOPERAGE_TEST_SOAK"] == "1"
    /// Some faults wait for a request that does not come: of the 700 of a soak, some 500 hit one.
    private static let (pushes, faultsAPush) = isSoak ? (50, 14) : (2, 3)
    private static let unit = isSoak ? 1_000_000 : 10_000
    /// Two of the layers go in chunks of 64 MiB, in a soak.
    private static let layers = [100, 70, 20, 9, 1].map { $0 * unit }
    /// The command alone takes some 60 MB as a debug build. A layer that was held whole would take 100 MB more.
    private static let memoryLimit: Int64 = 100_000_000

    private static func faults(_ random: inout Seeded) -> [Fault] {
        func bytes(_ random: inout Seeded) -> Int { Int.random(in: 0...(60 * unit), using: &random) }
        let effects: [(make: (inout Seeded) -> Fault.Effect, methods: [String])] = [
            (
                { _ in .answer(LoopbackResponse(429, headers: [("Retry-After", "1")], text: "slow down")) },
                ["HEAD", "POST", "PATCH", "PUT"]
            ),
            ({ _ in .answer(LoopbackResponse(500, text: "oops")) }, ["POST", "PATCH", "PUT", "GET"]),
            ({ _ in .answer(LoopbackResponse(503)) }, ["HEAD", "POST", "PATCH", "PUT"]),
            ({ _ in .answer(LoopbackResponse(400, text: "no")) }, ["PATCH"]),
            ({ _ in .answer(LoopbackResponse(404, text: "not found")) }, ["PATCH", "GET"]),
            ({ .hangUp(afterReceiving: bytes(&$0)) }, ["HEAD", "POST", "PATCH", "PUT"]),
            ({ .breakOff(afterReceiving: bytes(&$0)) }, ["PATCH"]),
            ({ .shortRange(bytes(&$0)) }, ["PATCH"]),
            ({ _ in .cut(after: 0) }, ["POST", "PATCH", "PUT"]),
            ({ _ in .loseSession }, ["PATCH", "PUT", "GET"]),
            ({ _ in .expireToken }, ["HEAD", "POST", "PATCH", "PUT", "GET"]),
            ({ _ in .relativeLocation }, ["POST", "PATCH"]),
            ({ _ in .field(name: "Location", value: nil) }, ["PATCH"]),
            ({ _ in .field(name: "Range", value: nil) }, ["PATCH", "GET"]),
            ({ _ in .refuseBodies(above: 50 * unit, status: 413) }, ["PATCH", "PUT"]),
        ]
        return (0..<faultsAPush).map { _ in
            let (make, methods) = effects[Int.random(in: 0..<effects.count, using: &random)]
            return Fault(
                make(&random), on: methods[Int.random(in: 0..<methods.count, using: &random)],
                skipping: Int.random(in: 0..<4, using: &random), times: 1)
        }
    }

    @Test(.timeLimit(.minutes(60))) func thePushingProcessStaysSmall() async throws {
        let command = try FileSystem.linkTarget("/proc/self/exe")
        let program = FilePath(command).removingLastComponent().appending("cooperage")
        let directory = try TemporaryDirectory()
        let image = try SampleImage(layers: Self.layers, seed: 77)
        let layout = try image.write(to: directory.path.appending("image"))
        var (whole, hits, peak) = (0, 0, Int64(0))
        let start = ContinuousClock.now
        for seed in 0..<Self.pushes {
            var random = Seeded(1000 + seed)
            let faults = Self.faults(&random)
            try await TestRegistry.run(access: .bearer(), faults: faults, keepsContent: false) { registry in
                let environment = [
                    "PATH": "/usr/bin:/bin", "HOME": directory.path.string,
                    "COOPERAGE_CACHE_DIR": directory.path.appending("cache-\(seed)").string,
                ]
                let run = try await runMeasured(
                    program, ["copy", "--progress", "quiet", "oci:\(layout)", "\(registry.host)/team/app:1"],
                    environment: environment)
                let isNamed = registry.digest(ofTag: "1", in: "team/app") == "\(image.manifest.descriptor.digest)"
                // Whole, or with an error of its own; never by a signal.
                #expect(run.exitCode == 0 ? isNamed : [1, 3].contains(run.exitCode), "\(seed): \(run) \(faults)")
                #expect(run.exitCode == 0 || run.error.contains("error: "), "\(seed): \(run) \(faults)")
                #expect(try registry.missing() == [], "\(seed): \(faults)")
                #expect(run.peakBytes < Self.memoryLimit, "\(seed): \(run) \(faults)")
                whole += run.exitCode == 0 ? 1 : 0
                hits += registry.faultHits
                peak = max(peak, run.peakBytes)
            }
        }
        #expect(!Self.isSoak || hits >= Self.pushes * 5, "\(hits)")
        #expect(peak > 0 && whole > 0, "\(whole) of \(Self.pushes), \(peak) bytes")
        let seconds = Int(start.duration(to: .now) / .seconds(1))
        print(
            """
            faults: | pushes | MB each | faults | requests hit | whole | with an error | peak MB of a push | seconds |
            faults: | \(Self.pushes) | \(Self.layers.reduce(0, +) / 1_000_000) | \(Self.pushes * Self.faultsAPush) | \
            \(hits) | \(whole) | \(Self.pushes - whole) | \(peak / 1_000_000) | \(seconds) |
            """)
    }
}

extension SampleImage {
    /// Writes the image as a layout.
    fileprivate func write(to path: FilePath) throws -> FilePath {
        let store = try DirectoryBlobStore(path)
        for blob in blobs { try store.put(blob) }
        try store.put(manifest.bytes)
        try FileSystem.write(#"{"imageLayoutVersion":"1.0.0"}"#.utf8, to: path.appending("oci-layout"))
        try FileSystem.write(
            CanonicalJSON.encode(Index(manifests: [manifest.descriptor])), to: path.appending("index.json"))
        return path
    }
}
