import Layers

/// An image's files by hand.
struct TreeBuilder {
    private var index = LayerIndex()

    /// A layer whose C library is glibc of this version; nil for none.
    init(glibcMinor: Int? = 36, machine: UInt16? = nil) {
        guard let glibcMinor else { return }
        let version = GlibcVersion(major: 2, minor: glibcMinor)
        for machine in machine.map({ [$0] }) ?? [62, 183] {
            let path = "usr/lib/machine-\(machine)/libc.so.6"
            program(path)
            index.libraries[path] = GlibcLibrary(machine: machine, version: version)
        }
    }

    /// The tree of all that was added.
    var tree: FileTree { FileTree([index]) }

    mutating func program(_ path: String) {
        parents(of: path)
        index.entries.append(IndexedEntry(path: path, kind: .file, mode: 0o755, size: 1))
    }

    mutating func text(_ path: String, _ text: String) {
        parents(of: path)
        index.entries.append(IndexedEntry(path: path, kind: .file, mode: 0o644, size: Int64(text.utf8.count)))
        index.texts[path] = text
    }

    mutating func link(_ path: String, to target: String) {
        parents(of: path)
        index.entries.append(IndexedEntry(path: path, kind: .symbolicLink, mode: 0o777, target: target))
    }

    mutating func directory(_ path: String, mode: UInt32 = 0o755, owner: UInt32 = 0) {
        parents(of: path)
        index.entries.append(IndexedEntry(path: path, kind: .directory, mode: mode, uid: owner, gid: owner))
    }

    private mutating func parents(of path: String) {
        let parts = path.split(separator: "/").dropLast()
        for count in parts.indices.map({ $0 + 1 }) {
            let parent = parts.prefix(count).joined(separator: "/")
            if !index.entries.contains(where: { $0.path == parent }) {
                index.entries.append(IndexedEntry(path: parent, kind: .directory, mode: 0o755))
            }
        }
    }

    /// Debian 12 with its own Python.
    static func debian(extra: (inout TreeBuilder) -> Void = { _ in }) -> TreeBuilder {
        var tree = TreeBuilder()
        for name in ["bin", "lib", "lib64"] { tree.link(name, to: "usr/\(name)") }
        tree.program("usr/bin/python3.11")
        tree.link("usr/bin/python3", to: "python3.11")
        tree.text("usr/lib/python3.11/os.py", "")
        tree.text("usr/lib/python3.11/EXTERNALLY-MANAGED", "[externally-managed]")
        tree.directory("usr/lib/python3/dist-packages")
        tree.text(
            "var/lib/dpkg/status",
            """
            Package: libc6
            Version: 2.36-9+deb12u13

            Package: python3.11-minimal
            Status: install ok installed
            Version: 3.11.2-6+deb12u6
            Description: minimal subset

            """)
        extra(&tree)
        return tree
    }

    /// An interpreter below a prefix of its own, with headers.
    mutating func standalone(_ prefix: String, _ version: String, headers: Bool = true) {
        let series = version.split(separator: ".").prefix(2).joined(separator: ".")
        program("\(prefix)/bin/python\(series)")
        link("\(prefix)/bin/python3", to: "python\(series)")
        link("\(prefix)/bin/python", to: "python3")
        text("\(prefix)/lib/python\(series)/os.py", "")
        directory("\(prefix)/lib/python\(series)/site-packages")
        if headers {
            text(
                "\(prefix)/include/python\(series)/patchlevel.h",
                "/* Version */\n#define PY_MICRO_VERSION 1\n#define PY_VERSION      \"\(version)\"\n")
        }
    }
}
