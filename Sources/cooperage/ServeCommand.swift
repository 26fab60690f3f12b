import ArgumentParser
import FoundationEssentials
import Glibc
import Interface
import Logging
import Service
import ServiceAPI
import SystemPackage

/// `cooperage serve`.
struct ServeCommand: LastingCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve builds over HTTP.",
        usage: "cooperage serve [<options>]",
        discussion: """
            Without --config the server keeps everything in one directory: SQLite, content, caches and the key that \
            encrypts secrets. The first start prints the token of an administrator, this once.

              cooperage serve --data-dir ./cooperage-data
              cooperage serve --config /etc/cooperage/server.yaml
            """)

    @Option(help: "A configuration file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(help: "Where to listen: host:port (default: 127.0.0.1:8480).")
    var listen: String?

    @Option(
        help: "Where everything is kept (default: /var/lib/cooperage for root, else ~/.local/share/cooperage).",
        completion: .directory)
    var dataDir: String?

    @Flag(help: "Take requests of this machine without a token.")
    var allowAnonymousLoopback = false

    @Option(help: "The least level that is logged: debug, info, notice, warning, error.")
    var logLevel = ServerLog.Level.info

    @Option(help: "How log records look: text or json.")
    var logFormat = ServerLog.Format.text

    var progressMode: ProgressMode { logFormat == .json ? .json : .auto }

    func execute() async throws {
        let environment = ProcessInfo.processInfo.environment
        ServerLog.begin(logFormat, logLevel)
        let logger = Logger(label: "cooperage")
        let server = try await Server(try configuration(environment), environment: environment, logger: logger)
        if let token = try await server.firstToken() {
            try Console.writeOutput("The administrator's token, shown this once:\n\n  \(token)\n\n")
        }
        try await server.run()
    }

    private func configuration(_ environment: [String: String]) throws -> ServerConfiguration {
        var configuration: ServerConfiguration
        if let config {
            configuration = try ServerConfiguration(file: FilePath(config))
        } else {
            configuration = ServerConfiguration(dataDirectory: Self.dataDirectory(environment))
            configuration.settings.searchPath = environment["PATH"] ?? configuration.settings.searchPath
        }
        if let dataDir { configuration.settings.setDataDirectory(FilePath(dataDir)) }
        if let listen { configuration.listen = try ListenAddress(listen) }
        if allowAnonymousLoopback { configuration.allowsAnonymousLoopback = true }
        configuration.settings.takeNetwork(from: environment)
        return configuration
    }

    private static func dataDirectory(_ environment: [String: String]) -> FilePath {
        if getuid() == 0 { return "/var/lib/cooperage" }
        if let path = environment["XDG_DATA_HOME"], path.hasPrefix("/") {
            return FilePath(path).appending("cooperage")
        }
        return FilePath(environment["HOME"] ?? "/tmp").appending(".local/share/cooperage")
    }
}
