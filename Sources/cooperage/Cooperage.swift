import ArgumentParser
import Glibc

// The command line: flags, verbs, signals and exit codes. What flags mean, how events and errors look and what a build
// does is in other rooms (`Interface`, `Build`); here the two are put together, one file a verb.

/// The root command.
struct Cooperage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cooperage",
        abstract: "Build container images out of code and Python requirements.",
        discussion: """
            No Docker, no root, no package installer: each wheel becomes a layer, made once.

              cooperage build . -r requirements.txt -t 127.0.0.1:5000/team/app:1 --push
            """,
        version: "cooperage \(version)",
        subcommands: [
            BuildCommand.self, PlanCommand.self, LockCommand.self, LintCommand.self, BaseCommand.self,
            InspectCommand.self,
            CopyCommand.self, TagCommand.self, RebaseCommand.self, DoctorCommand.self,
            CacheCommand.self,
            ServeCommand.self, LoginCommand.self, LogoutCommand.self, BuildsCommand.self, CompletionCommand.self,
        ])

    /// The version of this program. CHANGELOG.md tells what each brought.
    static let version = "0.1.0"
}

@main
enum Main {
    static func main() async {
        // A reader that went away is an error to report where it is met, not the end of a build.
        signal(SIGPIPE, SIG_IGN)
        exit(await Program.run(Array(CommandLine.arguments.dropFirst())))
    }
}
