import Content
import Foundation
import OCI
import Spec
import SystemPackage
import Testing
import Transfer

@testable import Python

/// A temporary directory with what a resolution needs, gone after the test.
final class Workshop: Sendable {
    let root: FilePath
    let records: DirectoryRecordStore

    init() throws {
        root = try FileSystem.makeTemporaryDirectory(prefix: FilePath("\(NSTemporaryDirectory())/cooperage-python-"))
        records = try DirectoryRecordStore(root.appending("records"))
    }

    deinit { try? FileSystem.removeTree(root) }

    /// Writes a file below the root and names it.
    @discardableResult
    func file(_ name: String, _ text: String) throws -> FilePath {
        let path = root.pushing(FilePath(name))
        try FileSystem.makeDirectory(path.removingLastComponent())
        try FileSystem.write(Array(text.utf8), to: path)
        return path
    }

    /// A directory below the root.
    func directory(_ name: String) throws -> FilePath {
        let path = root.appending(name)
        try FileSystem.makeDirectory(path)
        return path
    }

    /// A resolver with a cache of its own.
    /// - Parameter environment: beside the process's own without its UV_* and PIP_* variables.
    func resolver(environment extra: [String: String] = [:], hasher: any WheelHasher = NoHasher()) -> Resolver {
        Resolver(
            environment: scrubbedEnvironment.merging(extra) { $1 }, records: records, cache: root.appending("cache"),
            hasher: hasher)
    }
}

/// The process's environment without settings of uv and pip, so that the machine's do not decide a test.
var scrubbedEnvironment: [String: String] {
    ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("UV_") && !$0.key.hasPrefix("PIP_") }
}

/// Fails the test that needs it.
struct NoHasher: WheelHasher {
    struct Unexpected: Error {}
    func size(_ url: String, credentials: URLCredentials) async throws -> Int64? {
        if !url.hasPrefix("file:") { Issue.record("the index told the length of \(url)") }
        return try await Downloader(HTTPClient()).size(of: Download(url: url, digest: nil))
    }
    func hash(_ url: String, credentials: URLCredentials) async throws -> (digest: Digest, size: Int64) {
        Issue.record("the index told the digest of \(url)")
        throw Unexpected()
    }
}

extension PythonTarget {
    static let debian12 = PythonTarget(
        version: PythonVersion(major: 3, minor: 11, patch: 2), platform: Platform(os: "linux", architecture: "amd64"),
        libc: .glibc(major: 2, minor: 36))
}
