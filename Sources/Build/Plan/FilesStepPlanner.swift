import Content
import Diagnostics
import Layers
import OCI
import Spec
import SystemPackage

/// Plans a files step: one layer of the context's files, and one for each large file that does not compress.
struct FilesStepPlanner: StepPlanner {
    let step: FilesStep
    let events: BuildEvents

    /// From this size on a file that does not compress has a layer of its own, stored.
    static let ownLayerSize: Int64 = 8 << 20

    func plan(into draft: inout PlanDraft) async throws {
        let (step, events) = (step, events)
        let context = try await events.phase(.context) {
            try await blocking { try ContextFiles(FilePath(step.source), excluded: step.excluded) }
        }
        for path in context.skipped {
            events.emit(.warning("'\(path)' is left out: a layer holds no sockets, pipes or devices"))
        }
        let destination = try await draft.base.destination(step.destination)
        var shared: [FileEntry] = destination.missing.map { FileEntry(path: $0, kind: .directory, mode: 0o755) }
        var alone: [FileEntry] = []
        for item in context.items {
            let entry = try entry(of: item, at: destination)
            if case .file(let digest, let size) = item.kind, size >= Self.ownLayerSize,
                try Compressibility.isIncompressible(context.open(digest), size: size)
            {
                alone.append(entry)
            } else {
                shared.append(entry)
            }
        }
        draft.inputs.contexts.append(context)
        for entry in alone {
            let prefix = destination.path.isEmpty ? "" : destination.path + "/"
            let ancestors = LayerPath.ancestors(of: entry.path).filter { $0.hasPrefix(prefix) }
            let directories = (destination.missing + ancestors).map { path in
                shared.first { $0.path == path } ?? FileEntry(path: path, kind: .directory, mode: 0o755)
            }
            try append("file: \(entry.path)", directories + [entry], .store, to: &draft)
        }
        guard !shared.isEmpty else { return }
        let files = shared.count { if case .file = $0.kind { true } else { false } }
        try append("code: \(files) file\(files == 1 ? "" : "s") in \(step.destination)", shared, .deflate, to: &draft)
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
        // What the base has at this path already keeps its mode and owner if it is a directory.
        if case .directory = item.kind, let existing = destination.existing[path] {
            guard existing.kind == .directory else {
                throw BuildError(
                    .invalidSpec, "'/\(path)' is a link or a file in the base, but a directory in the context",
                    hints: ["choose another --workdir"])
            }
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
