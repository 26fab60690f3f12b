import Build
import Content
import Diagnostics
import FoundationEssentials
import Glibc
import Logging
import Metrics
import OCI
public import ServiceLifecycle
import SystemPackage

/// Removes what nobody needs any more: builds past their retention, contexts that no build used, what died half way, and
/// what the caches hold beyond their size. Of all processes on one database one at a time does it.
///
/// Nothing that a running build uses goes: whoever uses something marks it (`FileSystem.markUsed`), and what was marked
/// since the oldest of the running builds began stays. Should something be gone all the same, the build is tried again
/// and makes it anew.
public struct Housekeeper: Service {
    private let service: BuildService
    private let holder: String

    static let duty = "housekeeping"
    /// What is unfinished for so long was abandoned.
    private static let abandonment = Duration.seconds(86_400)

    /// Makes the housekeeper of a service.
    public init(_ service: BuildService) {
        self.init(service, holder: "\(getpid())-\(UInt32.random(in: .min ... .max))")
    }

    init(_ service: BuildService, holder: String) {
        self.service = service
        self.holder = holder
    }

    private var settings: ServiceSettings { service.settings }

    /// Looks after the house at the settings' interval until the process stops.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await roundIfOurs()
                try? await Task.sleep(for: settings.housekeeping.interval)
            }
        }
        // The next one need not wait for the duty to lapse.
        try? await service.store.leaveDuty(Self.duty, holder: holder)
    }

    /// Goes round once if the duty is this process's, and keeps it meanwhile.
    func roundIfOurs() async {
        // Twice the interval: whoever has it keeps it from round to round.
        let span = max(settings.housekeeping.interval * 2, .seconds(60))
        do {
            guard try await service.store.takeDuty(Self.duty, holder: holder, for: span) else { return }
            let keeping = Task {
                while true {
                    try await Task.sleep(for: span / 3)
                    _ = try? await service.store.takeDuty(Self.duty, holder: holder, for: span)
                }
            }
            defer { keeping.cancel() }
            let result = try await round()
            if result != HousekeepingResult() { service.logger.info("housekeeping removed \(result)") }
        } catch {
            if Task.isCancelled { return }
            service.logger.error("housekeeping comes to no end, and is tried again later: \(error)")
        }
    }

    /// Goes round once.
    func round() async throws -> HousekeepingResult {
        let moments = try await Moments(service)
        var result = HousekeepingResult()
        result.builds = try await removeBuilds(moments)
        try await BuildWorkspace.removeAbandoned(in: settings.dataDirectory) { id, fence in
            let build = try await service.store.build(id)
            return build?.state == .running && build?.fence == fence
        }
        try await keepContextsOfWaitingBuilds(moments)
        let forgotten = try await service.store.removeContexts(usedBefore: moments.contextsUsedBefore)
        result.contexts = forgotten.count
        let removed = try await removeContent(moments) + collectCaches(moments)
        result.files = removed.total.count
        result.bytes = removed.total.bytes
        Counter(label: "cooperage_collected_bytes_total").increment(by: removed.total.bytes)
        return result
    }

    // MARK: Builds

    private func removeBuilds(_ moments: Moments) async throws -> Int {
        let limit = 500
        var count = 0
        while true {
            let ids = try await service.store.removeBuilds(endedBefore: moments.buildsEndedBefore, limit: limit)
            for id in ids { try await removeFiles(of: id) }
            count += ids.count
            if ids.count < limit { break }
        }
        // Of builds that were forgotten by a process which died before it came to their files.
        let directory = settings.dataDirectory.appending("builds")
        for name in try presentNames(in: directory) {
            guard let status = try FileSystem.status(directory.appending(name)),
                status.modified < moments.fileTime(moments.buildsEndedBefore),
                try await service.store.build(name) == nil
            else { continue }
            try await removeFiles(of: name)
        }
        return count
    }

    private func removeFiles(of id: String) async throws {
        let files = BuildFiles(dataDirectory: settings.dataDirectory, build: id)
        try await blocking { try files.remove() }
    }

    // MARK: Contexts

    /// A build may wait for longer than contexts are kept; its context is in use all the same.
    private func keepContextsOfWaitingBuilds(_ moments: Moments) async throws {
        var filter = BuildFilter(states: [.queued, .running], limit: 500)
        var kept: Set<String> = []
        while true {
            let builds = try await service.store.builds(filter)
            for build in builds where build.createdAt < moments.contextsToKeepBefore {
                guard let context = build.submission.context, kept.insert("\(build.project) \(context)").inserted else {
                    continue
                }
                do {
                    _ = try await service.contexts.use(context, project: build.project)
                } catch let error as ServiceError where error.code == .missingContent {
                    // The build tells of it.
                }
            }
            guard builds.count == filter.limit, let last = builds.last else { return }
            filter.before = last.sequence
        }
    }

    /// Removes the content that only forgotten contexts needed: a context that is used marks all of its content, so what
    /// was not marked for longer than contexts are kept belongs to none of them.
    private func removeContent(_ moments: Moments) async throws -> CacheUsage {
        var removed = CacheUsage()
        for project in try projects() {
            let root = ContextStorage.root(of: project, in: settings.dataDirectory)
            removed = try await removed + blocking { try moments.contextCollector.removed(from: root) }
        }
        return removed
    }

    // MARK: Caches

    private func collectCaches(_ moments: Moments) async throws -> CacheUsage {
        let roots = try cacheRoots()
        return try await blocking {
            var entries: [CacheEntry] = []
            for root in roots { entries += try BuildCache(root).entries(tellsKinds: false) }
            let removed = CacheUsage(try moments.cacheCollector.remove(moments.cacheCollector.plan(entries)))
            Gauge(label: "cooperage_cache_bytes").record(CacheUsage(entries).total.bytes - removed.total.bytes)
            return removed
        }
    }

    /// The caches that there are: everybody's, and each project's.
    private func cacheRoots() throws -> [FilePath] {
        let data = settings.dataDirectory
        let roots = try [ProjectDirectories.sharedCache(data)] + projects().map { ProjectDirectories(data, $0).cache }
        return roots.filter { FileSystem.exists($0) }
    }

    private func projects() throws -> [String] {
        try presentNames(in: ProjectDirectories.all(settings.dataDirectory)).filter { Project.isValidName($0) }
    }

    // MARK: Moments

    /// The moments that a round goes by, all taken at its start.
    private struct Moments: Sendable {
        let now: ServerTime
        /// Nanoseconds since 1970 by this machine's clock, by which files tell their times.
        let fileNow: Int64
        let buildsEndedBefore: ServerTime
        let contextsUsedBefore: ServerTime
        let contextsToKeepBefore: ServerTime
        let cacheCollector: CacheCollector
        let contextCollector: CacheCollector

        init(_ service: BuildService) async throws {
            let settings = service.settings.housekeeping
            let now = try await service.store.now()
            self.now = now
            fileNow = Int64(Date().timeIntervalSince1970 * 1000) * 1_000_000
            let oldest = try await service.store.oldestRunningStart()
            let running = oldest.map { Duration.milliseconds(now.milliseconds - $0.milliseconds) } ?? .zero
            let grace = max(settings.grace, running)
            buildsEndedBefore = now + (.zero - settings.buildRetention)
            contextsUsedBefore = now + (.zero - settings.contextRetention)
            contextsToKeepBefore = now + (.zero - settings.contextRetention / 2)
            let keepsUsedSince = fileNow - grace.nanoseconds
            let abandonedBefore = fileNow - Housekeeper.abandonment.nanoseconds
            cacheCollector = CacheCollector(
                sizeLimit: settings.cacheSize, keepsUsedSince: keepsUsedSince, abandonedBefore: abandonedBefore)
            // Somebody may come back to a context that was just forgotten: its content stays for a grace longer.
            contextCollector = CacheCollector(
                removesUnusedSince: fileNow - (settings.contextRetention + grace).nanoseconds,
                keepsUsedSince: keepsUsedSince, abandonedBefore: abandonedBefore)
        }

        /// What a file shows that was written at a moment of the database's clock.
        func fileTime(_ time: ServerTime) -> Int64 {
            fileNow - (now.milliseconds - time.milliseconds) * 1_000_000
        }
    }
}

