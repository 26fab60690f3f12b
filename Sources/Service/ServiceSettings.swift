import Content
import Diagnostics
import FoundationEssentials
public import Registry
public import SystemPackage

/// What holds for a whole server, whoever asks.
public struct ServiceSettings: Sendable {
    /// Where content, caches and results lie.
    public var dataDirectory: FilePath
    /// How many builds this process runs at once.
    public var workers = 4
    /// How long a worker is believed to live without a word from it.
    public var lease = Duration.seconds(30)
    /// How often a build is begun before it is given up.
    public var attemptLimit = 10
    /// How long a stopping process waits for its builds before it hands them back.
    public var drain = Duration.seconds(30)
    /// How large contexts may be.
    public var contextLimits = ContextLimits()
    /// The index that builds use which name none; nil is PyPI.
    public var indexURL: String?
    /// Indexes that every build asks first.
    public var extraIndexURLs: [String] = []
    /// The hosts of package files that all the world may read: wheels from there are kept once for all projects.
    public var publicHosts: Set<String> = ["files.pythonhosted.org"]
    /// How registries are reached; indexes as well, as far as plain HTTP goes.
    public var registries = ServiceRegistries()
    /// Where registries are: what `registries` comes to, once its files were read.
    public private(set) var hosts = RegistryHosts()
    /// Directories of base image definitions, searched before what the program brings.
    public var baseImageDirectories: [FilePath] = []
    /// What stands in for bases that cannot be had by their names.
    public var baseMappings: [BaseMapping] = []
    /// uv, where it is not on the search path.
    public var uv: FilePath?
    /// Where programs are looked for.
    public var searchPath = "/usr/local/bin:/usr/bin:/bin"
    /// Variables by which programs find the authorities to trust and the proxies to use, as the server itself does.
    public var network: [String: String] = [:]
    /// Who signs the JWTs that are taken for a token.
    public var issuers: [OIDCIssuer] = []
    /// Whom clients' certificates make their holders; none leaves it to tokens.
    public var certificateRules: [CertificateRule] = []
    /// What is kept for how long.
    public var housekeeping = HousekeepingSettings()
    /// How webhooks are sent.
    public var webhooks = WebhookSettings()

    /// The usual settings with a data directory.
    public init(dataDirectory: FilePath) {
        self.dataDirectory = dataDirectory
        setDataDirectory(dataDirectory)
    }

    /// Takes another data directory.
    public mutating func setDataDirectory(_ path: FilePath) {
        // Tools are started in other directories.
        dataDirectory = path.isAbsolute ? path : FilePath(FileManager.default.currentDirectoryPath).pushing(path)
    }

    /// Takes from the server's environment what `network` holds.
    public mutating func takeNetwork(from environment: [String: String]) {
        let names = [
            "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy",
            "https_proxy", "all_proxy", "no_proxy",
        ]
        network = environment.filter { names.contains($0.key) }
    }

    /// Reads the files that `registries` names.
    /// - Throws: `ServiceError` (`invalid_configuration`).
    public mutating func openRegistries() throws { hosts = try registries.hosts() }

    /// Refuses where the data directory cannot be written to.
    func checkDataDirectory() throws {
        try FileSystem.makeDirectory(dataDirectory)
        let file = dataDirectory.appending("ready-\(hexadecimal(try randomBytes(8)))")
        defer { try? FileSystem.remove(file) }
        try FileSystem.write([1], to: file, durably: false)
    }
}
