import Content
import Diagnostics
import Layers
import OCI
import Spec
import SystemPackage

/// Turns the tar of a root file system into a layer by our rules: sorted, one time for all, numeric owners, no devices.
enum RootFilesystemLayer {
    /// Makes the layer.
    /// - Parameters:
    ///   - tar: the root file system's tar, uncompressed.
    ///   - spool: a file that may be written, for the contents in between: the tar's order is not ours.
    ///   - store: takes the layer.
    static func make(from tar: FilePath, spool: FilePath, in store: any BlobStore) throws -> MadeLayer {
        let reader = try TarReader(FileReader(tar))
        let contents = try TemporaryFile(besides: spool, mode: 0o600)
        var offset: Int64 = 0
        var entries: [String: (entry: TarEntry, offset: Int64)] = [:]
        while let entry = try reader.next() {
            let path = LayerPath.normalised(entry.path)
            if path.isEmpty { continue }
            var header = entry
            header.path = try LayerPath.checked(path, origin: "the root file system")
            header.modified = .reproducible
            entries[header.path] = (header, offset)
            if case .file(let size) = header.kind {
                try reader.forEachContentChunk { try contents.write($0) }
                offset += size
            }
        }
        try contents.commit(to: spool, durably: false)
        let source = try FileReader(spool)
        return try LayerMaker.make(in: store) { writer in
            for (header, offset) in try linksBehindTargets(entries) {
                let content: LayerContent =
                    if case .file = header.kind { .plain(PlainSpan(offset: offset) { source }) } else { .none }
                try writer.append(LayerEntry(header, content: content))
            }
        }
    }

    /// The entries sorted by path, where of several names of one file the first holds the content and the others are
    /// hard links to it.
    private static func linksBehindTargets(
        _ entries: [String: (entry: TarEntry, offset: Int64)]
    ) throws -> [(TarEntry, Int64)] {
        var groups: [String: [String]] = [:]
        for (path, (entry, _)) in entries {
            guard case .hardLink(let target) = entry.kind else { continue }
            groups[LayerPath.normalised(target), default: []].append(path)
        }
        var result = entries
        for (target, links) in groups {
            guard let real = entries[target] else {
                throw LayerError(
                    .unreadableLayer, "the hard link '\(links[0])' leads to '\(target)', which is not there")
            }
            let names = (links + [target]).sorted(by: LayerPath.precedes)
            for (number, name) in names.enumerated() {
                var header = real.entry
                header.path = name
                if number > 0 { header.kind = .hardLink(target: names[0]) }
                result[name] = (header, real.offset)
            }
        }
        return result.sorted { LayerPath.precedes($0.key, $1.key) }.map { ($0.value.entry, $0.value.offset) }
    }
}
