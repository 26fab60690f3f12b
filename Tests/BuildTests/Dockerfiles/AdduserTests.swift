import Diagnostics
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Users and groups as Debian's adduser 3.134 adds them: what is expected here, the tool itself left in a Debian 12.
/// `BuildahTests` runs it, too.
@Suite struct AdduserTests {
    private static let passwd = "root:x:0:0:root:/root:/bin/bash\ngames:x:5:60:g:/g:/bin/sh\n"
    private static let group = "root:x:0:\ngames:x:60:\nusers:x:100:\nnogroup:x:65534:\n"

    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    /// A base of Debian with the tool.
    private func changer(version: String = "3.134", settings: String = "# DSHELL=/bin/bash\n\n") throws -> FileChanger {
        let texts = [
            "etc/passwd": Self.passwd, "etc/group": Self.group, "etc/shadow": "root:*:1:0:99999:7:::\n",
            "etc/gshadow": "root:*::\ngames:*::\nusers:*::\nnogroup:*::\n", "etc/adduser.conf": settings,
            "etc/login.defs": "UID_MIN 1000\n", "etc/skel/.profile": "a\n", "etc/subuid": "", "etc/subgid": "",
            "var/lib/dpkg/status": "Package: a\nVersion: 1\n\nPackage: adduser\nVersion: \(version)\n\n",
        ]
        let directories = ["etc", "etc/skel", "home", "srv", "usr", "usr/sbin", "var", "var/lib", "var/lib/dpkg"]
        let programs = ["useradd", "groupadd", "adduser", "addgroup"].map { "usr/sbin/\($0)" }
        let index = LayerIndex(
            entries: directories.map { IndexedEntry(path: $0, kind: .directory, mode: 0o755) }
                + (texts.keys + programs).sorted().map { path in
                    IndexedEntry(path: path, kind: .file, mode: 0o644, size: Int64(texts[path]?.utf8.count ?? 9))
                }, texts: texts)
        return FileChanger(
            files: ImageFiles(base: FileTree([index])),
            context: try DirectorySource(context: scratch.path),
            ignore: try IgnoreFile(patterns: []), packages: [], timestamp: .reproducible)
    }

    private static func user(_ name: String, _ set: (inout NewUser) -> Void = { _ in }) -> FileChange {
        var user = NewUser(name: name)
        (user.tool, user.makesHome, user.comment) = (.adduser, true, ",,,")
        set(&user)
        return .user(user)
    }

    private static func service(_ name: String, _ set: (inout NewUser) -> Void = { _ in }) -> FileChange {
        user(name) {
            ($0.isSystem, $0.hasNoGroup, $0.comment) = (true, true, "")
            set(&$0)
        }
    }

    private static func group(_ name: String, _ gid: UInt32? = nil, isSystem: Bool = false) -> FileChange {
        .group(NewGroup(name: name, gid: gid, isSystem: isSystem, tool: .adduser))
    }

