/// A user to be added.
public struct NewUser: Sendable, Hashable, Codable {
    /// The name.
    public var name: String
    /// The number; nil takes the next free one.
    public var uid: UInt32?
    /// The first group, by name or number; nil makes one of the user's name.
    public var group: String?
    /// Further groups.
    public var groups: [String]
    /// The comment of the user's line.
    public var comment: String
    /// The home directory; nil means the tool's usual one: `/home/NAME`, or `/nonexistent` for adduser's of the system.
    public var home: String?
    /// The shell; nil means the system's usual one.
    public var shell: String?
    /// Whether it is a user of the system, with a low number.
    public var isSystem: Bool
    /// Whether the home directory is made.
    public var makesHome: Bool
    /// Whether no group of the user's name is made (`-N`).
    public var hasNoGroup: Bool
    /// The tool that would add it, by whose rules numbers and all that is nil are chosen; nil means shadow's `useradd`.
    public var tool: AccountTool?

    /// Takes a name; what else there is can be set.
    public init(name: String) {
        self.name = name
        uid = nil
        group = nil
        groups = []
        comment = ""
        home = nil
        shell = nil
        isSystem = false
        makesHome = false
        hasNoGroup = false
    }
}

/// A group to be added.
public struct NewGroup: Sendable, Hashable, Codable {
    /// The name.
    public var name: String
    /// The number; nil takes the next free one.
    public var gid: UInt32?
    /// Whether it is a group of the system, with a low number.
    public var isSystem: Bool
    /// Whether it may be there already (`-f`).
    public var mayExist: Bool
    /// The tool that would add it, by whose rules a number is chosen; nil means shadow's `groupadd`.
    public var tool: AccountTool?

    /// Takes the parts.
    public init(
        name: String, gid: UInt32? = nil, isSystem: Bool = false, mayExist: Bool = false, tool: AccountTool? = nil
    ) {
        self.tool = tool
        self.name = name
        self.gid = gid
        self.isSystem = isSystem
        self.mayExist = mayExist
    }
}

/// A user who is to be a member of groups that are there.
public struct NewMember: Sendable, Hashable, Codable {
    /// The user.
    public var user: String
    /// The groups.
    public var groups: [String]

    /// Takes the parts.
    public init(user: String, groups: [String]) {
        self.user = user
        self.groups = groups
    }
}

/// A tool that adds users and groups by other rules than shadow's `useradd` and `groupadd`.
public enum AccountTool: String, Sendable, Hashable, Codable {
    /// Debian's `adduser` and `addgroup`.
    case adduser
}
