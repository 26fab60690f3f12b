import Content
import Diagnostics
import Foundation
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// What instructions make of a base's files, by rules of GNU's tools, shadow's and BuildKit's. That the rules are those of
/// real tools `BuildahTests` shows.
@Suite struct FileChangerTests {
    private static let base = LayerIndex(
        entries: [
            directory("etc"), file("etc/passwd"), file("etc/group"), file("etc/shadow", mode: 0o640, gid: 42),
            file("etc/gshadow", mode: 0o640, gid: 42), file("etc/login.defs"), directory("etc/skel"),
            file("etc/skel/.profile", size: 2), directory("home"), directory("opt"), directory("opt/venv"),
            directory("opt/venv/lib"), directory("root", mode: 0o700), directory("srv"), file("srv/big", size: 9),
            directory("tmp", mode: 0o1777), file("tmp/a.log"), file("tmp/b.txt"), file("tmp/.hidden"),
            directory("usr"), directory("usr/sbin"), file("usr/sbin/useradd"), file("usr/sbin/groupadd"),
            IndexedEntry(path: "data", kind: .symbolicLink, mode: 0o777, target: "srv"),
        ],
        texts: [
            "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nwww:x:33:34:w:/w:/bin/sh\n",
            "etc/group": "root:x:0:\nwww:x:34:\nstaff:x:50:\n", "etc/shadow": "root:*:1:0:99999:7:::\n",
            "etc/gshadow": "root:*::\nwww:!::\nstaff:*::\n", "etc/login.defs": "UID_MIN 1000\nUMASK\t022\n",
            "etc/skel/.profile": "a\n",
        ])

    private static func directory(_ path: String, mode: UInt32 = 0o755) -> IndexedEntry {
        IndexedEntry(path: path, kind: .directory, mode: mode)
    }

    private static func file(_ path: String, mode: UInt32 = 0o644, gid: UInt32 = 0, size: Int64? = nil) -> IndexedEntry
    {
        let sizes: [String: Int64] = [
            "etc/passwd": 58, "etc/group": 35, "etc/shadow": 22, "etc/gshadow": 27, "etc/login.defs": 25,
        ]
        return IndexedEntry(path: path, kind: .file, mode: mode, gid: gid, size: size ?? sizes[path] ?? 0)
    }

    private let scratch: TemporaryDirectory

