// The rate of wheel → layer on one core: makes a layer of each wheel in a directory, in turn, and prints what came out.
// The digest at the end is that of all layers' digests: the same wheels give the same one on every machine.
//
//   swift run -c release layer-rate DIRECTORY [TIMES]
import Content
import Diagnostics
import Foundation
import OCI
import Python
import Spec
import SystemPackage

guard let directory = CommandLine.arguments.dropFirst().first.map({ FilePath($0) }), FileSystem.exists(directory) else {
    print("usage: layer-rate DIRECTORY-OF-WHEELS [TIMES]")
    exit(2)
}
let times = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 3
let root = try FileSystem.makeTemporaryDirectory(prefix: FilePath("\(NSTemporaryDirectory())/layer-rate-"))
defer { try? FileSystem.removeTree(root) }
let store = try DirectoryBlobStore(root.appending("store"))
let scheme = InstallScheme(
    prefix: "/opt/venv", interpreter: "/opt/venv/bin/python", purelib: "/opt/venv/lib/python3.11/site-packages",
    platlib: "/opt/venv/lib/python3.11/site-packages", scripts: "/opt/venv/bin",
    headers: "/opt/venv/include/site/python3.11", data: "/opt/venv")

/// A store that hashes layers and keeps none, so that the disk's rate is not what is measured.
struct DiscardingStore: RandomAccessBlobStore {
    let wheels: DirectoryBlobStore

    final class Writer: BlobWriter {
        let digester: Digester
        init() throws { digester = try Digester() }
        func write(_ bytes: UnsafeRawBufferPointer) { digester.update(bytes) }
        func commit(expecting expected: Digest?) throws -> Blob {
            let size = digester.count
            return Blob(digest: digester.finish(), size: size) { MemoryReader([]) }
        }
    }

    func blob(_ digest: Digest) throws -> Blob? { try wheels.blob(digest) }
    func randomAccess(_ digest: Digest) throws -> (any RandomAccessReader)? { try wheels.randomAccess(digest) }
    func makeWriter() throws -> any BlobWriter { try Writer() }
}

var references: [WheelReference] = []
for name in try FileSystem.names(in: directory) where name.hasSuffix(".whl") {
    let path = directory.appending(name)
    let writer = try store.makeWriter()
    try FileReader(path).forEachChunk { try writer.write($0) }
    let blob = try writer.commit(expecting: nil)
    let parsed = try WheelFilename(name)
    references.append(
        WheelReference(
            name: parsed.name, version: parsed.version, filename: name, digest: blob.digest, size: blob.size))
}
let maker = WheelLayerMaker(
    store: DiscardingStore(wheels: store), records: try DirectoryRecordStore(root.appending("records")))
for _ in 0..<times {
    let clock = ContinuousClock()
    var (tar, kept): (Int64, Int64) = (0, 0)
    var digests = ""
    var before = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before)
    let wall = try clock.measure {
        for reference in references {
            let made = try maker.make(
                WheelLayer(wheels: [WheelInstallation(wheel: reference)], scheme: scheme, timestamp: .reproducible))
            tar += made.uncompressedSize
            kept += made.descriptor.size
            digests += "\(made.descriptor.digest) \(made.diffID)\n"
        }
    }
    var after = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after)
    let cpu = Double(after.tv_sec - before.tv_sec) + Double(after.tv_nsec - before.tv_nsec) / 1e9
    print(
        "\(references.count) wheels, \(tar / 1_000_000) MB of tar in layers of \(kept / 1_000_000) MB:",
        String(format: "%.2f s of CPU (%.0f MB/s and core)", cpu, Double(tar) / 1e6 / cpu), "wall \(wall),",
        try Digester.digest(of: digests.utf8))
}
