import Content
import Foundation
import OCI
public import SystemPackage

/// The committed inputs of tests.
public let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent().appending("Fixtures")

/// Where wheels from PyPI stay from run to run.
public var wheelsDirectory: FilePath {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? NSTemporaryDirectory())/.cache"
    return FilePath(home).pushing("cooperage-tests/wheels")
}

/// The wheels of a lock with hashes for this machine's Python, downloaded where they are not there yet.
public func downloadedWheels(_ lock: FilePath) throws -> [FilePath] {
    let text = try FileSystem.read(lock)
    let version = try run("python3", ["-c", "import sys,platform; print(sys.version,platform.machine())"])
    let directory = wheelsDirectory
    let done = directory.appending(".\(try Digester.digest(of: text + version).short)")
    try FileSystem.makeDirectory(directory)
    if !FileSystem.exists(done) {
        let fresh = try FileSystem.makeTemporaryDirectory(prefix: directory.appending(".new-"))
        defer { try? FileSystem.removeTree(fresh) }
        try run(
            "python3",
            [
                "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--require-hashes",
                "--only-binary", ":all:", "-r", lock.string, "-d", fresh.string,
            ])
        let names = try FileSystem.names(in: fresh)
        for name in names { try FileSystem.rename(fresh.appending(name), to: directory.appending(name)) }
        try FileSystem.write(names.joined(separator: "\n").utf8, to: done)
    }
    return String(decoding: try FileSystem.read(done), as: UTF8.self).split(separator: "\n")
        .map { directory.appending(String($0)) }
}
