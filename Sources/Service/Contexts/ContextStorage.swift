public import SystemPackage

/// The content of build contexts, each project's by itself: a digest counts as there only where this project uploaded it.
public struct ContextStorage: Sendable {
    /// The service's data directory.
    public let directory: FilePath
    let records: any ContextRecordStore

    /// Takes the data directory; a project's content lies below `projects/<name>/` there.
    public init(directory: FilePath, records: any ContextRecordStore) {
        self.directory = directory
        self.records = records
    }
}
