import Diagnostics
import Layers
import Spec

// Users and groups as Debian's adduser 3.134 adds them, by its usual settings (adduser(8), adduser.conf(5)): it chooses
// numbers, home and shell, calls shadow's tools with them, and makes the home itself. `BuildahTests` runs it.

extension FileChanger {
    /// The version that was compared with what is done here. Others choose numbers and modes otherwise.
    private static let adduserVersion = "3.134"
    private static let usualNumbers: ClosedRange<UInt32> = 1000...59999
    private static let systemNumbers: ClosedRange<UInt32> = 100...999
    /// What stands for no home, which is never made.
    private static let noHome = "/nonexistent"
    /// The number of `nogroup`.
    private static let noGroup: UInt32 = 65534

    mutating func addByAdduser(_ new: NewUser) throws {
        try requireAdduser("adduser")
        let accounts = try accountFile("etc/passwd")
        if let line = accounts.line(new.name) {
            guard new.isSystem, line.count > 2, let uid = UInt32(line[2]), Self.systemNumbers.contains(uid),
                new.uid == nil || new.uid == uid
            else { throw problem("the user '\(new.name)' is there already") }
            return
        }
        let isOwnGroup = new.group == nil && !new.hasNoGroup
        let groups = try accountFile("etc/group")
        // Of a usual user the group's number is the user's, so that both have to be free.
        let taken = isOwnGroup && !new.isSystem ? accounts.numbers.union(groups.numbers) : accounts.numbers
        guard let uid = new.uid ?? numbers(isSystem: new.isSystem).first(where: { !taken.contains($0) }) else {
            throw problem("no number of a user is free")
        }
        let gid: UInt32
        if isOwnGroup {
            gid = try addGroup(
                NewGroup(name: new.name, gid: try ownGroup(of: new, uid: uid, groups: groups), isSystem: new.isSystem),
                preferring: nil)
        } else {
            gid = try new.group.map { try group($0) } ?? Self.noGroup
        }
        let home = new.home ?? (new.isSystem ? Self.noHome : "/home/\(new.name)")
        var user = new
        (user.uid, user.group, user.home, user.makesHome) = (uid, String(gid), home, false)
        user.shell = new.shell ?? (new.isSystem ? "/usr/sbin/nologin" : "/bin/bash")
        try addByUseradd(user)
        if !new.isSystem { try add(NewMember(user: new.name, groups: ["users"])) }
        if new.makesHome, home != Self.noHome {
            try makeHome(
                home, mode: new.isSystem ? 0o755 : 0o700, uid: uid, gid: gid, isEmpty: new.isSystem)
        }
    }

    /// The number of the group that a user brings.
    private func ownGroup(of new: NewUser, uid: UInt32, groups: AccountFile) throws -> UInt32 {
        // Where the user's number was asked for, the group has it, too, or there is none.
        guard new.isSystem, new.uid == nil, groups.line(numbered: uid) != nil else { return uid }
        return try freeGroup(in: groups, isSystem: true)
    }

    mutating func addByAdduser(_ new: NewGroup) throws {
        try requireAdduser("addgroup")
        let groups = try accountFile("etc/group")
        if new.isSystem, let line = groups.line(new.name), line.count > 2, let gid = UInt32(line[2]),
            Self.systemNumbers.contains(gid), new.gid == nil || new.gid == gid
        {
            return
        }
        var group = new
        group.gid = try new.gid ?? freeGroup(in: groups, isSystem: new.isSystem)
        _ = try addGroup(group, preferring: nil)
    }

    private func freeGroup(in groups: AccountFile, isSystem: Bool) throws -> UInt32 {
        let taken = groups.numbers
        guard let gid = numbers(isSystem: isSystem).first(where: { !taken.contains($0) }) else {
            throw problem("no number of a group is free")
        }
        return gid
    }

    private func numbers(isSystem: Bool) -> ClosedRange<UInt32> {
        isSystem ? Self.systemNumbers : Self.usualNumbers
    }

    /// Refuses a base whose tool is another one, or set up otherwise.
    private func requireAdduser(_ name: String) throws {
        try requireTool(name)
        let instead = ["write 'useradd' and 'groupadd', or name users by number"]
        let version = try text("var/lib/dpkg/status").flatMap {
            SystemPackageFormat.dpkg.version(of: ["adduser"], in: $0)
        }
        guard let version, version == Self.adduserVersion else {
            let found = version.map { "is \($0)" } ?? "is none of Debian's packages"
            throw problem(
                "the base's adduser \(found), and what \(Self.adduserVersion) does is known alone", hints: instead)
        }
        let settings = (try text("etc/adduser.conf") ?? "").split(separator: "\n").filter { line in
            !line.hasPrefix("#") && !line.allSatisfy(\.isWhitespace)
        }
        if let setting = settings.first {
            throw problem("the base's /etc/adduser.conf has settings of its own: '\(setting)'", hints: instead)
        }
        guard files[try resolved("/usr/local/sbin/adduser.local")] == nil else {
            throw problem("the base's /usr/local/sbin/adduser.local would be run", hints: instead)
        }
    }
}
