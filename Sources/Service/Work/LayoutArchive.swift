import Content
import Diagnostics
import Layers
import SystemPackage

/// Writes an OCI layout as a tar, the same bytes for the same layout.
enum LayoutArchive {
    static func write(_ layout: FilePath, to file: FilePath) throws {
        try FileSystem.makeDirectory(file.removingLastComponent())
        let output = try TemporaryFile(besides: file)
        let tar = try TarWriter { try output.write($0) }
        // What a reader looks for first stands first.
        for name in ["oci-layout", "index.json"] { try append(name, of: layout, to: tar) }
        for directory in ["blobs", "blobs/sha256"] {
            try tar.beginEntry(TarEntry(path: directory, kind: .directory, mode: 0o755))
            try tar.endEntry()
        }
        for name in try FileSystem.names(in: layout.appending("blobs").appending("sha256")) {
            try append("blobs/sha256/\(name)", of: layout, to: tar)
        }
        try tar.finish()
        try output.commit(to: file, durably: false)
    }

    private static func append(_ name: String, of layout: FilePath, to tar: TarWriter) throws {
        let reader = try FileReader(layout.pushing(FilePath(name)))
        try tar.beginEntry(TarEntry(path: name, kind: .file(size: reader.size), mode: 0o644))
        try reader.forEachChunk { try tar.write($0) }
        try tar.endEntry()
    }
}
