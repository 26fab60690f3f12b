import ArgumentParser
import Build
import Interface
import Spec

/// `cooperage plan`.
struct PlanCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a build would do: its layers, and which of them are cached.",
        usage: "cooperage plan [<options>] [<context>]",
        discussion: """
            Take the flags of 'build'. Nothing is downloaded but what planning needs, nothing is made but a base of the \
            catalog, nothing is pushed.

              cooperage plan . -r requirements.txt
              cooperage plan . --json
              cooperage plan -f Dockerfile .
            """)

    @OptionGroup var spec: SpecOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Running") var running: RunningOptions
    @OptionGroup(title: "Running") var connection: ConnectionOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    @Flag(help: "Print the plans as JSON, one for each platform.")
    var json = false

    func execute() async throws {
        let session = Session(progress)
        let surroundings = try session.surroundings
        let plans = try await session.run {
            var flags = spec.settings
            output.apply(to: &flags)
            running.apply(to: &flags)
            let hosts = try running.registry.hosts(connection, session.environment)
            return try await session.withRequest(spec.contextPath, flags, surroundings, hosts) { request in
                for remark in request.remarks { session.display.receive(remark) }
                return try await session.engine(hosts) {
                    running.configure(&$0, for: request)
                    spec.packages.configure(&$0, secrets: request.secrets, used: request.usedSecrets)
                }.plan(request.specs)
            }
        }
        let report = PlanReport(plans)
        try Console.writeOutput(
            json ? try report.json() + "\n" : report.text(Console.outputPalette(session.environment)))
    }
}
