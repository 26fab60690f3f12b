import Content
import Foundation
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Layers

/// The same bytes on every machine: a layer of each kind of content has a digest that is written down here. The test
/// runs itself again on other processors and in other environments.
@Suite struct ReproducibilityTests {
    /// Pinned: other bytes mean another `LayerRecipe.formatVersion` and a line in the changelog.
    static let digest =
        "sha256:216544598d14d07509164e0ffa1657cd7820bbe6691165d8005ff952b61dda56 "
        + "sha256:0141d4ca73178efbf849f96a7764ec808220967e93dd082a1db950afc3917a1d"
    static let diffID =
        "sha256:ee85dfbd289d9cd3f8a4e0154eb740af1e717176c08c8fc1ca2296f48631f06c "
        + "sha256:09f548e7ae5a267d0c44a881c49da58b216b0ba72df692b336f3bd452d537514"

    @Test func layerHasItsPinnedDigest() throws {
        var random = Seeded(2024)
        let scratch = try TemporaryDirectory()
        let store = try scratch.store()
        let texts = [100, 5000, 262_144, 900_001].map { random.text($0) }
        let noise = random.noise(300_000)
        let stored = try store.put(texts[3])
        let layer = FileLayer(
            entries: [
                FileEntry(path: "app", kind: .directory, mode: 0o755),
                FileEntry(path: "app/link", kind: .symbolicLink(target: "ünïcode"), mode: 0o777),
                FileEntry(path: "app/stored", kind: .file(digest: stored.digest, size: stored.size), mode: 0o644),
                FileEntry(path: "app/ünïcode-\(String(repeating: "x", count: 200))", kind: .directory, mode: 0o700),
            ], compression: .deflate, timestamp: .reproducible)
        let files = try LayerMaker.make(
            layer,
            contents: { digest in
                try #require(try store.randomAccess(digest))
            }, in: store)

        // Python's zlib at level 6 made this stream; it is taken over as it is.
        let stream = try #require(
            Data(
                base64Encoded:
                    "bdA9DoAgDAXgnVN01LhQBPy5jINC4oIJwcTj62ib1/lL+/qOlCnfZW/nVTbbPf1q6Jua2l0LPTSQNcffMDIsjUPGSz"
                    + "Mis0jj4a0oUUDIBYkiQqPaNMHYKtOMUFTPLQjNqiWGdbPVhePGHZsX"))
        let made = try LayerMaker.make(in: store) { writer in
            for (number, text) in texts.enumerated() { try writer.append(.file("text-\(number)", text)) }
            for number in 0..<300 { try writer.append(.file("a/b/c/\(number)", [], mode: 0o600)) }
            let header = TarEntry(path: "noise", kind: .file(size: Int64(noise.count)), mode: 0o644)
            try writer.append(LayerEntry(header, content: .stored(PlainSpan { ShortReader(noise) })))
            let inflated = try inflate(Array(stream))
            try writer.append(
                LayerEntry(
                    TarEntry(path: "z", kind: .file(size: Int64(inflated.count)), mode: 0o755),
                    content: .deflated(
                        DeflatedSpan(
                            source: ShortReader(Array(stream)), offset: 0, compressedSize: Int64(stream.count),
                            crc: crc(inflated)))))
        }
        #expect("\(made.descriptor.digest) \(files.descriptor.digest)" == Self.digest)
        #expect("\(made.diffID) \(files.diffID)" == Self.diffID)
    }

    private func inflate(_ stream: [UInt8]) throws -> [UInt8] {
        var out: [UInt8] = []
        let inflater = Inflater()
        inflater.reset()
        _ = try stream.withUnsafeBytes { try inflater.inflate($0) { out.append(contentsOf: $0) } }
        return out
    }

    private func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }

    @Test(arguments: [
        ["LC_ALL": "C", "TZ": "Pacific/Kiritimati"], ["LC_ALL": "C.UTF-8", "TZ": "UTC"],
        ["LC_ALL": "de_DE.ISO-8859-1", "LANG": "xx", "TZ": "America/St_Johns"],
    ]) func environmentDoesNotMatter(environment: [String: String]) throws {
        try runAgain(umask: "077", environment: environment)
    }

    /// From the first 64-bit processors, without SSE4, to one with all that qemu knows.
    @Test(
        .enabled(if: canEmulate, "needs an x86-64 machine with qemu-x86_64 (Debian's qemu-user)"),
        arguments: ["qemu64", "Nehalem", "Haswell", "max"])
    func processorDoesNotMatter(model: String) throws { try runAgain(["qemu-x86_64", "-cpu", model]) }

    static var canEmulate: Bool {
        #if arch(x86_64)
            FileManager.default.isExecutableFile(atPath: "/usr/bin/qemu-x86_64")
        #else
            false
        #endif
    }

    /// Runs the pinned test in a process of its own.
    private func runAgain(_ emulator: [String] = [], umask: String = "022", environment: [String: String] = [:]) throws
    {
        let me = try FileSystem.linkTarget("/proc/self/exe")
        let output = try run(
            "sh",
            ["-c", "umask \(umask); exec \"$@\" 2>&1", "sh"] + emulator
                + [me, "--testing-library", "swift-testing", "--filter", "layerHasItsPinnedDigest"],
            environment: environment)
        #expect(String(decoding: output, as: UTF8.self).contains("with 1 test in 1 suite passed"))
    }
}
