public import ArgumentParser
import Build
import Dockerfile
import FoundationEssentials
public import Interface
import SystemPackage

/// `cooperage lint`.
struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Show what 'build -f' makes of a Dockerfile, and what is wrong with it.",
        usage: "cooperage lint [<options>] [<context>]",
        discussion: """
            What is built natively is listed, then each line that is not, secrets that would get out, bases that may \
            change, and what else is known to go wrong. Nothing is fetched, and nothing is run. Ends with 1 where \
            something is found that matters as much as --failure-threshold says.

              cooperage lint .
              cooperage lint -f docker/Dockerfile . --target serve --ignore base-without-digest
              cooperage lint . --format sarif > lint.sarif
            """)

    /// From what on a finding is a failure.
    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case error, warning, note, none

        var severity: LintSeverity? { LintSeverity(rawValue: rawValue) }
    }

    @Argument(help: "The directory of the code.", completion: .directory)
    var context = "."

    @Option(
        name: [.customShort("f"), .long], help: "The Dockerfile (default: the one in the context).",
        completion: .file())
    var file: String?

    @OptionGroup var arguments: DockerfileArguments

    @Option(help: "The platform that is built for (default: this machine's).")
    var platform: String?

    @Option(help: "A rule to pass over, or several separated by commas; hadolint's names do as well. Repeatable.")
    var ignore: [String] = []

    @Option(help: "The form of the report: text, json or sarif.")
    var format = LintReport.Format.text

    @Option(help: "What ends with 1: a finding of this severity or a higher one (error, warning, note), or none.")
    var failureThreshold = Threshold.warning

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        var flags = Settings()
        flags.dockerfile = file.given("--file")
        arguments.apply(to: &flags)
        flags.platforms = platform.map { [$0] }?.given("--platform") ?? []
        let surroundings = Surroundings(
            directory: FilePath(FileManager.default.currentDirectoryPath), environment: environment,
            cache: BuildCache.standardPath(environment: environment))
        let request = try LintRequest(
            context: FilePath(context.isEmpty ? "." : context), flags: flags, ignored: ignore.given("--ignore"),
            in: surroundings)
        let outcome = try request.outcome()
        try Console.writeOutput(
            try LintReport(outcome).rendered(format, Console.outputPalette(environment)))
        if outcome.fails(at: failureThreshold.severity) { throw ExitCode(1) }
    }
}

extension LintReport.Format: ExpressibleByArgument {}
