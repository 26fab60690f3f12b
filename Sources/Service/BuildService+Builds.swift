import Content
import Diagnostics
import FoundationEssentials
import OCI

/// A build that was asked for.
public struct SubmittedBuild: Sendable, Hashable {
    /// The build.
    public var build: BuildRecord
    /// Whether it had been asked for before, by the same idempotency key.
    public var isRepeated: Bool
}

/// A part of a list of builds.
public struct BuildPage: Sendable, Hashable {
    /// The builds, newest first.
    public var builds: [BuildRecord]
    /// Where the next part begins (`BuildFilter.before`); nil at the end.
    public var next: Int64?
}

extension BuildService {
    /// Accepts a build. When this returns, it will come to an end, whatever dies.
    /// - Parameters:
    ///   - submission: what is asked for.
    ///   - secrets: what the caller lends to this one build.
    ///   - idempotencyKey: the client's own name for the request.
    /// - Throws: `ServiceError`: `invalid_request`, `missing_content`, `against_policy`, `conflict` for a key that was used
    ///   for another request, `too_many`.
    public func submit(
        _ submission: BuildSubmission, secrets: BuildSecrets? = nil, idempotencyKey: String? = nil, project: String,
        by request: RequestContext
    ) async throws -> SubmittedBuild {
        let policy = try await self.project(project).policy
        var submission = submission
        submission.base = settings.mapped(submission.base)
        try await SubmissionCheck(submission, project: project, policy: policy, contexts: contexts).check()
        if let key = idempotencyKey, !(1...255).contains(key.utf8.count) {
            throw ServiceError(.invalidRequest, "an idempotency key has 1 to 255 characters")
        }
        let sealed = try secrets.flatMap { secrets in
            secrets.isEmpty ? nil : try vault.seal(value: secrets, for: BuildSecrets.purpose(project: project))
        }
        let build = NewBuild(
            project: project, requestedBy: request.caller.name, submission: submission,
            shareKey: try submission.shareKey(project: project), idempotencyKey: idempotencyKey, sealedSecrets: sealed)
        switch try await store.accept(build) {
        case .created(let record):
            try await audit("build.create", record.id, project: project, by: request)
            bell.ring(.work)
            return SubmittedBuild(build: record, isRepeated: false)
        case .repeated(let record): return SubmittedBuild(build: record, isRepeated: true)
        case .keyInUse(let record):
            throw ServiceError(
                .conflict, "the idempotency key was used for another request, the build \(record.id)",
                hints: ["take a new key for a new request"])
        case .queueFull(let limit):
            throw ServiceError(
                .tooMany, "\(limit) builds of the project wait already, as many as may", hints: ["try again later"])
        }
    }

    /// A build.
    /// - Parameter project: whose it must be; nil takes any, for the server's administrators.
    /// - Throws: `ServiceError` (`not_found`), also for another project's build.
    public func build(_ id: String, project: String?) async throws -> BuildRecord {
        guard let build = try await store.build(id), project == nil || build.project == project else {
            throw ServiceError(.notFound, "there is no build '\(id)'")
        }
        return build
    }

    /// Builds, newest first.
    public func builds(_ filter: BuildFilter) async throws -> BuildPage {
        guard (1...500).contains(filter.limit) else {
            throw ServiceError(.invalidRequest, "a list has 1 to 500 builds, not \(filter.limit)")
        }
        var further = filter
        further.limit += 1
        let found = try await store.builds(further)
        let shown = Array(found.prefix(filter.limit))
        return BuildPage(builds: shown, next: found.count > filter.limit ? shown.last?.sequence : nil)
    }

