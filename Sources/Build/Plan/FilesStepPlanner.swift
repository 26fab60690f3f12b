import Content
import Diagnostics
import Layers
import OCI
import Spec
import SystemPackage

/// Plans a files step: one layer of the context's files, and one for each large file that does not compress.
struct FilesStepPlanner: StepPlanner {
    let step: FilesStep
    /// How the step comes to its files.
    let files: @Sendable (FilesStep) throws -> ContextFiles
    let events: BuildEvents

    /// From this size on a file that does not compress has a layer of its own, stored.
    static let ownLayerSize: Int64 = 8 << 20
    /// So many files have one, the largest: runtimes stop near 127 layers, and packages, the base and children need some.
    static let ownLayers = 24

    func plan(into draft: inout PlanDraft) async throws {
        let (step, files, events) = (step, files, events)
        let context = try await events.phase(.context) {
            try await blocking { try files(step) }
        }
        for path in context.skipped {
            events.emit(.warning("'\(path)' is left out: a layer holds no sockets, pipes or devices"))
        }
        let destination = try await draft.base.destination(step.destination)
        var shared: [FileEntry] = destination.missing.map { FileEntry(path: $0, kind: .directory, mode: 0o755) }
        let separate = try await blocking { try Self.separateFiles(of: context) }
        var alone: [FileEntry] = []
        for item in context.items {
            let entry = try entry(of: item, at: destination)
            if separate.contains(item.path) { alone.append(entry) } else { shared.append(entry) }
        }
        draft.inputs.files.contexts.append(context)
        for entry in alone {
            let prefix = destination.path.isEmpty ? "" : destination.path + "/"
            let ancestors = LayerPath.ancestors(of: entry.path).filter { $0.hasPrefix(prefix) }
            let directories = (destination.missing + ancestors).map { path in
                shared.first { $0.path == path } ?? FileEntry(path: path, kind: .directory, mode: 0o755)
            }
            try append("file: \(entry.path)", directories + [entry], .store, to: &draft)
        }
        guard !shared.isEmpty else { return }
        let count = shared.count { if case .file = $0.kind { true } else { false } }
        try append("code: \(count) file\(count == 1 ? "" : "s") in \(step.destination)", shared, .deflate, to: &draft)
    }

    /// The paths of the files that have a layer each.
    private static func separateFiles(of context: ContextFiles) throws -> Set<String> {
        var found: [(path: String, size: Int64)] = []
        for item in context.items {
            guard case .file(let digest, let size) = item.kind, size >= ownLayerSize else { continue }
            if try Compressibility.isIncompressible(context.open(digest), size: size) {
                found.append((item.path, size))
            }
        }
        let largest = found.sorted { ($1.size, $0.path) < ($0.size, $1.path) }.prefix(ownLayers)
        return Set(largest.map(\.path))
    }

    private func append(
        _ title: String, _ entries: [FileEntry], _ compression: FileCompression, to draft: inout PlanDraft
    ) throws {
        let sorted = entries.sorted { LayerPath.precedes($0.path, $1.path) }
        try draft.append(
            title, .files(FileLayer(entries: sorted, compression: compression, timestamp: draft.timestamp)))
    }

    private func entry(of item: ContextFiles.Item, at destination: ImageDestination) throws -> FileEntry {
        let relative = try LayerPath.checked(item.path, origin: "the context")
        let path = destination.path.isEmpty ? relative : "\(destination.path)/\(relative)"
        if let existing = destination.existing[path], (item.kind == .directory) != (existing.kind == .directory) {
            // A directory over a link breaks what the link leads to; a file over a directory hides all that is in it.
            let (there, here) = existing.kind == .directory ? ("a directory", "none") : ("no directory", "one")
            throw BuildError(
                .invalidSpec, "'/\(path)' is \(there) in the base, and \(here) in the context",
                hints: ["choose another --code-root, or leave the path out by .dockerignore"])
        }
        // A directory of the base keeps its mode and owner.
        if item.kind == .directory, let existing = destination.existing[path] {
            return FileEntry(path: path, kind: .directory, mode: existing.mode, uid: existing.uid, gid: existing.gid)
        }
        let mode: UInt32 =
            switch item.kind {
            case .directory: 0o755
            case .file: item.isExecutable ? 0o755 : 0o644
            case .symbolicLink: 0o777
            }
        return FileEntry(path: path, kind: item.kind, mode: mode)
    }
}