    init() throws {
        scratch = try TemporaryDirectory()
        for (path, mode) in [
            ("main.py", 0o640), ("run.sh", 0o755), ("src/a.py", 0o644), ("src/deep/b.py", 0o600), ("src/c.md", 0o644),
            ("secret/key", 0o600),
        ] as [(String, mode_t)] {
            let file = try scratch.write(Array(path.utf8), to: path)
            _ = chmod(file.string, mode)
        }
        for (path, mode) in [("src", 0o755), ("src/deep", 0o775), ("secret", 0o700)] as [(String, mode_t)] {
            _ = chmod(scratch.path.pushing(FilePath(path)).string, mode)
        }
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path.appending("link.py").string, withDestinationPath: "main.py")
    }

    private func changer(ignore: [String] = [], packages: [String] = []) throws -> FileChanger {
        FileChanger(
            files: ImageFiles(base: FileTree([Self.base])), context: try DirectorySource(context: scratch.path),
            ignore: try IgnoreFile(patterns: ignore), packages: packages, timestamp: .reproducible)
    }

    /// The layers as lines: `L0 TITLE`, an entry each, `- PATH` for what is gone.
    private func lines(_ steps: [[FileChange]], ignore: [String] = [], packages: [String] = []) throws -> [String] {
        var changer = try changer(ignore: ignore, packages: packages)
        for (number, changes) in steps.enumerated() {
            try changer.follow(FileInstruction(title: "L\(number)", place: "Dockerfile:\(number)", changes: changes))
        }
        return changer.files.layers().flatMap { layer in
            [layer.title]
                + layer.entries.map { entry in
                    let mode = String(entry.mode, radix: 8)
                    let (kind, target) =
                        switch entry.kind {
                        case .directory: ("/", "")
                        case .file: ("", "")
                        case .symbolicLink(let target): ("", " → \(target)")
                        }
                    return "\(entry.path)\(kind) \(mode) \(entry.uid):\(entry.gid)\(target)"
                } + layer.removed.map { "- \($0)" }
        }
    }

    private static func copy(
        _ sources: String..., to destination: String, into: Bool = false, excluded: [String] = [],
        parents: Bool = false, owner: String? = nil, mode: String? = nil
    ) -> FileChange {
        .copy(
            FileCopy(
                sources: sources.map { source in NamedFiles(source, isPattern: source.contains("*")) },
                destination: destination, isIntoDirectory: into, excluded: excluded, keepsParents: parents,
                owner: owner.map { FileOwner($0) }, mode: mode))
    }

    @Test(
        arguments: [
            (copy("main.py", to: "/x.py"), ["x.py 640 0:0"]),
            (copy("main.py", to: "/srv"), ["srv/ 755 0:0", "srv/main.py 640 0:0"]),
            (copy("main.py", to: "/data"), ["srv/ 755 0:0", "srv/main.py 640 0:0"]),
            (copy("link.py", to: "/x/", into: true), ["x/ 755 0:0", "x/link.py 640 0:0"]),
            (
                copy("src", to: "/x"),
                ["x/ 755 0:0", "x/a.py 644 0:0", "x/c.md 644 0:0", "x/deep/ 775 0:0", "x/deep/b.py 600 0:0"]
            ),
            (copy("src", to: "/x", excluded: ["*.md", "deep"]), ["x/ 755 0:0", "x/a.py 644 0:0"]),
            (copy("src/*.py", "run.sh", to: "/x", into: true), ["x/ 755 0:0", "x/a.py 644 0:0", "x/run.sh 755 0:0"]),
            (copy("s*/*.md", to: "/x/y.md"), ["x/ 755 0:0", "x/y.md 644 0:0"]),
            (
                copy("src/deep/b.py", to: "/x", into: true, parents: true),
                ["x/ 755 0:0", "x/src/ 755 0:0", "x/src/deep/ 775 0:0", "x/src/deep/b.py 600 0:0"]
            ),
            (
                copy("src/./deep/b.py", to: "/x", into: true, parents: true),
                ["x/ 755 0:0", "x/deep/ 775 0:0", "x/deep/b.py 600 0:0"]
            ),
            (copy("secret", to: "/x", owner: "www"), ["x/ 700 33:34", "x/key 600 33:34"]),
            (copy("secret", to: "/srv", owner: "7"), ["srv/ 755 0:0", "srv/key 600 7:7"]),
            (copy("main.py", to: "/x/y/z", owner: "7:staff"), ["x/ 755 7:50", "x/y/ 755 7:50", "x/y/z 640 7:50"]),
            (copy("secret", to: "/x", mode: "644"), ["x/ 644 0:0", "x/key 644 0:0"]),
            (copy("secret", to: "/x", mode: "u=rwX,go=rX"), ["x/ 755 0:0", "x/key 644 0:0"]),
            (
                .write(FileText(path: "/srv/", name: "EOF", text: "a", makesParents: true)),
                ["srv/ 755 0:0", "srv/EOF 644 0:0"]
            ),
            (
                .write(FileText(path: "/x/y", name: "EOF", text: "a", makesParents: true)),
                ["x/ 755 0:0", "x/y 644 0:0"]
            ),
            (.directory(NewDirectory(path: "/x/y", makesParents: true, mode: "700")), ["x/ 755 0:0", "x/y/ 700 0:0"]),
            (
                .link(NewLink(target: "../srv", path: "/tmp/l", replaces: false, isPlaceItself: false)),
                ["tmp/ 1777 0:0", "tmp/l 777 0:0 → ../srv"]
            ),
            (
                .link(NewLink(target: "/a/b", path: "/data", replaces: true, isPlaceItself: false)),
                ["srv/ 755 0:0", "srv/b 777 0:0 → /a/b"]
            ),
            (
                .link(NewLink(target: "/a/b", path: "/data", replaces: true, isPlaceItself: true)),
                ["data 777 0:0 → /a/b"]
            ),
            (.touch(path: "/srv/t"), ["srv/ 755 0:0", "srv/t 644 0:0"]),
            (
                .remove(FileRemoval(files: [NamedFiles("/tmp/*", isPattern: true)], isRecursive: true, isForced: true)),
                ["tmp/ 1777 0:0", "- tmp/a.log", "- tmp/b.txt"]
            ),
            (.remove(FileRemoval(files: [NamedFiles("/data")], isRecursive: true, isForced: false)), ["- data"]),
            (.mode(ModeAssignment(files: [NamedFiles("/srv")], mode: "g+w", isRecursive: false)), ["srv/ 775 0:0"]),
            (
                .owner(
                    OwnerAssignment(
                        files: [NamedFiles("/data")], owner: FileOwner("www:staff"), isRecursive: false,
                        changesLinks: true)),
                ["data 777 33:50 → srv"]
            ),
            (
                .owner(
                    OwnerAssignment(
                        files: [NamedFiles("/data")], owner: FileOwner("www"), isRecursive: false, changesLinks: false)),
                ["srv/ 755 33:0"]
            ),
        ] as [(FileChange, [String])])
    func changes(_ change: FileChange, _ expected: [String]) throws {
        #expect(try lines([[change]]) == ["L0"] + expected)
    }

    @Test func whatALaterLineChangesIsChangedWhereItStands() throws {
        let found = try lines([
            [.directory(NewDirectory(path: "/app", makesParents: true))], [Self.copy("src", to: "/app")],
            [
                .mode(ModeAssignment(files: [NamedFiles("/app")], mode: "a+rw", isRecursive: true)),
                .owner(
                    OwnerAssignment(
                        files: [NamedFiles("/app")], owner: FileOwner("www"), isRecursive: true, changesLinks: false)),
            ],
        ])
        #expect(
            found == [
                "L0", "app/ 777 33:0", "L1", "app/ 777 33:0", "app/a.py 666 33:0", "app/c.md 666 33:0",
                "app/deep/ 777 33:0", "app/deep/b.py 666 33:0",
            ])
    }

    @Test func whatALaterLineReplacesIsInNoLayer() throws {
        #expect(
            try lines([
                [Self.copy("src/a.py", to: "/x/a.py")], [Self.copy("src", to: "/x", excluded: ["deep", "c.md"])],
            ])
                == ["L0", "x/ 755 0:0", "L1", "x/ 755 0:0", "x/a.py 644 0:0"])
        let removal = FileChange.remove(
            FileRemoval(files: [NamedFiles("/x")], isRecursive: true, isForced: false))
        #expect(try lines([[Self.copy("src", to: "/x")], [removal]]) == [])
    }

    @Test func whatComesInThePlaceOfSomethingRemovedComesInALayerOfItsOwn() throws {
        let removal = FileChange.remove(
            FileRemoval(files: [NamedFiles("/srv")], isRecursive: true, isForced: false))
        #expect(
            try lines([[removal, .directory(NewDirectory(path: "/srv", makesParents: false)), .touch(path: "/srv/x")]])
                == ["L0", "- srv", "L0", "srv/ 755 0:0", "srv/x 644 0:0"])
        // What was below is gone with it, also from a whiteout of its own.
        let inner = FileChange.remove(
            FileRemoval(files: [NamedFiles("/srv/big")], isRecursive: false, isForced: false))
        #expect(try lines([[inner], [removal]]) == ["L1", "- srv"])
    }

    @Test func theIgnoreFileCounts() throws {
        #expect(
            try lines([[Self.copy("", to: "/x")]], ignore: ["*", "!src", "**/*.md", "src/deep"])
                == ["L0", "x/ 755 0:0", "x/src/ 755 0:0", "x/src/a.py 644 0:0"])
        let error = #expect(throws: BuildError.self) {
            try lines([[Self.copy("main.py", to: "/x")]], ignore: ["main.py"])
        }
        #expect(error?.code == .invalidContext && error?.message == "L0: the context holds no 'main.py'")
    }

    private static func removal(_ path: String, recursive: Bool = false) -> FileChange {
        .remove(FileRemoval(files: [NamedFiles(path)], isRecursive: recursive, isForced: false))
    }

    @Test(
        arguments: [
            (copy("main.py", to: "/x", owner: "me"), "there is no user 'me' in the image's /etc/passwd"),
            (copy("main.py", to: "/x", owner: "7:us"), "there is no group 'us' in the image's /etc/group"),
            (copy("*.none", to: "/x"), "nothing in the context matches '*.none'"),
            (copy("src/*", to: "/x"), "3 files cannot all become '/x'"),
            (copy("src", to: "/etc/passwd"), "'/etc/passwd' is a file, and 'src' a directory"),
            (copy("main.py", to: "/etc/passwd/x"), "'/etc/passwd' is no directory"),
            (.directory(NewDirectory(path: "/srv", makesParents: false)), "'/srv' is there already"),
            (.directory(NewDirectory(path: "/a/b", makesParents: false)), "there is no directory '/a'"),
            (.touch(path: "/a/b"), "there is no directory '/a'"),
            (
                .write(FileText(path: "/srv/big", text: "x", appends: true)),
                "'/srv/big' is a file of the base, whose content is not at hand"
            ),
            (.write(FileText(path: "/srv", text: "x")), "'/srv' is a directory"),
            (
                .link(NewLink(target: "x", path: "/srv/big", replaces: false, isPlaceItself: false)),
                "'/srv/big' is there already"
            ),
            (removal("/none"), "there is no '/none'"), (removal("/srv"), "'/srv' is a directory"),
            (removal("/", recursive: true), "'/' is the whole image"),
            (
                removal("/opt", recursive: true),
                "'/opt/venv/lib' holds Python packages, whose files stay as their wheels have them"
            ),
            (
                .mode(ModeAssignment(files: [NamedFiles("/srv")], mode: "700", isRecursive: true)),
                "'/srv/big' is a file of the base, and changing its mode would copy it into a layer"
            ),
            (.group(NewGroup(name: "staff")), "the group 'staff' is there already"),
            (.group(NewGroup(name: "x", gid: 50)), "the group's number 50 is taken"),
            (.user(NewUser(name: "www")), "the user 'www' is there already"),
            (.user(NewUser(name: "A b")), "'A b' is not the name of a user or a group"),
        ] as [(FileChange, String)])
    func refuses(_ change: FileChange, _ why: String) throws {
        let error = try #require(throws: BuildError.self) { try lines([[change]], packages: ["opt/venv/lib"]) }
        #expect(error.message == "L0: \(why)")
        #expect(error.context.first?.value == "Dockerfile:0")
    }

    @Test func usersAreAddedAsShadowDoes() throws {
        var (app, service) = (NewUser(name: "app"), NewUser(name: "svc"))
        (app.makesHome, app.shell, app.groups) = (true, "/bin/bash", ["staff"])
        (service.isSystem, service.group) = (true, "grp")
        var changer = try changer()
        try changer.follow(
            FileInstruction(
                title: "RUN", place: "",
                changes: [.group(NewGroup(name: "grp", isSystem: true)), .user(app), .user(service)]))
        func text(_ path: String) throws -> [Substring] {
            String(decoding: try #require(try changer.content(path)), as: UTF8.self).split(separator: "\n").suffix(2)
        }
        #expect(try text("etc/passwd") == ["app:x:1000:1000::/home/app:/bin/bash", "svc:x:999:999::/home/svc:/bin/sh"])
        #expect(try text("etc/group") == ["grp:x:999:", "app:x:1000:"])
        #expect(try text("etc/shadow") == ["app:!:3653:0:99999:7:::", "svc:!:3653::::::"])
        #expect(try text("etc/gshadow") == ["grp:!::", "app:!::"])
        #expect(changer.files["etc/shadow"]?.mode == 0o640 && changer.files["etc/shadow"]?.gid == 42)
        #expect(changer.files["home/app"]?.mode == 0o755 && changer.files["home/app"]?.uid == 1000)
        #expect(changer.files["home/app/.profile"]?.uid == 1000)
        let group = String(decoding: try #require(try changer.content("etc/group")), as: UTF8.self)
        #expect(group.contains("staff:x:50:app\n"))
    }
}

/// `chmod`'s modes.
@Suite struct ModeChangeTests {
    @Test(
        arguments: [
            ("755", 0o600, 0o755), ("u+x", 0o644, 0o744), ("+x", 0o644, 0o755), ("+w", 0o444, 0o644),
            ("a+rw", 0o600, 0o666), ("go=", 0o777, 0o700), ("u=rwX,go=rX", 0o600, 0o644), ("u=rwX,go=rX", 0o700, 0o755),
            ("o=u", 0o750, 0o757), ("g=u,o-rwx", 0o604, 0o660), ("u+s", 0o755, 0o4755), ("a-w+x", 0o666, 0o555),
            ("+t", 0o755, 0o1755), ("=r", 0o777, 0o444),
        ] as [(String, UInt32, UInt32)])
    func files(_ text: String, _ before: UInt32, _ after: UInt32) throws {
        #expect(try #require(ModeChange(text)).applied(to: before, isDirectory: false) == after)
    }

    @Test func directories() throws {
        #expect(try #require(ModeChange("a+X")).applied(to: 0o600, isDirectory: true) == 0o711)
        #expect(try #require(ModeChange("g=rx")).applied(to: 0o2770, isDirectory: true) == 0o2750)
    }

    @Test(arguments: ["", "8", "99999", "u", "u+q", "z+r", "+r,", "rwx"])
    func isNone(_ text: String) { #expect(ModeChange(text) == nil) }
}