    /// Calls a build off. One that runs ends within a second.
    /// - Throws: `ServiceError` (`conflict`) where it ended already in another way.
    public func cancel(_ id: String, project: String?, by request: RequestContext) async throws -> BuildRecord {
        _ = try await build(id, project: project)
        guard let build = try await store.requestCancellation(id) else {
            throw ServiceError(.notFound, "there is no build '\(id)'")
        }
        if build.state.isFinal, build.state != .cancelled {
            throw ServiceError(.conflict, "the build \(id) ended before: it is \(build.state.rawValue)")
        }
        try await audit("build.cancel", id, project: build.project, by: request)
        bell.ring(.cancellation(id))
        bell.ring(.build(id))
        return build
    }

    /// Asks for the same again. What the caller had lent to the first build is gone with it.
    /// - Throws: `ServiceError` (`conflict`) where it has not ended.
    public func retry(_ id: String, secrets: BuildSecrets? = nil, project: String?, by request: RequestContext)
        async throws -> BuildRecord
    {
        let build = try await build(id, project: project)
        guard build.state.isFinal else {
            throw ServiceError(
                .conflict, "the build \(id) has not ended: it is \(build.state.rawValue)", hints: ["cancel it first"])
        }
        return try await submit(build.submission, secrets: secrets, project: build.project, by: request).build
    }

    /// The events of a build after a number, as far as there are any.
    public func events(of id: String, after number: Int64 = 0, limit: Int = 1000, project: String?) async throws
        -> [StoredEvent]
    {
        _ = try await build(id, project: project)
        return try await store.events(of: id, after: number, limit: limit)
    }

    /// The events of a build after a number, as they happen, to its end.
    /// - Parameter silence: after how long a silence is told of; nil tells of none.
    public func follow(_ id: String, after number: Int64 = 0, silence: Duration? = nil, project: String?) async throws
        -> BuildEventSequence
    {
        _ = try await build(id, project: project)
        return BuildEventSequence(store: store, bell: bell, build: id, after: number, silence: silence)
    }

    /// The build when it has ended, or as it is when the time is over.
    public func wait(for id: String, atMost duration: Duration, project: String?) async throws -> BuildRecord {
        let deadline = ContinuousClock.now + duration
        while true {
            let ticket = bell.ticket()
            let build = try await build(id, project: project)
            let rest = ContinuousClock.now.duration(to: deadline)
            if build.state.isFinal || rest <= .zero { return build }
            await bell.wait(for: .build(id), since: ticket, atMost: min(rest, .milliseconds(500)))
            try Task.checkCancellation()
        }
    }

    /// What a build hands out beside its image.
    /// - Throws: `ServiceError` (`not_found`) where there is no such file: the build has not come so far, or asked for none.
    public func file(_ name: BuildFiles.Name, of id: String, project: String?) async throws -> StoredFile {
        let build = try await build(id, project: project)
        let files = BuildFiles(dataDirectory: settings.dataDirectory, build: build.id)
        guard name != .image || build.state == .succeeded, let file = try files.file(name) else {
            let why =
                name == .image && !build.submission.exports
                ? "was not asked to keep its image" : "is \(build.state.rawValue) and has no \(name)"
            throw ServiceError(.notFound, "the build \(id) \(why)")
        }
        return file
    }

    /// A JSON list of the plans of a build, one for each platform.
    public func plan(of id: String, project: String?) async throws -> StoredFile {
        try await file(.plan, of: id, project: project)
    }

    /// The locks of a build, one for each platform.
    public func locks(of id: String, project: String?) async throws -> [PlatformLock] {
        try await CanonicalJSON.decode(
            [PlatformLock].self, from: Data(file(.locks, of: id, project: project).open().readAll(limit: 256 << 20)))
    }

    /// The packages of a build.
    public func packages(of id: String, project: String?) async throws -> [BuiltPackage] {
        try await CanonicalJSON.decode(
            [BuiltPackage].self,
            from: Data(file(.packages, of: id, project: project).open().readAll(limit: 64 << 20)))
    }

    /// A tar of the image's OCI layout.
    public func image(of id: String, project: String?) async throws -> StoredFile {
        try await file(.image, of: id, project: project)
    }
}
