public import Build
import Content
import Diagnostics
import SystemPackage

/// How much the service keeps in its data directory.
public struct StorageUsage: Sendable, Hashable, Codable {
    /// The cache of what is everybody's.
    public var shared = CacheUsage()
    /// The caches of projects, by name.
    public var projects: [String: CacheUsage] = [:]
    /// The content of contexts, by project.
    public var contexts: [String: CacheUsage.Amount] = [:]
    /// The caches together, which the settings' `cacheSize` limits.
    public var cacheBytes: Int64 { projects.values.reduce(shared.total.bytes) { $0 + $1.total.bytes } }

    enum CodingKeys: String, CodingKey {
        case shared, projects, contexts
    }
}

extension BuildService {
    /// How much the service keeps. It looks at every file.
    /// - Parameter tellsKinds: whether what is in the caches is told apart, which takes longer.
    /// - Throws: `ContentError`, `CancellationError`.
    public func storageUsage(tellsKinds: Bool = true) async throws -> StorageUsage {
        let data = settings.dataDirectory
        return try await blocking {
            func usage(_ root: FilePath) throws -> CacheUsage {
                // To open a cache is to make it.
                guard FileSystem.exists(root) else { return CacheUsage() }
                return CacheUsage(try BuildCache(root).entries(tellsKinds: tellsKinds))
            }
            var all = StorageUsage()
            all.shared = try usage(ProjectDirectories.sharedCache(data))
            for project in try presentNames(in: ProjectDirectories.all(data)) where Project.isValidName(project) {
                all.projects[project] = try usage(ProjectDirectories(data, project).cache)
                let content = try contentEntries(in: ContextStorage.root(of: project, in: data))
                all.contexts[project] = CacheUsage(content).total
            }
            return all
        }
    }
}
