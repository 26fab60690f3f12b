import Layers

/// What an indexer keeps of a base.
enum BaseTree {
    static func tree(_ texts: [String: String]) -> FileTree {
        FileTree([
            LayerIndex(
                entries: texts.keys.sorted().map { IndexedEntry(path: $0, kind: .file, mode: 0o644) }, texts: texts)
        ])
    }

    /// A Debian with Python packages of both kinds, one of them twice.
    static func debian() throws -> FileTree {
        tree([
            "etc/os-release": "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_ID=\"12\"\n",
            "var/lib/dpkg/status": """
            Package: libc6
            Status: install ok installed
            Architecture: amd64
            Source: glibc
            Version: 2.36-9+deb12u10
            Description: GNU C Library
             Version: of the description

            Package: gone
            Status: deinstall ok config-files
            Architecture: amd64
            Version: 1.0

            Package: tzdata
            Status: install ok installed
            Architecture: all
            Version: 1:2024a-0+deb12u1

            """,
            "opt/venv/lib/python3.11/site-packages/pip-24.0.dist-info/METADATA":
                "Metadata-Version: 2.1\nName: pip\nVersion: 24.0\n\nName: not this\n",
            "usr/lib/python3/dist-packages/pip-24.0.dist-info/METADATA":
                "Metadata-Version: 2.1\nName: pip\nVersion: 24.0\n",
            "opt/venv/lib/python3.11/site-packages/alpha-0.9.dist-info/METADATA":
                "Metadata-Version: 2.1\nName: Alpha\nVersion: 0.9\n",
            "usr/lib/python3/dist-packages/Typing_Extensions-4.0.dist-info/METADATA":
                "Metadata-Version: 2.1\nName: Typing_Extensions\nVersion: 4.0\n",
        ])
    }
}
