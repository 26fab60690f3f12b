import Content
import Diagnostics
import Layers
import OCI
import Spec

// Users and groups: looked up as `COPY --chown` and `chown` do, and added as the `useradd` and `groupadd` of the shadow
// tools do (their sources, and login.defs(5)).

extension FileChanger {
    /// Whose the files of a COPY become: a number alone is the group's, too, and a name brings its own group.
    func copyOwner(_ owner: FileOwner) throws -> (UInt32, UInt32) {
        let (uid, primary) = try owner.user.map { try user($0) } ?? (0, 0)
        guard let name = owner.group else { return (uid, primary ?? uid) }
        return (uid, try group(name))
    }

    /// Whose `chown` makes files; nil leaves what is there. A number needs no user of its own.
    func commandOwner(_ owner: FileOwner) throws -> (UInt32?, UInt32?) {
        (try owner.user.map { try user($0).uid }, try owner.group.map { try group($0) })
    }

    private func user(_ name: String) throws -> (uid: UInt32, gid: UInt32?) {
        let accounts = try accountFile("etc/passwd")
        if let line = accounts.line(name), line.count > 3, let uid = UInt32(line[2]), let gid = UInt32(line[3]) {
            return (uid, gid)
        }
        guard let uid = UInt32(name) else {
            throw problem(
                "there is no user '\(name)' in the image's /etc/passwd",
                hints: ["add it by 'RUN useradd' above this line, or name it by number"])
        }
        return (uid, nil)
    }

    func group(_ name: String) throws -> UInt32 {
        let accounts = try accountFile("etc/group")
        if let line = accounts.line(name), line.count > 2, let gid = UInt32(line[2]) { return gid }
        guard let gid = UInt32(name) else {
            throw problem(
                "there is no group '\(name)' in the image's /etc/group",
                hints: ["add it by 'RUN groupadd' above this line, or name it by number"])
        }
        return gid
    }

    func accountFile(_ path: String) throws -> AccountFile { AccountFile(try text(path) ?? "") }

    func text(_ path: String) throws -> String? {
        try content(try resolved("/" + path)).map { String(decoding: $0, as: UTF8.self) }
    }