    /// What was added to the two files.
    private func added(_ changes: [FileChange]) throws -> (passwd: [String], group: [String]) {
        var changer = try changer()
        try changer.follow(FileInstruction(title: "RUN", place: "Dockerfile:1", changes: changes))
        func lines(_ path: String, without base: String) throws -> [String] {
            let text = String(decoding: try #require(try changer.content(path)), as: UTF8.self)
            let there = Set(base.split(separator: "\n"))
            return text.split(separator: "\n").filter { !there.contains($0) }.map(String.init)
        }
        return (try lines("etc/passwd", without: Self.passwd), try lines("etc/group", without: Self.group))
    }

    @Test(
        arguments: [
            ([user("app")], ["app:x:1000:1000:,,,:/home/app:/bin/bash"], ["users:x:100:app", "app:x:1000:"]),
            (
                [user("a"), user("b")],
                ["a:x:1000:1000:,,,:/home/a:/bin/bash", "b:x:1001:1001:,,,:/home/b:/bin/bash"],
                ["users:x:100:a,b", "a:x:1000:", "b:x:1001:"]
            ),
            (
                [user("app") { $0.uid = 1500 }], ["app:x:1500:1500:,,,:/home/app:/bin/bash"],
                ["users:x:100:app", "app:x:1500:"]
            ),
            // The number of a group that is there is not a user's, if that is to have a group of its own.
            (
                [group("foo", 1000), user("bar")], ["bar:x:1001:1001:,,,:/home/bar:/bin/bash"],
                ["users:x:100:bar", "foo:x:1000:", "bar:x:1001:"]
            ),
            (
                [group("foo", 1000), user("bar") { $0.group = "foo" }],
                ["bar:x:1000:1000:,,,:/home/bar:/bin/bash"], ["users:x:100:bar", "foo:x:1000:"]
            ),
            ([user("app") { $0.group = "60" }], ["app:x:1000:60:,,,:/home/app:/bin/bash"], ["users:x:100:app"]),
            ([service("app")], ["app:x:100:65534::/nonexistent:/usr/sbin/nologin"], []),
            (
                [service("app") { $0.hasNoGroup = false }], ["app:x:100:101::/nonexistent:/usr/sbin/nologin"],
                ["app:x:101:"]
            ),
            (
                [group("s", isSystem: true), service("a"), service("t") { $0.hasNoGroup = false }],
                [
                    "a:x:100:65534::/nonexistent:/usr/sbin/nologin",
                    "t:x:101:102::/nonexistent:/usr/sbin/nologin",
                ], ["s:x:101:", "t:x:102:"]
            ),
            (
                [service("app") { ($0.uid, $0.hasNoGroup) = (999, false) }],
                ["app:x:999:999::/nonexistent:/usr/sbin/nologin"], ["app:x:999:"]
            ),
            // A user or a group of the system may be there already.
            ([service("app"), service("app")], ["app:x:100:65534::/nonexistent:/usr/sbin/nologin"], []),
            ([group("s", isSystem: true), group("s", isSystem: true)], [], ["s:x:101:"]),
            ([group("foo")], [], ["foo:x:1000:"]), ([group("foo", 999)], [], ["foo:x:999:"]),
            ([.member(NewMember(user: "games", groups: ["games"]))], [], ["games:x:60:games"]),
        ] as [([FileChange], [String], [String])])
    func adds(_ changes: [FileChange], _ passwd: [String], _ group: [String]) throws {
        let added = try added(changes)
        #expect(added.passwd == passwd)
        #expect(added.group == group)
    }

    @Test(
        arguments: [
            (user("app"), "home/app", 0o700, 1000, true),
            (user("app") { $0.home = "/srv/a/b" }, "srv/a/b", 0o700, 1000, true),
            (service("app") { $0.home = "/srv/app" }, "srv/app", 0o755, 100, false),
        ] as [(FileChange, String, UInt32, UInt32, Bool)])
    func makesHomes(_ change: FileChange, _ path: String, _ mode: UInt32, _ uid: UInt32, _ isFilled: Bool) throws {
        var changer = try changer()
        try changer.follow(FileInstruction(title: "RUN", place: "", changes: [change]))
        #expect(changer.files[path]?.mode == mode && changer.files[path]?.uid == uid)
        #expect((changer.files["\(path)/.profile"] != nil) == isFilled)
    }

    @Test(arguments: [user("app") { $0.home = "/nonexistent" }, user("app") { $0.makesHome = false }, service("app")])
    func makesNoHome(_ change: FileChange) throws {
        var changer = try changer()
        try changer.follow(FileInstruction(title: "RUN", place: "", changes: [change]))
        #expect(changer.files["home/app"] == nil && changer.files["nonexistent"] == nil)
    }

    @Test(
        arguments: [
            (user("games"), "the user 'games' is there already"),
            (service("games"), "the user 'games' is there already"),
            (group("games"), "the group 'games' is there already"),
            (group("games", isSystem: true), "the group 'games' is there already"),
            (group("x", 60), "the group's number 60 is taken"),
            (user("users"), "the group 'users' is there already"),
            (user("x") { $0.uid = 5 }, "the user's number 5 is taken"),
            (user("x") { $0.uid = 60 }, "the group's number 60 is taken"),
            (user("x") { $0.group = "nope" }, "there is no group 'nope' in the image's /etc/group"),
            (user("x") { $0.shell = "bash" }, "the shell 'bash' is not absolute"),
            (.member(NewMember(user: "nope", groups: ["games"])), "there is no user 'nope'"),
            (.member(NewMember(user: "games", groups: ["nope"])), "there is no group 'nope'"),
        ] as [(FileChange, String)])
    func refuses(_ change: FileChange, _ why: String) throws {
        let error = try #require(throws: BuildError.self) { try added([change]) }
        #expect(error.message == "RUN: \(why)")
    }

    @Test(arguments: [
        ("3.118+deb11u1", "", "the base's adduser is 3.118+deb11u1, and what 3.134 does is known alone"),
        ("3.134", "#x\nDIR_MODE=0755\n", "the base's /etc/adduser.conf has settings of its own: 'DIR_MODE=0755'"),
    ])
    func refusesBases(_ version: String, _ settings: String, _ why: String) throws {
        var changer = try changer(version: version, settings: settings)
        let error = try #require(throws: BuildError.self) {
            try changer.follow(FileInstruction(title: "RUN", place: "", changes: [Self.user("app")]))
        }
        #expect(error.message == "RUN: \(why)")
        #expect(!error.hints.isEmpty)
    }
}
