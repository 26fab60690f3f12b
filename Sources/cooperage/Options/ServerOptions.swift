import ArgumentParser
import Build
import Diagnostics
import Interface
import Registry
import ServiceClient
import Spec
import SystemPackage

/// Which server is meant.
struct ServerNameOptions: ParsableArguments {
    /// The variable that names a server where no flag does.
    static let variable = "COOPERAGE_SERVER"

    @Option(help: "The build server (default: COOPERAGE_SERVER).")
    var server: String?

    /// The server that is named; nil where none is, or none is wanted (`--server ''`).
    func address(_ environment: [String: String]) throws -> ServerAddress? {
        if let server {
            return server.isEmpty ? nil : try Given(server, .flag("--server")).read { try ServerAddress($0) }
        }
        guard let text = environment[Self.variable], !text.isEmpty else { return nil }
        do throws(ClientError) {
            return try ServerAddress(text)
        } catch {
            throw InterfaceError(
                .invalidVariable, error.message, context: [FailureContext("variable", Self.variable)],
                hints: error.hints)
        }
    }

    /// The server that must be named.
    func requiredAddress(_ environment: [String: String]) throws -> ServerAddress {
        guard let address = try address(environment) else {
            throw ClientError(
                .noServer, "no server is named", hints: ["name one by --server, or by the variable \(Self.variable)"])
        }
        return address
    }
}

/// Which server is meant, in which project, and who we are to it.
struct ServerOptions: ParsableArguments {
    @OptionGroup var name: ServerNameOptions

    @Option(help: "In which project, for a token of all projects.")
    var project: String?

    @Option(
        help: "A file with the token, read anew when that is refused (default: COOPERAGE_TOKEN_FILE).",
        completion: .file())
    var tokenFile: String?

    @OptionGroup var connection: ConnectionOptions

    /// Whether a flag says anything of a server.
    var isGiven: Bool { [name.server, project, tokenFile].contains { $0 != nil } }

    /// The files of the connection: those of flags, then of the environment, then those that `login` stored.
    func files(for address: ServerAddress, _ credentials: ServerCredentials) throws -> ConnectionFiles {
        try connection.files.completed(by: credentials.files(for: address))
    }

    /// The token's file that a flag names.
    var givenTokenFile: TokenFile? {
        tokenFile.map { TokenFile(FilePath($0), place: FailureContext("flag", "--token-file")) }
    }

    /// A client of a server, as whom we are to it.
    func client(of address: ServerAddress, _ environment: [String: String]) throws -> ServiceClient {
        let credentials = ServerCredentials(environment: environment)
        return ServiceClient(
            address, tokens: try givenTokenFile ?? credentials.tokens(for: address), project: project,
            sender: try files(for: address, credentials).sender())
    }

    /// A client of the server that must be named.
    func client(_ session: Session) throws -> ServiceClient {
        try client(of: name.requiredAddress(session.environment), session.environment)
    }
}

/// How a build goes to a server.
struct RemoteOptions: ParsableArguments {
    @Flag(help: "Print the build's id as soon as the server has accepted it, and leave it there.")
    var detach = false

    @Flag(help: "Send no registry credentials of docker's configuration along; the server has its own.")
    var keepCredentials = false

    /// Refuses what means nothing to the way in which a build is carried out.
    func check(_ request: BuildRequest, isOnServer: Bool) throws {
        guard detach else { return }
        let origin = Origin.flag("--detach")
        guard isOnServer else {
            throw origin.error("a build on this machine cannot be left", hints: ["name a server by --server"])
        }
        guard request.writesNothing else {
            throw origin.error(
                "files of the result are written when there is one, and nobody waits for it",
                hints: ["leave out --detach, or --output, --metadata-file, --iidfile, --sbom and --lock-file"])
        }
    }
}

extension BuildRequest {
    /// Whether nothing of the result is written on this machine.
    fileprivate var writesNothing: Bool {
        let hasLock = spec.stages.flatMap(\.steps).contains { step in
            guard case .python(let python) = step else { return false }
            return python.lockFile != nil
        }
        return metadataFile == nil && imageIDFile == nil && sbomFile == nil && !hasLock
            && outputs.allSatisfy { $0 == .registry }
    }
}