    private func setting(_ name: String, in path: String = "etc/login.defs") throws -> String? {
        for line in (try text(path) ?? "").split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "=" })
            if words.count > 1, words[0] == name { return String(words[1]) }
        }
        return nil
    }

    private func numbers(_ kind: String, isSystem: Bool) throws -> ClosedRange<UInt32> {
        let usual = try setting("\(kind)_MIN").flatMap(UInt32.init) ?? 1000
        let low: UInt32
        let high: UInt32
        if isSystem {
            low = try setting("SYS_\(kind)_MIN").flatMap(UInt32.init) ?? 101
            high = try setting("SYS_\(kind)_MAX").flatMap(UInt32.init) ?? (usual > 0 ? usual - 1 : 0)
        } else {
            low = usual
            high = try setting("\(kind)_MAX").flatMap(UInt32.init) ?? 60000
        }
        guard low <= high else { throw problem("/etc/login.defs leaves no numbers from \(low) to \(high)") }
        return low...high
    }

    // MARK: Adding

    func requireTool(_ name: String) throws {
        let places = ["/usr/sbin/\(name)", "/sbin/\(name)"]
        guard try places.contains(where: { files[try resolved($0)] != nil }) else {
            throw problem("the base has no \(name)", hints: ["name users by number, or choose another base"])
        }
    }

    private func requireName(_ name: String) throws {
        let isName =
            (name.utf8.first.map { ($0 >= 97 && $0 <= 122) || $0 == 95 } ?? false)
            && name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 95 || $0 == 45 }
            && name.utf8.count <= 32
        guard isName else { throw problem("'\(name)' is not the name of a user or a group") }
    }

    mutating func add(_ group: NewGroup) throws {
        switch group.tool {
        case nil:
            try requireTool("groupadd")
            if group.mayExist, try accountFile("etc/group").line(group.name) != nil { return }
            _ = try addGroup(group, preferring: nil)
        case .adduser: try addByAdduser(group)
        }
    }

    mutating func addGroup(_ new: NewGroup, preferring uid: UInt32?) throws -> UInt32 {
        try requireName(new.name)
        var accounts = try accountFile("etc/group")
        guard accounts.line(new.name) == nil else { throw problem("the group '\(new.name)' is there already") }
        let gid: UInt32
        if let wanted = new.gid {
            guard accounts.line(numbered: wanted) == nil else {
                throw problem("the group's number \(wanted) is taken")
            }
            gid = wanted
        } else if let uid, accounts.line(numbered: uid) == nil {
            gid = uid
        } else {
            guard
                let next = accounts.nextNumber(in: try numbers("GID", isSystem: new.isSystem), isSystem: new.isSystem)
            else { throw problem("no number of a group is free") }
            gid = next
        }
        accounts.append([new.name, "x", String(gid), ""])
        try replace("etc/group", by: Array(accounts.text.utf8), mode: 0o644)
        if let shadow = try text("etc/gshadow") {
            var accounts = AccountFile(shadow)
            accounts.append([new.name, "!", "", ""])
            try replace("etc/gshadow", by: Array(accounts.text.utf8), mode: 0o640)
        }
        return gid
    }

    mutating func add(_ user: NewUser) throws {
        switch user.tool {
        case nil: try addByUseradd(user)
        case .adduser: try addByAdduser(user)
        }
    }

    mutating func addByUseradd(_ new: NewUser) throws {
        try requireTool("useradd")
        try requireName(new.name)
        var accounts = try accountFile("etc/passwd")
        guard accounts.line(new.name) == nil else { throw problem("the user '\(new.name)' is there already") }
        let range = try numbers("UID", isSystem: new.isSystem)
        let groups = try accountFile("etc/group")
        // A group of the user's own has the user's number, where that is free in both files.
        let taken = new.group == nil && !new.hasNoGroup ? groups.numbers : []
        guard let uid = new.uid ?? accounts.nextNumber(in: range, isSystem: new.isSystem, besides: taken) else {
            throw problem("no number of a user is free")
        }
        guard accounts.line(numbered: uid) == nil else { throw problem("the user's number \(uid) is taken") }
        for name in [new.comment, new.home ?? "", new.shell ?? ""] where name.contains(":") || name.contains("\n") {
            throw problem("'\(name)' holds a colon or a new line, which /etc/passwd cannot")
        }
        if let shell = new.shell, !shell.isEmpty, !shell.hasPrefix("/") {
            throw problem("the shell '\(shell)' is not absolute")
        }
        let gid: UInt32
        if let name = new.group {
            gid = try group(name)
            guard groups.line(numbered: gid) != nil else { throw problem("there is no group '\(name)'") }
        } else if new.hasNoGroup {
            gid = try setting("GROUP", in: "etc/default/useradd").flatMap(UInt32.init) ?? 100
        } else {
            gid = try addGroup(NewGroup(name: new.name, isSystem: new.isSystem), preferring: uid)
        }
        let home = new.home ?? "/home/\(new.name)"
        let shell = try new.shell ?? setting("SHELL", in: "etc/default/useradd") ?? "/bin/sh"
        accounts.append([new.name, "x", String(uid), String(gid), new.comment, home, shell])
        try replace("etc/passwd", by: Array(accounts.text.utf8), mode: 0o644)
        try addShadow(of: new)
        if !new.groups.isEmpty { try add(NewMember(user: new.name, groups: new.groups)) }
        if !new.isSystem { try addSubordinates(of: new.name) }
        if new.makesHome { try makeHome(home, mode: try homeMode(), uid: uid, gid: gid) }
    }

    private mutating func addShadow(of new: NewUser) throws {
        guard let shadow = try text("etc/shadow") else { return }
        var accounts = AccountFile(shadow)
        let ages = new.isSystem ? ["", "", ""] : ["0", "99999", "7"]
        accounts.append([new.name, "!", String(day)] + ages + ["", "", ""])
        try replace("etc/shadow", by: Array(accounts.text.utf8), mode: 0o640)
    }

    mutating func add(_ member: NewMember) throws {
        guard try accountFile("etc/passwd").line(member.user) != nil else {
            throw problem("there is no user '\(member.user)'")
        }
        for path in ["etc/group", "etc/gshadow"] {
            guard let text = try text(path) else { continue }
            var accounts = AccountFile(text)
            for name in member.groups {
                guard accounts.line(name) != nil || path == "etc/gshadow" else {
                    throw problem("there is no group '\(name)'")
                }
                accounts.add(member: member.user, to: name)
            }
            try replace(path, by: Array(accounts.text.utf8), mode: 0o644)
        }
    }

    /// Ranges of numbers for containers of the user's own.
    private mutating func addSubordinates(of name: String) throws {
        for (path, kind) in [("etc/subuid", "SUB_UID"), ("etc/subgid", "SUB_GID")] {
            guard let text = try text(path) else { continue }
            var accounts = AccountFile(text)
            let first = try setting("\(kind)_MIN").flatMap(UInt32.init) ?? 100_000
            let count = try setting("\(kind)_COUNT").flatMap(UInt32.init) ?? 65536
            let next = accounts.lines.compactMap { line -> UInt32? in
                guard line.count == 3, let start = UInt32(line[1]), let count = UInt32(line[2]) else { return nil }
                return start.addingReportingOverflow(count).partialValue
            }.max()
            accounts.append([name, String(max(first, next ?? first)), String(count)])
            try replace(path, by: Array(accounts.text.utf8), mode: 0o644)
        }
    }

    /// The mode of the homes that `useradd` makes.
    private func homeMode() throws -> UInt32 {
        if let text = try setting("HOME_MODE"), let mode = UInt32(text, radix: 8) { return mode }
        return 0o777 & ~(try setting("UMASK").flatMap { UInt32($0, radix: 8) } ?? 0o022)
    }

    /// Makes a home where nothing is, with what `/etc/skel` holds or empty.
    mutating func makeHome(_ home: String, mode: UInt32, uid: UInt32, gid: UInt32, isEmpty: Bool = false) throws {
        let path = try resolved(home)
        guard files[path] == nil else { return }
        try makeDirectories(LayerPath.split(path).directory)
        try put(.init(kind: .directory, mode: mode, uid: uid, gid: gid), at: path)
        if isEmpty { return }
        for item in files.descendants(of: "etc/skel") {
            guard var node = files[item] else { continue }
            (node.uid, node.gid) = (uid, gid)
            if node.kind == .baseFile {
                guard let bytes = try content(item) else {
                    throw problem("what '/\(item)' holds for new homes is not at hand")
                }
                node.kind = .file(digest: try contents.texts.keep(bytes), size: Int64(bytes.count))
            }
            try put(node, at: path + item.dropFirst("etc/skel".count))
        }
    }
}
