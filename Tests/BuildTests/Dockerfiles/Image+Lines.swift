import Content
import Images
import Layers
import OCI

extension Image {
    /// The entries of the layers that a build put onto a base of two, in order, each as a line.
    /// - Parameter line: given an entry, its mode and owner, and its content as a text; nil leaves it out.
    func ownLines(
        _ line: (_ entry: TarEntry, _ status: String, _ text: () throws -> String) throws -> String?
    ) async throws -> [String] {
        var found: [String] = []
        for layer in manifest.layers.dropFirst(2) {
            let tar = try TarReader(
                try LayerIndexer.uncompressed(try await self.layer(layer).open(), mediaType: layer.mediaType))
            while let entry = try tar.next() {
                let status = "\(String(entry.mode, radix: 8)) \(entry.uid):\(entry.gid)"
                let text = { String(decoding: try tar.content(limit: 1 << 20), as: UTF8.self) }
                if let line = try line(entry, status, text) { found.append(line) }
            }
        }
        return found
    }
}
