public import Diagnostics
public import Spec

extension FileLayer {
    /// This layer as several of limited length, which unpack to the same tree one on top of the other; itself alone where it
    /// has no more than the limit.
    ///
    /// Whiteouts speak of what lies below, and so are in the lowest. A file that is deflated counts as if it did not
    /// shrink: how far it does is known only when it is made.
    /// - Parameter limit: in bytes, compressed.
    /// - Throws: `LayerError` (`too_large`) for a file that is longer than the limit by itself and does not shrink.
    public func parts(limit: Int64) throws(LayerError) -> [FileLayer] {
        let directories = entries.filter { $0.kind == .directory }
        // The directories that whiteouts lie in come with them.
        let around = Set(removed.flatMap(LayerPath.ancestors).map(PathKey.init))
        let whiteouts =
            removed.map(LayerPath.whiteout).map { LayerDivision.Item(path: $0, bound: LayerBound.header(path: $0)) }
            + directories.filter { around.contains(PathKey($0.path)) }.map {
                LayerDivision.Item(path: $0.path, bound: $0.bound)
            }
        let division = LayerDivision(
            entries.map { .init(path: $0.path, bound: $0.bound) }, directories: directories.map(\.path),
            first: whiteouts, limit: limit)
        guard division.parts.count > 1 || (division.parts.first?.bound ?? 0) > limit else { return [self] }
        if compression == .store {
            for entry in entries {
                guard case .file(_, let size) = entry.kind, size > limit else { continue }
                throw .fileTooLarge(entry.path, size: size, limit: limit)
            }
        }
        var layers: [FileLayer] = []
        for part in division.parts {
            var layer = self
            layer.removed = part.range.lowerBound == 0 ? removed : []
            var wanted = Set(entries[part.range].flatMap { LayerPath.ancestors(of: $0.path) }.map(PathKey.init))
            if part.range.lowerBound == 0 { wanted.formUnion(around) }
            let own = Set(entries[part.range].map { PathKey($0.path) })
            let repeated = directories.filter {
                wanted.contains(PathKey($0.path)) && !own.contains(PathKey($0.path))
            }
            layer.entries = (repeated + entries[part.range]).sorted { LayerPath.precedes($0.path, $1.path) }
            layers.append(layer)
        }
        return layers
    }
}

extension LayerError {
    /// A file that no layer of limited length can hold.
    public static func fileTooLarge(_ path: String, size: Int64, limit: Int64) -> LayerError {
        LayerError(
            .tooLarge,
            "the file '/\(path)' has \(size) bytes in its layer, and a layer may have no more than \(limit)",
            hints: [
                "a file cannot be divided among layers: raise --max-layer-size if the registry takes more, or leave the file out"
            ])
    }
}
