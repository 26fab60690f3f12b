import Spec

/// Debian's `adduser NAME`, `adduser --system NAME`, `adduser --group NAME` and `adduser USER GROUP` (adduser(8)).
///
/// What it would ask for, it goes on without where nobody answers; so options that keep it from asking change nothing.
struct AdduserCommand: NamedCommand {
    let form: String? = "adduser"
    let names = ["adduser"]
    let options: [CommandOption] = [
        CommandOption("--system --group --no-create-home --disabled-password --disabled-login --quiet -q", .none),
        CommandOption("--uid --gid --ingroup --home --shell", takesValue: true, .none),
        CommandOption("--gecos --comment", takesValue: true, mayBeEmpty: true, .none),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        let operands = arguments.operands.map(\.text)
        if operands.count == 2, arguments.options.isEmpty {
            return .changes([.member(NewMember(user: operands[0], groups: [operands[1]]))])
        }
        let name = try arguments.only("user")
        let isSystem = arguments.has("--system")
        let group = arguments.value("--gid", "--ingroup")
        if arguments.has("--group") {
            guard group == nil else {
                throw CommandRefusal(reason: "--group makes a group, and another option names one", word: "--group")
            }
            if !isSystem { return try AddgroupCommand().outcome(of: arguments, calledAs: name) }
        }
        var user = NewUser(name: name)
        user.tool = .adduser
        user.uid = try accountNumber(arguments.value("--uid"))
        user.group = group
        user.isSystem = isSystem
        user.hasNoGroup = isSystem && !arguments.has("--group")
        user.makesHome = !arguments.has("--no-create-home")
        user.home = arguments.value("--home")
        user.shell = arguments.value("--shell")
        if user.shell == nil, arguments.has("--disabled-login") { user.shell = "/usr/sbin/nologin" }
        let comment = arguments.value("--gecos", "--comment")
        if let comment, comment.contains(":") {
            throw CommandRefusal(reason: "the comment '\(comment)' holds a colon", word: comment)
        }
        user.comment = comment.map(filled) ?? (isSystem ? "" : filled(""))
        if let home = user.home, !home.hasPrefix("/") {
            throw CommandRefusal(reason: "the home '\(home)' is not absolute", word: home)
        }
        return .changes([.user(user)])
    }

    /// A comment as `chfn` writes it, which `adduser` calls: name, room and two numbers, with commas between them.
    private func filled(_ comment: String) -> String {
        comment + String(repeating: ",", count: max(0, 3 - comment.count { $0 == "," }))
    }
}

/// Debian's `addgroup NAME` (addgroup(8)).
struct AddgroupCommand: NamedCommand {
    let form: String? = "addgroup"
    let names = ["addgroup"]
    let options: [CommandOption] = [
        CommandOption("--system --quiet -q", .none), CommandOption("--gid", takesValue: true, .none),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        let name = try arguments.only("group")
        return .changes([
            .group(
                NewGroup(
                    name: name, gid: try accountNumber(arguments.value("--gid")),
                    isSystem: arguments.has("--system"), tool: .adduser))
        ])
    }
}
