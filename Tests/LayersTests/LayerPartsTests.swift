import Content
import Diagnostics
import OCI
import Spec
import TestSupport
import Testing

@testable import Layers

/// Layers of files that become several.
@Suite struct LayerPartsTests {
    /// A layer of random files in random directories, with what they hold.
    private struct Sample {
        var layer = FileLayer(entries: [], compression: .deflate, timestamp: .reproducible)
        var contents: [Digest: [UInt8]] = [:]

        init(seed: Int, compression: FileCompression = .deflate) throws {
            var generator = Seeded(seed)
            layer.compression = compression
            var directories: Set<String> = []
            for number in 0..<60 {
                let depth = Int.random(in: 0...3, using: &generator)
                var path = ""
                for _ in 0..<depth {
                    path = LayerPath.joined(path, ["a", "b-c", "ж", "d.d"][Int.random(in: 0..<4, using: &generator)])
                    if directories.insert(path).inserted {
                        layer.entries.append(
                            FileEntry(
                                path: path, kind: .directory, mode: number % 2 == 0 ? 0o755 : 0o750, uid: 7, gid: 8))
                    }
                }
                path = LayerPath.joined(path, "file\(number)")
                guard number % 7 != 0 else {
                    layer.entries.append(FileEntry(path: path, kind: .symbolicLink(target: "../x"), mode: 0o777))
                    continue
                }
                let size = Int.random(in: 0...9000, using: &generator)
                let bytes = number % 2 == 0 ? generator.noise(size) : generator.text(size)
                let digest = try Digester.digest(of: bytes)
                contents[digest] = bytes
                layer.entries.append(
                    FileEntry(path: path, kind: .file(digest: digest, size: Int64(size)), mode: 0o644))
            }
            layer.entries.sort { LayerPath.precedes($0.path, $1.path) }
            layer.removed = ["a/gone", "b-c/old", "top"]
        }

        func make(_ layer: FileLayer, in store: DirectoryBlobStore) throws -> MadeLayer {
            let contents = contents
            return try LayerMaker.make(
                layer, contents: { BytesReader(contents[$0] ?? []) }, in: store)
        }
    }

    /// What an image of a base and layers holds; whiteouts have something to take away.
    private func tree(_ layers: [MadeLayer], in store: DirectoryBlobStore) throws -> [String: IndexedEntry] {
        let below = LayerIndex(
            entries: ["a/gone", "b-c/old", "top", "stays"].map { IndexedEntry(path: $0, kind: .file, mode: 0o600) })
        let tree = FileTree(
            [below]
                + (try layers.map {
                    try LayerIndexer.index(store.required($0.descriptor.digest).open(), mediaType: .layerGzip)
                }))
        return Dictionary(
            uniqueKeysWithValues: tree.paths.compactMap { path in tree.entry(path).map { (path, $0) } })
    }

    @Test(arguments: 0..<2, [FileCompression.deflate, .store])
    func partsUnpackToTheSameTree(_ seed: Int, _ compression: FileCompression) throws {
        let scratch = try TemporaryDirectory()
        let store = try scratch.store()
        let sample = try Sample(seed: seed, compression: compression)
        let whole = try sample.make(sample.layer, in: store)
        for limit in [14_000, 60_000] as [Int64] {
            let parts = try sample.layer.parts(limit: limit)
            #expect(try sample.layer.parts(limit: limit) == parts)
            #expect(parts.count > 1)
            let made = try parts.map { try sample.make($0, in: store) }
            for layer in made { #expect(layer.descriptor.size <= limit) }
            #expect(try tree(made, in: store) == tree([whole], in: store))
            // Each file once, and each part with the directories on the way, as the whole has them.
            let files = parts.flatMap(\.entries).filter { $0.kind != .directory }
            #expect(files.map(\.path) == sample.layer.entries.filter { $0.kind != .directory }.map(\.path))
            for part in parts {
                let paths = Set(part.entries.map(\.path))
                for entry in part.entries {
                    #expect(sample.layer.entries.contains(entry))
                    #expect(paths.isSuperset(of: LayerPath.ancestors(of: entry.path)))
                }
            }
            #expect(parts.map { $0.removed.count } == [3] + parts.dropFirst().map { _ in 0 })
        }
    }

    @Test func whatHasRoomStaysWhatItIs() throws {
        let layer = try Sample(seed: 1).layer
        #expect(try layer.parts(limit: 1 << 30) == [layer])
        let empty = FileLayer(entries: [], removed: ["a"], compression: .deflate, timestamp: .reproducible)
        #expect(try empty.parts(limit: 10_000) == [empty])
    }

    @Test(arguments: 0..<1)
    func boundsAreNeverTooLow(_ seed: Int) throws {
        let scratch = try TemporaryDirectory()
        let store = try scratch.store()
        let sample = try Sample(seed: seed)
        for entry in sample.layer.entries {
            var one = sample.layer
            (one.entries, one.removed) = ([entry], [])
            #expect(try sample.make(one, in: store).descriptor.size <= entry.bound + LayerBound.end)
        }
        // Names that ustar cannot hold, empty files, numbers that it cannot hold.
        for length in [1, 90, 101, 156, 255] {
            for name in [String(repeating: "x", count: length), String(repeating: "ж", count: length / 2 + 1)] {
                let path = LayerPath.joined(String(repeating: "long/", count: length) + "d", String(name.prefix(127)))
                var entry = LayerEntry(
                    TarEntry(path: path, kind: .file(size: 3), mode: 0o644, uid: 3_000_000, gid: 4_000_000),
                    content: .bytes([1, 2, 3]))
                #expect(try Int64(WrittenLayer([entry]).bytes.count) <= entry.bound + LayerBound.end)
                entry = LayerEntry(TarEntry(path: "l", kind: .symbolicLink(target: path), mode: 0o777))
                #expect(try Int64(WrittenLayer([entry]).bytes.count) <= entry.bound + LayerBound.end)
            }
        }
    }

    @Test func aStoredFileThatIsTooLargeIsNamed() throws {
        let digest = try Digester.digest(of: [1])
        let layer = FileLayer(
            entries: [FileEntry(path: "data/model.bin", kind: .file(digest: digest, size: 2000), mode: 0o644)],
            compression: .store, timestamp: .reproducible)
        let error = #expect(throws: LayerError.self) { try layer.parts(limit: 1500) }
        #expect(error?.code == .tooLarge)
        #expect(
            error?.message
                == "the file '/data/model.bin' has 2000 bytes in its layer, and a layer may have no more than 1500")
        // One that is deflated may shrink, which is seen when it is made.
        var deflated = layer
        deflated.compression = .deflate
        #expect(try deflated.parts(limit: 1500).count == 1)
    }
}
