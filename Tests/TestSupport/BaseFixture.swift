public import Content
public import Images
import Layers
public import OCI
import Spec
public import SystemPackage

/// A base image that costs nothing: what planning looks for in a Debian 12 with a virtual environment at /opt/venv, and
/// nothing that could run.
public enum BaseFixture {
    /// In what one base differs from another.
    public struct Variant: Sendable {
        /// The interpreter's version.
        public var python: String
        /// The second number of the C library's.
        public var glibcMinor: Int
        /// Further files by their paths.
        public var files: [String: String]
        /// Further variables, `NAME=value`.
        public var variables: [String]

        /// The usual base, or one that differs in some of it.
        public init(
            python: String = "3.11.2", glibcMinor: Int = 36, files: [String: String] = [:], variables: [String] = []
        ) {
            self.python = python
            self.glibcMinor = glibcMinor
            self.files = files
            self.variables = variables
        }

        var series: String { python.split(separator: ".").prefix(2).joined(separator: ".") }
    }

    /// Makes the image for a platform.
    /// - Parameters:
    ///   - store: takes its layers.
    ///   - environment: the virtual environment's path; nil makes an image without Python.
    public static func image(
        _ platform: Platform = Platform(os: "linux", architecture: "amd64"), environment: String? = "/opt/venv",
        variant: Variant = Variant(), in store: DirectoryBlobStore
    ) throws -> Image {
        let series = variant.series
        var system: [LayerEntry] = []
        for path in ["etc", "opt", "tmp", "usr", "usr/bin", "usr/lib", "var", "var/lib", "var/lib/dpkg"] {
            system.append(directory(path, mode: path == "tmp" ? 0o1777 : 0o755))
        }
        system += [link("bin", "usr/bin"), link("lib", "usr/lib"), link("app", "opt/app"), directory("opt/app")]
        system += [
            file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
            file("usr/lib/libc.so.6", cLibrary(minor: variant.glibcMinor, platform)),
            file("var/lib/dpkg/status", "Package: python\(series)-minimal\nVersion: \(variant.python)-6+deb12u6\n"),
        ]
        system += variant.files.map { file($0.key, $0.value) }
        var python: [LayerEntry] = [directory("srv")]
        var execution = ImageConfiguration.Execution()
        execution.env = ["PATH=/usr/bin"]
        if let environment {
            let root = String(environment.dropFirst())
            execution.env = ["PATH=\(environment)/bin:/usr/bin", "VIRTUAL_ENV=\(environment)"]
            python += [
                directory("usr/lib/python\(series)"), file("usr/bin/python\(series)", "none", mode: 0o755),
                link("usr/bin/python3", "python\(series)"), file("usr/lib/python\(series)/os.py", ""), directory(root),
                directory("\(root)/bin"), link("\(root)/bin/python", "/usr/bin/python3"), directory("\(root)/lib"),
                directory("\(root)/lib/python\(series)", mode: 0o775),
                directory("\(root)/lib/python\(series)/site-packages", mode: 0o775),
                file("\(root)/pyvenv.cfg", "home = /usr/bin\nversion = \(variant.python)\n"),
            ]
        }
        execution.cmd = ["python3"]
        execution.env? += variant.variables
        let layers = try [system, python].map(sorted).map { entries in
            try LayerMaker.make(in: store) { writer in for entry in entries { try writer.append(entry) } }
        }
        let configuration = ImageConfiguration(
            created: Timestamp.reproducible.rfc3339, platform: platform, config: execution,
            rootfs: .init(diffIDs: layers.map(\.diffID)),
            history: ["system", "python"].map { .init(createdBy: "test", comment: $0) })
        let configurationBytes = [UInt8](try CanonicalJSON.encode(configuration))
        let manifest = Manifest(
            config: try Descriptor(.configuration, store.put(configurationBytes)), layers: layers.map(\.descriptor))
        return try Image(
            manifestBytes: [UInt8](CanonicalJSON.encode(manifest)), configurationBytes: configurationBytes
        ) { try store.required($0.digest) }
    }

    /// Writes an OCI layout with the image of each platform.
    public static func write(
        to layout: FilePath, platforms: [Platform] = [Platform(os: "linux", architecture: "amd64")],
        environment: String? = "/opt/venv", variant: Variant = Variant()
    ) async throws {
        let scratch = try TemporaryDirectory()
        let store = try scratch.store()
        let images = try platforms.map { try image($0, environment: environment, variant: variant, in: store) }
        try await OCILayoutWriter(layout).write(ImageSet(images: images, isIndex: images.count > 1), tags: [])
    }

    private static func sorted(_ entries: [LayerEntry]) -> [LayerEntry] {
        entries.sorted { LayerPath.precedes($0.header.path, $1.header.path) }
    }

    private static func directory(_ path: String, mode: UInt32 = 0o755) -> LayerEntry {
        LayerEntry(TarEntry(path: path, kind: .directory, mode: mode))
    }

    private static func link(_ path: String, _ target: String) -> LayerEntry {
        LayerEntry(TarEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777))
    }

    private static func file(_ path: String, _ text: String, mode: UInt32 = 0o644) -> LayerEntry {
        file(path, Array(text.utf8), mode: mode)
    }

    private static func file(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) -> LayerEntry {
        LayerEntry(
            TarEntry(path: path, kind: .file(size: Int64(bytes.count)), mode: mode),
            content: bytes.isEmpty ? .none : .bytes(bytes))
    }

    /// A shared object that defines one version, `GLIBC_2.minor`, and holds nothing else (System V ABI).
    private static func cLibrary(minor: Int, _ platform: Platform) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 + 2 * 64 + 28)
        func put(_ value: Int, _ width: Int, at offset: Int) {
            for byte in 0..<width { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
        }
        bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
        put(platform.architecture == "arm64" ? 183 : 62, 2, at: 18)  // which processor it is for
        put(64, 8, at: 40)  // where the section headers start
        put(64, 2, at: 58)  // how long one is
        put(2, 2, at: 60)  // how many there are
        put(0x6FFF_FFFD, 4, at: 64 + 4)  // SHT_GNU_verdef
        put(192, 8, at: 64 + 24)
        put(1, 4, at: 64 + 40)  // its strings are the second section
        put(1, 4, at: 64 + 44)  // it has one entry
        put(3, 4, at: 128 + 4)  // SHT_STRTAB
        put(220, 8, at: 128 + 24)
        put(20, 4, at: 192 + 12)  // the entry's name follows it
        return bytes + Array("GLIBC_2.\(minor)\0".utf8)
    }
}

extension Descriptor {
    /// The descriptor of a blob.
    public init(_ mediaType: MediaType, _ blob: Blob) {
        self.init(mediaType: mediaType, digest: blob.digest, size: blob.size)
    }
}