/// What a round of housekeeping removed.
struct HousekeepingResult: Sendable, Hashable, CustomStringConvertible {
    var builds = 0
    var contexts = 0
    var files = 0
    var bytes: Int64 = 0

    var description: String { "\(builds) builds, \(contexts) contexts, \(files) files of \(bytes) bytes" }
}

extension CacheCollector {
    /// Removes what is to go from the content below a directory.
    fileprivate func removed(from root: FilePath) throws -> CacheUsage {
        CacheUsage(try remove(plan(contentEntries(in: root))))
    }
}

/// The content of a blob store, without its counting as used.
func contentEntries(in root: FilePath) throws -> [CacheEntry] {
    func entries(_ directory: FilePath, _ kind: CacheEntry.Kind) throws -> [CacheEntry] {
        try presentNames(in: directory).compactMap { name in
            try Task.checkCancellation()
            let path = directory.appending(name)
            guard let status = try FileSystem.status(path, followingLinks: false), status.kind == .file else {
                return nil
            }
            let lastUsed = kind == .unfinished ? status.modified : max(status.used, status.modified)
            return CacheEntry(path: path, kind: kind, size: status.size, lastUsed: lastUsed)
        }
    }
    return try entries(root.appending("blobs").appending("sha256"), .content)
        + entries(root.appending("ingest"), .unfinished)
}

/// The names in a directory that may not be there.
func presentNames(in directory: FilePath) throws -> [String] {
    do {
        return try FileSystem.names(in: directory)
    } catch  where error.code == .notFound {
        return []
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
