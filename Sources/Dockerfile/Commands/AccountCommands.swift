import Spec

/// `useradd NAME`
struct AddUser: NamedCommand {
    let form: String? = "useradd"
    let names = ["useradd"]
    let options: [CommandOption] = [
        CommandOption("-m --create-home -M --no-create-home -r --system", .none),
        CommandOption("-U --user-group -N --no-user-group -l --no-log-init", .none),
        CommandOption("-u --uid -g --gid -G --groups -s --shell -d --home-dir --home", takesValue: true, .none),
        CommandOption("-c --comment", takesValue: true, mayBeEmpty: true, .none),
        CommandOption("-p --password", takesValue: true, .refused("would put a password into the image")),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        let name = try arguments.only("user")
        var user = NewUser(name: name)
        user.uid = try accountNumber(arguments.value("-u", "--uid"))
        user.group = arguments.value("-g", "--gid")
        user.groups = arguments.value("-G", "--groups")?.split(separator: ",").map(String.init) ?? []
        user.shell = arguments.value("-s", "--shell")
        user.home = arguments.value("-d", "--home-dir", "--home")
        user.comment = arguments.value("-c", "--comment") ?? ""
        user.isSystem = arguments.has("-r", "--system")
        user.makesHome = arguments.has("-m", "--create-home") && !arguments.has("-M", "--no-create-home")
        user.hasNoGroup = arguments.has("-N", "--no-user-group")
        if let home = user.home, !home.hasPrefix("/") {
            throw CommandRefusal(reason: "the home '\(home)' is not absolute", word: home)
        }
        return .changes([.user(user)])
    }
}

/// `groupadd NAME`
struct AddGroup: NamedCommand {
    let form: String? = "groupadd"
    let names = ["groupadd"]
    let options: [CommandOption] = [
        CommandOption("-r --system -f --force", .none),
        CommandOption("-g --gid", takesValue: true, .none),
        CommandOption("-p --password", takesValue: true, .refused("would put a password into the image")),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        let name = try arguments.only("group")
        return .changes([
            .group(
                NewGroup(
                    name: name, gid: try accountNumber(arguments.value("-g", "--gid")),
                    isSystem: arguments.has("-r", "--system"), mayExist: arguments.has("-f", "--force")))
        ])
    }
}

/// `usermod -aG GROUPS NAME`
struct AddMember: NamedCommand {
    let form: String? = "usermod -aG"
    let names = ["usermod"]
    let options: [CommandOption] = [
        CommandOption("-a --append", .none), CommandOption("-G --groups", takesValue: true, .none),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        let name = try arguments.only("user")
        guard arguments.has("-a", "--append"), let groups = arguments.value("-G", "--groups") else {
            throw CommandRefusal(reason: "it does more than to add a user to groups by -aG")
        }
        return .changes([.member(NewMember(user: name, groups: groups.split(separator: ",").map(String.init)))])
    }
}

/// A number of a user or a group as an option has it.
func accountNumber(_ text: String?) throws(CommandRefusal) -> UInt32? {
    guard let text else { return nil }
    guard let number = UInt32(text), number < UInt32(Int32.max) else {
        throw CommandRefusal(reason: "'\(text)' is not a number of a user or a group", word: text)
    }
    return number
}
