import ArgumentParser
import Build
import FoundationEssentials
import Interface

/// `cooperage base list`.
struct BaseListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the base images that have a name.",
        usage: "cooperage base list [--json]",
        discussion: """
            Directories of further definitions are named by COOPERAGE_BASE_IMAGES, separated by colons.

              cooperage base list
            """)

    @Flag(help: "Print the catalog as JSON.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let report = CatalogReport(try BaseCatalog(environment: environment).definitions())
        try Console.writeOutput(json ? try report.json() + "\n" : report.text(Console.outputPalette(environment)))
    }
}
