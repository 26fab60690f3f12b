import Content
import Diagnostics
import Foundation
package import OCI
package import Service
package import SystemPackage
package import TestSupport

/// A service with a data directory, a base and wheels of its own. It vanishes with the value.
package final class ServiceSite: Sendable {
    package let directory: TemporaryDirectory
    package let store: MemoryStore
    package let service: BuildService
    package let admin = RequestContext(caller: Caller(name: "test", project: nil, role: .admin), id: "request-1")

    package var root: FilePath { directory.path }
    package var data: FilePath { root.appending("data") }

    package init(_ configure: (inout ServiceSettings) -> Void = { _ in }) async throws {
        directory = try TemporaryDirectory()
        store = MemoryStore()
        var settings = ServiceSettings(dataDirectory: directory.path.appending("data"))
        settings.searchPath = ProcessInfo.processInfo.environment["PATH"] ?? ""
        settings.workers = 2
        configure(&settings)
        service = BuildService(store: store, vault: Vault(keys: try .ephemeral()), settings: settings)
    }

    /// A second service on the same store, data and keys would be another process; this one has settings of its own.
    package func sibling(_ configure: (inout ServiceSettings) -> Void) -> BuildService {
        var settings = service.settings
        configure(&settings)
        return BuildService(store: store, vault: service.vault, settings: settings)
    }

    /// Runs the workers for the time of an operation. They stop at once at its end.
    package func working<Value: Sendable>(
        _ service: BuildService? = nil, _ operation: @Sendable () async throws -> Value
    ) async throws -> Value {
        let pool = WorkerPool(service ?? self.service)
        let running = Task { try await pool.run() }
        defer { running.cancel() }
        return try await operation()
    }

    /// Uploads files as a context.
    @discardableResult
    package func upload(_ files: [String: [UInt8]], executable: Set<String> = [], project: String = "default")
        async throws
        -> Digest
    {
        var entries: [ContextManifest.Entry] = []
        for (path, bytes) in files {
            let digest = try Digester.digest(of: bytes)
            try await service.contexts.receive(digest, project: project, from: AsyncChunks([bytes]))
            entries.append(
                .init(
                    path: path, kind: .file, mode: executable.contains(path) ? 0o755 : 0o644, size: Int64(bytes.count),
                    digest: digest))
        }
        entries.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return try await service.contexts.commit(ContextManifest(entries: entries), project: project)
    }

    /// A directory with a base layout, wheels, a manifest and code: `upload(sample())` is a context that builds.
    package func sample(requirements: String = "--no-index\nalpha\n", code: String = "print('hello')\n") async throws
        -> [String:
        [UInt8]]
    {
        let scratch = try TemporaryDirectory()
        try await BaseFixture.write(to: scratch.path.appending("base"))
        for wheel in try Self.wheels() { try wheel.write(to: Self.made(scratch.path.appending("links"))) }
        var files: [String: [UInt8]] = [
            "requirements.txt": Array(requirements.utf8), "main.py": Array(code.utf8),
            ".dockerignore": Array("base\nlinks\n".utf8), "run.sh": Array("#!/bin/sh\n".utf8),
        ]
        for name in try scratch.files() { files[name] = try FileSystem.read(scratch.path.pushing(FilePath(name))) }
        return files
    }

    package static func wheels() throws -> [WheelFixture] {
        [try WheelFixture("alpha", "1.0", requires: ["beta>=1"]), try WheelFixture("beta", "1.0")]
    }

    private static func made(_ path: FilePath) throws -> FilePath {
        try FileSystem.makeDirectory(path)
        return path
    }

    /// The submission that goes with `sample`.
    package func submission(context: Digest, tags: [Reference] = []) -> BuildSubmission {
        var submission = BuildSubmission(base: .layout(path: "base"))
        submission.context = context
        submission.codeDestination = "/app"
        submission.requirements = ["requirements.txt"]
        submission.indexes.findLinks = ["links"]
        submission.tags = tags
        submission.pushes = !tags.isEmpty
        submission.execution.workingDirectory = "/app"
        return submission
    }

    /// Submits, and waits for the end.
    package func build(_ submission: BuildSubmission, secrets: BuildSecrets? = nil, project: String = "default")
        async throws
        -> BuildRecord
    {
        let id = try await service.submit(submission, secrets: secrets, project: project, by: admin).build.id
        return try await end(of: id)
    }

    /// A build when it has ended.
    package func end(of id: String, within limit: Duration = .seconds(60)) async throws -> BuildRecord {
        let build = try await service.wait(for: id, atMost: limit, project: nil)
        guard build.state.isFinal else { throw NeverHappened("the build \(id) ends: it is \(build.state)") }
        return build
    }

    /// The events of a build, as text.
    package func events(of id: String) async throws -> [String] {
        try await store.events(of: id, after: 0, limit: .max).map(\.json)
    }

    /// Every byte of every file below the data directory that holds a text.
    package func files(holding text: String) throws -> [String] {
        let needle = Array(text.utf8)
        return try directory.files(below: "data").filter { name in
            let bytes = try FileSystem.read(data.pushing(FilePath(name)))
            return Data(bytes).range(of: Data(needle)) != nil
        }
    }
}

/// Pieces of bytes, and perhaps an error at their end.
package struct AsyncChunks: AsyncSequence, Sendable {
    package struct Cut: Error {}

    package let chunks: [[UInt8]]
    package let isCut: Bool

    package init(_ chunks: [[UInt8]], isCut: Bool = false) {
        self.chunks = chunks
        self.isCut = isCut
    }

    package func makeAsyncIterator() -> Iterator { Iterator(rest: chunks[...], isCut: isCut) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var rest: ArraySlice<[UInt8]>
        fileprivate let isCut: Bool

        package mutating func next() async throws -> [UInt8]? {
            if rest.isEmpty, isCut { throw Cut() }
            return rest.popFirst()
        }
    }
}
