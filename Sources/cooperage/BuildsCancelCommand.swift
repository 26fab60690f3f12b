import ArgumentParser
import Interface
import ServiceClient

/// `cooperage builds cancel`.
struct BuildsCancelCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Call builds off.",
        usage: "cooperage builds cancel [<options>] <build> ...")

    @Argument(help: "The builds' ids.")
    var builds: [String]

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let client = try server.client(session)
        for id in builds {
            let build = try await client.cancel(id)
            try Console.writeOutput("\(build.id)\n")
        }
    }
}
