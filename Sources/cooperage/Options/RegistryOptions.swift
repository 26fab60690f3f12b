import ArgumentParser
import Interface
import Registry
import ServiceClient
import SystemPackage
import Transfer

/// How registries are spoken to.
struct RegistryOptions: ParsableArguments {
    @Option(help: "Allow this host[:port] plain HTTP, and TLS that nobody vouches for. Repeatable.")
    var insecureRegistry: [String] = []

    @Option(
        help:
            "Mirrors and the like, in containers' format (default: CONTAINERS_REGISTRIES_CONF, else as podman has it).",
        completion: .file())
    var registriesConf: String?

    /// Where registries are and how they are reached, by flags, variables and files.
    func hosts(_ connection: ConnectionOptions, _ environment: [String: String]) throws -> RegistryHosts {
        var settings = RegistrySettings()
        settings.insecure = Set(try insecureRegistry.map(Self.host))
        let (given, usual) = (connection.files, ConnectionFiles(environment: environment))
        try given.check()
        try usual.check()
        settings.authorities = given.authority ?? usual.authority
        settings.certificate = Self.certificate(given)
        settings.usualCertificate = Self.certificate(usual)
        settings.directories = CertificateDirectories(environment: environment)
        settings.configuration = try RegistriesConfiguration(
            environment: environment, named: registriesConf.map { FilePath($0) })
        settings.profiles = try StoredProfiles(StoredProfiles.standardFile(environment: environment))
        return try RegistryHosts(settings)
    }

    /// Refuses what a server decides.
    func refuseOnServer() throws {
        if let host = insecureRegistry.first {
            throw Origin.flag("--insecure-registry").error(
                "plain HTTP with '\(host)' is the server's to allow",
                hints: ["ask whoever runs the server to name it in the server's settings"])
        }
        if registriesConf != nil {
            throw Origin.flag("--registries-conf").error("where registries are is the server's to know")
        }
    }

    private static func host(_ text: String) throws -> String {
        let origin = Origin.flag("--insecure-registry")
        guard !text.contains("/"), let url = try? HTTPURL("https://\(text)"), url.userInformation == nil else {
            throw origin.error("'\(text)' is no host[:port]", hints: ["write it as in registry.example:5000"])
        }
        return text
    }

    private static func certificate(_ files: ConnectionFiles) -> RegistrySettings.Certificate? {
        files.certificate.map { RegistrySettings.Certificate(file: $0, keyFile: files.key) }
    }
}
