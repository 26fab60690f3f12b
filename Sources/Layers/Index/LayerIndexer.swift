public import Content
import Diagnostics
public import OCI

/// Reads a layer once, as a stream, and keeps what planning needs of it.
public enum LayerIndexer {
    /// No text of a base that planning reads is longer; dpkg's list of packages is the longest.
    private static let textLimit = 16 << 20
    private static let libraryLimit = 16 << 20

    /// Reads a layer.
    /// - Parameters:
    ///   - reader: the layer's bytes as the registry has them.
    ///   - mediaType: tells the compression.
    /// - Throws: `LayerError` (`unreadable_layer`).
    public static func index(_ reader: any ByteReader, mediaType: MediaType) throws -> LayerIndex {
        let tar = try TarReader(try uncompressed(reader, mediaType: mediaType))
        var index = LayerIndex()
        while let entry = try tar.next() {
            // A layer from elsewhere may hold `..`; such a path stays as it is and matches nothing.
            let path = LayerPath.normalised(entry.path)
            if path.isEmpty { continue }
            let indexed = IndexedEntry(entry, path: path)
            index.entries.append(indexed)
            guard indexed.kind == .file else { continue }
            if isText(path), indexed.size <= textLimit {
                index.texts[path] = String(decoding: try tar.content(limit: textLimit), as: UTF8.self)
            } else if isCLibrary(path), indexed.size <= libraryLimit {
                index.libraries[path] = ELFVersionDefinitions(try tar.content(limit: libraryLimit))?.glibc
            }
        }
        return index
    }

    /// A layer's tar.
    public static func uncompressed(_ reader: any ByteReader, mediaType: MediaType) throws -> any ByteReader {
        switch mediaType.ociLayer {
        case .layerGzip: GzipReader(reader)
        // libarchive recognises Zstandard by itself.
        case .layer, .layerZstd: reader
        default:
            throw LayerError(
                .unreadableLayer, "a layer of media type '\(mediaType)' cannot be read",
                hints: ["layers are tar, tar+gzip or tar+zstd"])
        }
    }

    private static func isText(_ path: String) -> Bool {
        switch path {
        case "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid", "etc/login.defs",
            "etc/default/useradd", "etc/adduser.conf", "etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status",
            "lib/apk/db/installed", "usr/lib/apk/db/installed":
            return true
        default: break
        }
        let (above, name) = LayerPath.split(path)
        let directory = LayerPath.split(above).name
        if LayerPath.isBelow("etc/skel", path) { return true }
        switch name {
        case "pyvenv.cfg", "EXTERNALLY-MANAGED", "patchlevel.h": return true
        case "METADATA", "RECORD", "INSTALLER", "WHEEL", "direct_url.json": return directory.hasSuffix(".dist-info")
        case "PKG-INFO", "installed-files.txt": return directory.hasSuffix(".egg-info")
        default:
            return (directory == "conda-meta" && name.hasPrefix("python-") && name.hasSuffix(".json"))
                || path.hasPrefix("var/lib/dpkg/status.d/")
                || name.hasSuffix(".egg-info")
        }
    }

    /// Whether a path is the C library where a loader looks for it: cross compilers and conda's build tools bring others,
    /// which no program of the image runs with.
    private static func isCLibrary(_ path: String) -> Bool {
        let (directory, name) = LayerPath.split(path)
        guard name == "libc.so.6" || (name.hasPrefix("libc-2.") && name.hasSuffix(".so")) else { return false }
        var parts = LayerPath.parts(directory)[...]
        if parts.first == "usr" { parts.removeFirst() }
        guard let first = parts.popFirst(), first == "lib" || first == "lib64" else { return false }
        // Debian's directories are named after the processor: `x86_64-linux-gnu`.
        return parts.isEmpty || (parts.count == 1 && parts.first?.contains("-linux-gnu") == true)
    }
}
