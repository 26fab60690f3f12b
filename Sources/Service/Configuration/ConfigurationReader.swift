import Build
import Database
import Diagnostics
import OCI
import Registry
import SystemPackage
import Transfer

/// Turns the nodes of a configuration file into what they mean.
struct ConfigurationReader {
    /// Where relative paths start.
    let directory: FilePath

    /// A server's own data directory (Filesystem Hierarchy Standard 3.0, 5.8).
    private static let dataDirectory: FilePath = "/var/lib/cooperage"

    private static let keys = [
        "data_directory", "database", "database_password_file", "vault_keys_file", "listen", "tls", "unix_socket",
        "allow_anonymous_loopback", "workers", "lease", "attempts", "drain", "contexts", "packages",
        "insecure_registries", "registries", "base_images", "base_mappings", "uv", "search_path", "housekeeping",
        "webhooks",
        "issuers", "projects",
    ]

    func configuration(_ node: ConfigurationNode) throws(ServiceError) -> ServerConfiguration {
        let root = try node.mapping(Self.keys)
        var configuration = ServerConfiguration(
            dataDirectory: try root["data_directory"]?.path(from: directory) ?? Self.dataDirectory)
        configuration.keysFile = try root["vault_keys_file"]?.path(from: directory)
        configuration.database = try database(root, dataDirectory: configuration.settings.dataDirectory)
        if let listen = root["listen"] { configuration.listen = try address(listen) }
        if let node = root["tls"] {
            configuration.tls = try tls(node)
            configuration.settings.certificateRules = try certificateRules(node)
        }
        configuration.unixSocket = try root["unix_socket"].map(unixSocket)
        configuration.allowsAnonymousLoopback = try root["allow_anonymous_loopback"]?.flag() ?? false
        try readWork(root, into: &configuration.settings)
        try readSources(root, into: &configuration.settings)
        if let node = root["contexts"] { configuration.settings.contextLimits = try contextLimits(node) }
        if let node = root["housekeeping"] { configuration.settings.housekeeping = try housekeeping(node) }
        if let node = root["webhooks"] { configuration.settings.webhooks = try webhooks(node) }
        configuration.settings.issuers = try root["issuers"]?.list(issuer) ?? []
        configuration.projects = try root["projects"]?.list(project) ?? []
        let names = configuration.projects.map(\.name)
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }), let node = root["projects"] {
            throw node.error("names the project '\(name)' twice")
        }
        return configuration
    }

    // MARK: Where the server is

    private func database(
        _ root: ConfigurationMapping, dataDirectory: FilePath
    ) throws(ServiceError) -> DatabaseSetting {
        var setting = DatabaseSetting()
        setting.passwordFile = try root["database_password_file"]?.path(from: directory)
        guard let node = root["database"] else {
            guard setting.passwordFile == nil else {
                throw root.node.error("has a password for a database, and names none in 'database'")
            }
            return setting
        }
        setting.text = try node.text()
        do {
            _ = try DatabaseAddress(setting.text, dataDirectory: dataDirectory)
        } catch {
            // Not the text: it may hold a password.
            throw node.error(
                "is neither sqlite nor an address that can be used",
                hints: ["write it as sqlite, sqlite:PATH or mysql://user@host:3306/database"], cause: error)
        }
        return setting
    }

    private func address(_ node: ConfigurationNode) throws(ServiceError) -> ListenAddress {
        let text = try node.text()
        do {
            return try ListenAddress(text)
        } catch {
            throw node.error("is '\(text)', which is no address to listen on", hints: error.hints)
        }
    }

    private static let tlsKeys = ["certificate", "key", "client_authority", "clients"]

    private func tls(_ node: ConfigurationNode) throws(ServiceError) -> TLSFiles {
        let mapping = try node.mapping(Self.tlsKeys)
        return TLSFiles(
            certificate: try mapping.required("certificate").path(from: directory),
            key: try mapping.required("key").path(from: directory),
            clientAuthority: try mapping["client_authority"]?.path(from: directory))
    }

    private func unixSocket(_ node: ConfigurationNode) throws(ServiceError) -> ServerConfiguration.UnixSocket {
        let mapping = try node.mapping(["path", "mode", "project", "role"])
        var socket = ServerConfiguration.UnixSocket(path: try mapping.required("path").path(from: directory))
        // sockaddr_un has room for no more.
        guard socket.path.string.utf8.count <= 107 else {
            throw try mapping.required("path").error("is longer than the 107 bytes that a socket's path may have")
        }
        if let mode = mapping["mode"] {
            let text = try mode.text("permission bits such as \"0660\"") { text in
                UInt32(text, radix: 8).map { $0 <= 0o777 } ?? false
            }
            socket.mode = UInt32(text, radix: 8) ?? socket.mode
        }
        if let project = mapping["project"] { socket.project = try name(project) }
        if let role = mapping["role"] { socket.role = try self.role(role) }
        return socket
    }

    // MARK: How it works

    private func readWork(_ root: ConfigurationMapping, into settings: inout ServiceSettings) throws(ServiceError) {
        if let node = root["workers"] { settings.workers = try node.integer(1...1024) }
        if let node = root["lease"] { settings.lease = try node.duration(atLeast: .seconds(3)) }
        if let node = root["attempts"] { settings.attemptLimit = try node.integer(1...1000) }
        if let node = root["drain"] { settings.drain = try node.duration(atLeast: .zero) }
        if let node = root["uv"] { settings.uv = try node.path(from: directory) }
        if let node = root["search_path"] { settings.searchPath = try node.text() }
    }

    private func readSources(_ root: ConfigurationMapping, into settings: inout ServiceSettings) throws(ServiceError) {
        settings.registries = try registries(root)
        if let node = root["base_images"] {
            settings.baseImageDirectories = try node.list { node throws(ServiceError) in
                try node.path(from: directory)
            }
        }
        if let node = root["base_mappings"] {
            let catalog = BaseCatalog(directories: settings.baseImageDirectories)
            settings.baseMappings = try node.list { node throws(ServiceError) in try baseMapping(node, catalog) }
        }
        guard let packages = try root["packages"]?.mapping(["index_url", "extra_index_urls", "public_hosts"]) else {
            return
        }
        settings.indexURL = try packages["index_url"].map(url)
        settings.extraIndexURLs = try packages["extra_index_urls"]?.list(url) ?? []
        if let node = packages["public_hosts"] {
            settings.publicHosts = Set(try node.list { node throws(ServiceError) in try node.host() })
        }
    }

    private func registries(_ root: ConfigurationMapping) throws(ServiceError) -> ServiceRegistries {
        var registries = ServiceRegistries()
        if let node = root["insecure_registries"] {
            registries.settings.insecure = Set(try node.list { node throws(ServiceError) in try node.host() })
        }
        guard let node = root["registries"] else { return registries }
        let mapping = try node.mapping([
            "ca_file", "cert_file", "key_file", "certificate_directories", "configuration", "profiles",
        ])
        func file(_ key: String) throws(ServiceError) -> PEMFile? {
            guard let node = mapping[key] else { return nil }
            return PEMFile(try node.path(from: directory), place: FailureContext("key", "registries.\(key)"))
        }
        registries.settings.authorities = try file("ca_file")
        let key = try file("key_file")
        registries.settings.certificate = try file("cert_file").map { .init(file: $0, keyFile: key) }
        guard key == nil || registries.settings.certificate != nil else {
            throw node.error("has a key and no certificate", hints: ["name it as 'registries.cert_file'"])
        }
        if let node = mapping["certificate_directories"] {
            registries.settings.directories.roots = try node.list { node throws(ServiceError) in
                try node.path(from: directory)
            }
        }
        registries.configuration = try mapping["configuration"]?.path(from: directory)
        registries.profiles = try mapping["profiles"]?.path(from: directory)
        return registries
    }

    private func baseMapping(_ node: ConfigurationNode, _ catalog: BaseCatalog) throws(ServiceError) -> BaseMapping {
        let mapping = try node.mapping(["image", "base"])
        let (image, base) = (try mapping.required("image"), try mapping.required("base"))
        let name = try reference(image)
        guard name.digest == nil else {
            throw image.error(
                "holds a digest, for which nothing else can stand in", hints: ["name the image by its tag"])
        }
        let text = try base.text()
        do {
            return BaseMapping(image: name, base: .catalog(try catalog.definition(named: text).name))
        } catch  where error.code == .unknownBase && text.contains("/") {
            return BaseMapping(image: name, base: .reference(try reference(base)))
        } catch {
            throw base.error("is '\(text)', which is no base", hints: error.hints, cause: error)
        }
    }

    private func reference(_ node: ConfigurationNode) throws(ServiceError) -> Reference {
        let text = try node.text()
        do {
            return try Reference(text)
        } catch {
            throw node.error("is '\(text)', which names no image", hints: error.hints, cause: error)
        }
    }

    private func url(_ node: ConfigurationNode) throws(ServiceError) -> String {
        let text = try node.text()
        let url: HTTPURL
        do {
            url = try HTTPURL(text)
        } catch {
            throw node.error("is no URL that can be asked", cause: error)
        }
        guard url.userInformation == nil else {
            // Every project's builds would show it to the index, and their logs to their readers.
            throw node.error("holds a user and a password, which would be every project's")
        }
        return text
    }

    private func contextLimits(_ node: ConfigurationNode) throws(ServiceError) -> ContextLimits {
        let mapping = try node.mapping(["entries", "size", "file_size", "path_length"])
        var limits = ContextLimits()
        if let node = mapping["entries"] { limits.entries = try node.integer(1...100_000_000) }
        if let node = mapping["size"] { limits.size = try node.size() }
        if let node = mapping["file_size"] { limits.fileSize = try node.size() }
        if let node = mapping["path_length"] { limits.pathLength = try node.integer(1...4095) }
        return limits
    }

    private func housekeeping(_ node: ConfigurationNode) throws(ServiceError) -> HousekeepingSettings {
        let mapping = try node.mapping(["cache_size", "grace", "build_retention", "context_retention", "interval"])
        var settings = HousekeepingSettings()
        if let node = mapping["cache_size"] { settings.cacheSize = try node.size() }
        if let node = mapping["grace"] { settings.grace = try node.duration(atLeast: .seconds(60)) }
        if let node = mapping["build_retention"] { settings.buildRetention = try node.duration(atLeast: .seconds(60)) }
        if let node = mapping["context_retention"] {
            settings.contextRetention = try node.duration(atLeast: .seconds(60))
        }
        if let node = mapping["interval"] { settings.interval = try node.duration(atLeast: .seconds(10)) }
        return settings
    }

    private func webhooks(_ node: ConfigurationNode) throws(ServiceError) -> WebhookSettings {
        let mapping = try node.mapping(["attempts", "timeout", "insecure_hosts", "allow_loopback"])
        var settings = WebhookSettings()
        if let node = mapping["attempts"] { settings.attempts = try node.integer(1...100) }
        if let node = mapping["timeout"] { settings.timeout = try node.duration(atLeast: .seconds(1)) }
        if let node = mapping["insecure_hosts"] {
            settings.insecureHosts = Set(try node.list { node throws(ServiceError) in try node.host() })
        }
        if let node = mapping["allow_loopback"] { settings.allowsLoopback = try node.flag() }
        return settings
    }

    // MARK: Who may do what

    private func certificateRules(_ tls: ConfigurationNode) throws(ServiceError) -> [CertificateRule] {
        let mapping = try tls.mapping(Self.tlsKeys)
        guard let node = mapping["clients"] else { return [] }
        guard mapping["client_authority"] != nil else {
            throw node.error(
                "is for certificates that nobody has verified",
                hints: ["name the authority whose certificates count as 'tls.client_authority'"])
        }
        let rules = try node.list(certificateRule)
        guard !rules.isEmpty else { throw node.error("is empty") }
        return rules
    }

    private func certificateRule(_ node: ConfigurationNode) throws(ServiceError) -> CertificateRule {
        let mapping = try node.mapping(["subject", "project", "role"])
        return CertificateRule(
            subject: try mapping.required("subject").text(), project: try name(mapping.required("project")),
            role: try mapping["role"].map(role) ?? .builder)
    }

    private func issuer(_ node: ConfigurationNode) throws(ServiceError) -> OIDCIssuer {
        let mapping = try node.mapping(["issuer", "audiences", "keys_url", "keys_file", "clock_skew", "rules"])
        let keys: OIDCIssuer.Keys
        switch (mapping["keys_url"], mapping["keys_file"]) {
        case (let node?, nil): keys = .url(try keysURL(node))
        case (nil, let node?): keys = .file(try node.path(from: directory))
        default: throw node.error("has either 'keys_url' or 'keys_file'")
        }
        let audiences = try mapping.required("audiences").list { node throws(ServiceError) in try node.text() }
        guard !audiences.isEmpty else { throw try mapping.required("audiences").error("is empty") }
        var issuer = OIDCIssuer(
            issuer: try mapping.required("issuer").text(), audiences: audiences, keys: keys,
            rules: try mapping.required("rules").list(rule))
        guard !issuer.rules.isEmpty else { throw try mapping.required("rules").error("is empty") }
        if let node = mapping["clock_skew"] { issuer.clockSkew = try node.duration(atLeast: .zero) }
        return issuer
    }

    /// Whoever could change the keys on their way could be anybody.
    private func keysURL(_ node: ConfigurationNode) throws(ServiceError) -> String {
        let text = try url(node)
        guard let url = try? HTTPURL(text), url.scheme == .https || url.isLoopback else {
            throw node.error("is '\(text)', which anybody on the way can change", hints: ["use https"])
        }
        return text
    }

    private func rule(_ node: ConfigurationNode) throws(ServiceError) -> OIDCIssuer.Rule {
        let mapping = try node.mapping(["claims", "project", "role"])
        let claims = try mapping.required("claims").texts()
        guard !claims.isEmpty else {
            throw try mapping.required("claims").error(
                "is empty, so that every token of the issuer would do",
                hints: ["name the repository or the group that the project is for"])
        }
        return OIDCIssuer.Rule(
            claims: claims, project: try name(mapping.required("project")),
            role: try mapping["role"].map(role) ?? .builder)
    }

    private func project(_ node: ConfigurationNode) throws(ServiceError) -> Project {
        let mapping = try node.mapping([
            "name", "targets", "bases", "indexes", "allow_source_builds", "running_limit", "queued_limit", "timeout",
            "webhook_limit", "delivery_limit",
        ])
        func patterns(_ key: String) throws(ServiceError) -> [String] {
            try mapping[key]?.list { node throws(ServiceError) in try node.text() } ?? []
        }
        var policy = ProjectPolicy(
            targets: try patterns("targets"), bases: try patterns("bases"), indexes: try patterns("indexes"))
        if let node = mapping["allow_source_builds"] { policy.allowsSourceBuilds = try node.flag() }
        if let node = mapping["running_limit"] { policy.runningLimit = try node.integer(1...100_000) }
        if let node = mapping["queued_limit"] { policy.queuedLimit = try node.integer(1...10_000_000) }
        if let node = mapping["timeout"] {
            policy.timeoutSeconds = Int(try node.duration(atLeast: .seconds(1)).components.seconds)
        }
        if let node = mapping["webhook_limit"] { policy.webhookLimit = try node.integer(0...1000) }
        if let node = mapping["delivery_limit"] { policy.deliveryLimit = try node.integer(1...100_000) }
        return Project(name: try name(mapping.required("name")), policy: policy)
    }

    private func name(_ node: ConfigurationNode) throws(ServiceError) -> String {
        try node.text(
            "the name of a project", hints: ["a name is 1 to 63 lower-case letters, digits and dashes"],
            where: Project.isValidName)
    }

    private func role(_ node: ConfigurationNode) throws(ServiceError) -> Role {
        let roles = Role.allCases.map(\.rawValue)
        let text = try node.text(
            "a role", hints: ["the roles are \(roles.joined(separator: ", "))"], where: roles.contains)
        return Role(rawValue: text) ?? .reader
    }
}
