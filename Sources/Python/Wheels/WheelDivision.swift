public import Content
public import Diagnostics
import Layers
public import OCI
public import Spec

// How layers of wheels are kept below a limit. What it does follows from the wheels and the limit alone, and a layer that
// has no more than the limit stays what it is without one: everybody's.

extension WheelLayer {
    /// Whether the layer may have more than a limit, as far as the wheels' own lengths tell: headers of many tiny files, and
    /// bytecode, take up to as much again.
    /// - Parameter sizes: the lengths of the wheels in bytes.
    public func mayExceed(_ limit: Int64, sizes: [Digest: Int64]) -> Bool {
        wheels.reduce(0) { $0 + (sizes[$1.wheel.digest] ?? $1.wheel.size ?? 0) } > limit / 2
    }

    /// A layer of several wheels as several layers, each of which has no more than a limit or a single wheel.
    ///
    /// The wheels keep their order, so that of two that bring one path the same one wins. Between which wheels a cut is made
    /// follows from their names: it is before the one whose name's digest is the smallest, and again on either side as
    /// long as one is too long. So a wheel that comes or goes moves few others.
    /// - Parameter sizes: the lengths of the wheels in bytes.
    /// - Throws: `ContentError` when nothing can be hashed.
    public func divided(limit: Int64, sizes: [Digest: Int64]) throws(ContentError) -> [WheelLayer] {
        guard wheels.count > 1, mayExceed(limit, sizes: sizes) else { return [self] }
        var cut = 1
        var smallest: String?
        for number in wheels.indices.dropFirst() {
            let digest = try Digester.digest(of: wheels[number].wheel.name.utf8).encoded
            if digest < smallest ?? "g" { (cut, smallest) = (number, digest) }
        }
        var (lower, upper) = (self, self)
        lower.wheels = Array(wheels[..<cut])
        upper.wheels = Array(wheels[cut...])
        return try lower.divided(limit: limit, sizes: sizes) + upper.divided(limit: limit, sizes: sizes)
    }
}

extension RandomAccessBlobStore {
    /// A layer of one wheel, which lies in this store, as several layers, each with some of the wheel's files; itself alone
    /// where it has no more than a limit.
    /// - Parameter limit: in bytes, compressed.
    /// - Throws: `LayerError` (`too_large`) for a file that is longer than the limit by itself, `WheelError` for a wheel
    ///   that cannot be installed.
    public func parts(of layer: WheelLayer, limit: Int64) throws -> [WheelLayer] {
        guard let wheel = layer.wheels.first, layer.wheels.count == 1, layer.part == nil else { return [layer] }
        let installed = try install(wheel, in: layer)
        for file in installed.files {
            guard let size = file.fixedSize, size > limit else { continue }
            throw LayerError.fileTooLarge(file.header.path, size: size, limit: limit)
                .within(FailureContext("wheel", wheel.wheel.filename))
        }
        func item(_ path: String) -> LayerDivision.Item {
            let entry = LayerEntry(TarEntry(path: path, kind: .directory, mode: 0o755))
            return LayerDivision.Item(path: path, bound: entry.bound)
        }
        let parts = LayerDivision(
            installed.files.map { .init(path: $0.header.path, bound: $0.bound) }, directories: installed.directories,
            first: installed.namedDirectories.map(item), limit: limit
        ).parts
        guard parts.count > 1 else { return [layer] }
        return parts.map { part in
            var one = layer
            one.part = WheelPart(first: part.range.lowerBound, count: part.range.count, size: part.bound)
            return one
        }
    }
}
