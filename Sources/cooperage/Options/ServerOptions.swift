import ArgumentParser
import Build
import Diagnostics
import Interface
import Registry
import ServiceClient
import Spec

/// Which server is meant, and in which project.
struct ServerOptions: ParsableArguments {
    /// The variable that names a server where no flag does.
    static let variable = "COOPERAGE_SERVER"

    @Option(help: "The build server (default: COOPERAGE_SERVER).")
    var server: String?

    @Option(help: "In which project, for a token of all projects.")
    var project: String?

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

    /// A client of a server, with the token that there is for it.
    func client(of address: ServerAddress, _ environment: [String: String]) throws -> ServiceClient {
        ServiceClient(
            address, token: try ServerCredentials(environment: environment).token(for: address), project: project)
    }

    /// A client of the server that must be named.
    func client(_ session: Session) throws -> ServiceClient {
        try client(of: requiredAddress(session.environment), session.environment)
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
