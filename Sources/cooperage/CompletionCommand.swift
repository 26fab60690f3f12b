import ArgumentParser
import Interface

/// `cooperage completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print a script that completes this command line in a shell.",
        usage: "cooperage completion bash|zsh|fish",
        discussion: """
              source <(cooperage completion bash)
              cooperage completion fish > ~/.config/fish/completions/cooperage.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var shell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell.")
    var shell: Shell

    func run() throws { try Console.writeOutput(Cooperage.completionScript(for: shell.shell) + "\n") }
}
