import Content
import Foundation
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// What our layers put into an environment against what `uv pip install` puts there, for packages from PyPI that are awkward
/// or large (Tests/Fixtures/wheels, pinned by hash; the wheels stay in the user's cache directory).
@Suite struct InstalledTreeTests {
    /// Where uv may differ from us: files below a `.dist-info`, by name.
    static let allowed: [String: String] = [
        "INSTALLER": "names the installer",
        "REQUESTED": "tells what the user asked for by name: a layer is the same either way",
        "direct_url.json": "tells of an installation from a file",
        "uv_cache.json": "uv's own",
        // RECORD is compared row by row instead.
        "RECORD": "lists the files above",
    ]

    struct Node: Hashable, CustomStringConvertible {
        var kind: FileStatus.Kind
        var isExecutable: Bool
        var content: String
        var description: String { "\(kind)\(isExecutable ? ", executable" : ""), \(content)" }
    }

    @Test func layersHoldWhatUvInstalls() async throws {
        let paths = try await expectEquality(fixtures.pushing("wheels/requirements.txt"), together: true)
        // Every kind of part was among them.
        for part in ["bin/f2py", "include/site", "bin/black"] {
            #expect(paths.contains { $0.hasPrefix(part) }, "\(part)")
        }
    }

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["COOPERAGE_TEST_LARGE"] == "1",
            "these are gigabytes: make test-large runs it"))
    func layersOfLargeWheelsHoldWhatUvInstalls() async throws {
        let paths = try await expectEquality(fixtures.pushing("wheels/large.txt"), together: false, limit: 500_000_000)
        #expect(paths.contains { $0.hasSuffix("torch/lib/libtorch_cuda.so") })
    }

    /// Installs the wheels of a lock by uv and by us, and compares.
    /// - Parameters:
    ///   - together: whether one layer of all is compared beside layers of one wheel each.
    ///   - limit: divides layers that would be larger, and has these compared, too.
    /// - Returns: the paths of the environment.
    private func expectEquality(_ lock: FilePath, together: Bool, limit: Int64? = nil) async throws -> Set<String> {
        let wheels = try downloadedWheels(lock)
        #expect(wheels.count >= 12)
        let scratch = try TemporaryDirectory()
        let venv = scratch.path.appending("venv")
        try run("uv", ["venv", "--quiet", "--no-config", "--python", "python3", venv.string])
        let before = Set(try Self.tree(venv).keys)
        let scheme = try Self.scheme(venv)
        try run(
            "uv",
            [
                "pip", "install", "--quiet", "--no-config", "--no-deps", "--link-mode", "copy", "--no-index",
                "--offline", "--require-hashes", "--find-links", wheelsDirectory.string, "--no-cache", "--python",
                venv.appending("bin/python").string, "-r", lock.string,
            ])

        let store = try scratch.store()
        let references = try wheels.map { path in
            let writer = try store.makeWriter()
            try FileReader(path).forEachChunk { try writer.write($0) }
            let blob = try writer.commit(expecting: nil)
            let name = try WheelFilename(path.lastComponent?.string ?? "")
            return WheelReference(
                name: name.name, version: name.version, filename: name.text, digest: blob.digest, size: blob.size)
        }
        let maker = WheelLayerMaker(store: store, records: try DirectoryRecordStore(scratch.path.appending("records")))
        var roots = [scratch.path.appending("apart")]
        try Self.extract(
            try await withThrowingTaskGroup(of: MadeLayer.self) { group in
                for reference in references {
                    group.addTask { try maker.make(Self.layer([reference], scheme: scheme)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }, of: store, to: roots[0])
        if together {
            roots.append(scratch.path.appending("together"))
            try Self.extract([maker.make(Self.layer(references, scheme: scheme))], of: store, to: roots[1])
        }

        if let limit {
            let parts = try references.flatMap {
                try store.parts(of: Self.layer([$0], scheme: scheme), limit: limit)
            }
            #expect(parts.count > references.count)
            let made = try parts.map(maker.make)
            for layer in made { #expect(layer.descriptor.size <= limit) }
            roots.append(scratch.path.appending("divided"))
            try Self.extract(made, of: store, to: roots[roots.count - 1])
        }

        let theirs = try Self.tree(venv).filter { !before.contains($0.key) }
        for root in roots {
            let below = root.pushing(FilePath(String(venv.string.dropFirst())))
            let ours = try Self.tree(below).filter { !before.contains($0.key) }
            for path in Set(ours.keys).union(theirs.keys).sorted() where !Self.mayDiffer(path) {
                #expect(ours[path] == theirs[path], "\(path)")
            }
            for path in theirs.keys where path.hasSuffix(".dist-info/RECORD") {
                #expect(
                    try Self.rows(below.pushing(FilePath(path))) == Self.rows(venv.pushing(FilePath(path))), "\(path)")
            }
        }
        return Set(theirs.keys)
    }

    static func mayDiffer(_ path: String) -> Bool {
        // uv's lock on the environment.
        if path == ".lock" { return true }
        let parts = path.split(separator: "/").suffix(2).map(String.init)
        guard parts.count == 2, parts[0].hasSuffix(".dist-info") else { return false }
        return allowed[parts[1]] != nil
    }

    static func rows(_ path: FilePath) throws -> Set<Record.Row> {
        let record = Record(String(decoding: try FileSystem.read(path), as: UTF8.self))
        #expect(Set(record.rows.map(\.path)).count == record.rows.count, "\(path) lists a path twice")
        return Set(record.rows.filter { row in !mayDiffer(row.path) })
    }

    // MARK: The environment

    static func layer(_ wheels: [WheelReference], scheme: InstallScheme) -> WheelLayer {
        WheelLayer(wheels: wheels.map { WheelInstallation(wheel: $0) }, scheme: scheme, timestamp: .reproducible)
    }

    /// The scheme as the environment's own interpreter tells it.
    static func scheme(_ venv: FilePath) throws -> InstallScheme {
        let lines = String(
            decoding: try run(
                venv.appending("bin/python").string,
                [
                    "-c",
                    """
                    import sys,sysconfig as s
                    p=s.get_paths()
                    v='python%d.%d'%sys.version_info[:2]
                    print(sys.prefix,sys.executable,p['purelib'],p['platlib'],p['scripts'],
                        sys.prefix+'/include/site/'+v,p['data'],sep='\\n')
                    """,
                ]), as: UTF8.self
        ).split(separator: "\n").map(String.init)
        try #require(lines.count == 7)
        return InstallScheme(
            prefix: lines[0], interpreter: lines[1], purelib: lines[2], platlib: lines[3], scripts: lines[4],
            headers: lines[5], data: lines[6])
    }

    static func extract(_ layers: [MadeLayer], of store: DirectoryBlobStore, to root: FilePath) throws {
        try FileSystem.makeDirectory(root)
        for layer in layers {
            try run(
                "bsdtar", ["-x", "-p", "-f", store.path(of: layer.descriptor.digest).string, "-C", root.string],
                environment: ["LC_ALL": "C.UTF-8"])
        }
    }

    static func tree(_ root: FilePath) throws -> [String: Node] {
        var nodes: [String: Node] = [:]
        func visit(_ directory: FilePath, _ prefix: String) throws {
            for name in try FileSystem.names(in: directory) {
                let path = directory.appending(name)
                guard let status = try FileSystem.status(path, followingLinks: false) else { continue }
                var node = Node(kind: status.kind, isExecutable: status.mode & 0o100 != 0, content: "")
                switch status.kind {
                case .file:
                    let digester = try Digester()
                    try FileReader(path).forEachChunk { digester.update($0) }
                    node.content = digester.finish().encoded
                case .symbolicLink: node.content = try FileSystem.linkTarget(path)
                case .directory: try visit(path, "\(prefix)\(name)/")
                case .socket, .other: break
                }
                nodes[prefix + name] = node
            }
        }
        try visit(root, "")
        return nodes
    }
}
