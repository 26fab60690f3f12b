import Content
import Database
import Diagnostics
import Foundation
import OCI
import Registry
import ServiceTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Service

/// The configuration file: what it means, and what is told of what is wrong in it.
@Suite struct ServerConfigurationTests {
    private static let example = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().removingLastComponent().appending("deploy").appending("server.yaml")

    private static func read(_ yaml: String) throws -> ServerConfiguration {
        try ServerConfiguration(yaml: yaml, file: "/etc/cooperage/server.yaml")
    }

    @Test func theExampleHasEverySetting() throws {
        let configuration = try ServerConfiguration(file: Self.example)
        let settings = configuration.settings
        #expect(settings.dataDirectory == "/var/lib/cooperage")
        #expect(configuration.keysFile == "/etc/cooperage/vault.keys")
        #expect(configuration.listen == .tcp(host: "0.0.0.0", port: 8480))
        #expect(
            configuration.tls
                == .init(
                    certificate: "/etc/cooperage/tls/server.crt", key: "/etc/cooperage/tls/server.key",
                    clientAuthority: "/etc/cooperage/tls/clients.crt"))
        #expect(
            settings.certificateRules == [
                CertificateRule(subject: "ci-*", project: "pipelines", role: .builder),
                CertificateRule(subject: "*@example.org", project: "sandbox", role: .builder),
            ])
        #expect(
            configuration.unixSocket
                == .init(path: "/run/cooperage/docker.sock", mode: 0o660, project: "default", role: .builder))
        #expect(!configuration.allowsAnonymousLoopback)
        #expect(settings.workers == 4 && settings.attemptLimit == 10)
        #expect(settings.lease == .seconds(30) && settings.drain == .seconds(30))
        #expect(settings.contextLimits == ContextLimits())
        #expect(settings.indexURL == "https://pypi.org/simple" && settings.extraIndexURLs == [])
        #expect(settings.publicHosts == ["files.pythonhosted.org"])
        let registries = settings.registries
        #expect(registries.settings.authorities?.path == "/etc/cooperage/registries/ca.crt")
        #expect(registries.settings.certificate?.file.path == "/etc/cooperage/registries/client.crt")
        #expect(registries.settings.certificate?.keyFile?.path == "/etc/cooperage/registries/client.key")
        #expect(registries.settings.directories.roots == ["/etc/containers/certs.d", "/etc/docker/certs.d"])
        #expect(registries.configuration == "/etc/containers/registries.conf")
        #expect(registries.profiles == "/etc/cooperage/registries/profiles.toml")
        #expect(registries.settings.insecure == ["registry.internal.example:5000"])
        #expect(settings.baseImageDirectories == ["/etc/cooperage/base-images"])
        #expect(
            settings.baseMappings == [
                BaseMapping(
                    image: try Reference("zenmldocker/zenml:0.98.0-py3.11"), base: .catalog("zenml-0.98-py3.11"))
            ])
        #expect(settings.uv == "/usr/local/bin/uv" && settings.searchPath == "/usr/local/bin:/usr/bin:/bin")
        var housekeeping = HousekeepingSettings()
        housekeeping.cacheSize = 50_000_000_000
        #expect(settings.housekeeping == housekeeping)
        #expect(settings.webhooks == WebhookSettings())
        let issuer = try #require(settings.issuers.first)
        #expect(issuer.issuer == "https://token.actions.githubusercontent.com")
        #expect(issuer.audiences == ["https://cooperage.internal.example"] && issuer.clockSkew == .seconds(60))
        #expect(issuer.keys == .url("https://token.actions.githubusercontent.com/.well-known/jwks"))
        #expect(issuer.rules.map(\.project) == ["pipelines", "sandbox"])
        #expect(issuer.rules[0].claims == ["repository": "example-org/pipelines", "ref": "refs/heads/main"])
        #expect(configuration.projects.map(\.name) == ["pipelines", "sandbox"])
        let policy = try #require(configuration.projects.first).policy
        #expect(policy.targets == ["registry.internal.example:5000/pipelines/*"])
        #expect(policy.bases.count == 2 && policy.indexes == ["https://pypi.org/*"])
        #expect(policy.runningLimit == 8 && policy.queuedLimit == 1000 && policy.timeoutSeconds == 1800)
        #expect(policy.webhookLimit == 2 && policy.deliveryLimit == 500)
        guard case .mysql(let server) = try DatabaseAddress(configuration.database.text, dataDirectory: "/") else {
            Issue.record("the database is no MySQL")
            return
        }
        #expect(server.host == "db.internal.example" && server.user == "cooperage" && server.database == "cooperage")
        #expect(configuration.database.passwordFile == "/etc/cooperage/database-password")
    }

    /// A line that is taken out of the example leaves an example, and a key that is misspelt does not.
    @Test func everyKeyOfTheExampleIsRead() throws {
        let lines = String(decoding: try FileSystem.read(Self.example), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var keys = 0
        for (number, line) in lines.enumerated() {
            guard let match = line.firstMatch(of: /^( *(?:- )?)([a-z_]+):/) else { continue }
            keys += 1
            var changed = lines
            changed[number] = line.replacing(match.1 + match.2 + ":", with: match.1 + match.2 + "x:")
            let error = #expect(throws: ServiceError.self, "\(line)") {
                try Self.read(changed.joined(separator: "\n"))
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.context.first?.value == "/etc/cooperage/server.yaml:\(number + 1)", "\(line)")
            #expect(error?.message.contains("\(match.2)x' is no setting of the server") == true)
            #expect(error?.hints == ["did you mean '\(match.2)'?"], "\(line)")
        }
        #expect(keys > 60)
    }

    @Test func theUsual() throws {
        for text in ["", "# nothing\n", "data_directory: /srv/data"] {
            let configuration = try Self.read(text)
            #expect(
                configuration.settings.dataDirectory == (text.hasPrefix("data") ? "/srv/data" : "/var/lib/cooperage"))
            #expect(configuration.listen == .tcp(host: "127.0.0.1", port: 8480))
            #expect(configuration.tls == nil && configuration.unixSocket == nil && configuration.projects == [])
            #expect(configuration.settings.housekeeping == HousekeepingSettings())
            #expect(
                try configuration.databaseAddress(environment: [:])
                    == .sqlite(configuration.settings.dataDirectory.appending("cooperage.db")))
        }
        let embedded = ServerConfiguration(dataDirectory: "/srv/data")
        #expect(embedded.settings.dataDirectory == "/srv/data")
        #expect(try embedded.databaseAddress(environment: [:]) == .sqlite("/srv/data/cooperage.db"))
    }

    @Test func relativePathsStartAtTheFile() throws {
        let configuration = try Self.read(
            """
            data_directory: ../../srv/data
            vault_keys_file: keys
            tls: {certificate: tls/a.crt, key: /abs/a.key}
            base_images: [bases]
            """)
        #expect(configuration.settings.dataDirectory == "/srv/data")
        #expect(configuration.keysFile == "/etc/cooperage/keys")
        #expect(configuration.tls == .init(certificate: "/etc/cooperage/tls/a.crt", key: "/abs/a.key"))
        #expect(configuration.settings.baseImageDirectories == ["/etc/cooperage/bases"])
    }

    @Test(arguments: [
        ("zenmldocker/zenml:0.98.0-py3.11", "python-3.11"),
        ("docker.io/zenmldocker/zenml:0.98.0-py3.11", "python-3.11"),
        ("zenmldocker/zenml:0.98.1-py3.11", nil), ("zenmldocker/zenml", nil),
        ("ghcr.io/zenmldocker/zenml:0.98.0-py3.11", nil),
        ("zenmldocker/zenml:0.98.0-py3.11@sha256:\(String(repeating: "0", count: 64))", nil),
        ("team/app:latest", "registry.example/team/app:1"), ("team/app", "registry.example/team/app:1"),
    ])
    func whatStandsInForABase(image: String, name: String?) throws {
        let settings = try Self.read(
            """
            base_mappings:
              - {image: "zenmldocker/zenml:0.98.0-py3.11", base: python-3.11}
              - {image: team/app, base: "registry.example/team/app:1"}
            """
        ).settings
        let reference = try Reference(image)
        let wanted: BuildSubmission.Base? = try name.map {
            $0.contains("/") ? .reference(try Reference($0)) : .catalog($0)
        }
        #expect(settings.standIn(for: reference) == wanted)
        #expect(settings.mapped(.reference(reference)) == wanted ?? .reference(reference))
        #expect(settings.mapped(.catalog("python-3.13")) == .catalog("python-3.13"))
    }

    // MARK: What is wrong

    @Test(arguments: [
        ("workers: 0", 1, "'workers' is '0', which is not a whole number from 1 to 1024"),
        ("workers: many", 1, "'workers' is 'many'"), ("workers: 4.5", 1, "'workers' is '4.5'"),
        ("workers:", 1, "'workers' has no value"), ("workers: [4]", 1, "'workers' must be a text"),
        ("\n\nlease: soon", 3, "'lease' is 'soon', which is not a time such as 30s, 15m or 7d"),
        ("lease: 1s", 1, "'lease' is '1s', and at least 3.00 s is needed"),
        ("listen: 8480", 1, "'listen' is '8480'"), ("listen: a:b", 1, "'listen' is 'a:b'"),
        ("listen: host:99999", 1, "'listen'"), ("listen: a/b:1", 1, "'listen'"), ("listen: ::1:80", 1, "'listen'"),
        ("allow_anonymous_loopback: yes", 1, "'allow_anonymous_loopback' is 'yes', which is not true or false"),
        ("tls: {certificate: a}", 1, "'tls' lacks 'key'"), ("tls: a", 1, "'tls' must be a mapping"),
        (
            "tls:\n  certificate: a\n  key: b\n  clients:\n    - {subject: a, project: b}", 5,
            "'tls.clients' is for certificates that nobody has verified"
        ),
        ("tls:\n  certificate: a\n  key: b\n  client_authority: c\n  clients: []", 5, "'tls.clients' is empty"),
        (
            "tls: {certificate: a, key: b, client_authority: c, clients: [{subject: a}]}", 1,
            "'tls.clients[0]' lacks 'project'"
        ),
        (
            "tls: {certificate: a, key: b, client_authority: c, clients: [{project: a}]}", 1,
            "'tls.clients[0]' lacks 'subject'"
        ),
        ("housekeeping:\n  interval: 5m\n  cache_size: 50G", 3, "'housekeeping.cache_size' is '50G'"),
        ("housekeeping:\n  cache_size: 0", 2, "'housekeeping.cache_size' is '0'"),
        ("housekeeping: {grace: 1s}", 1, "'housekeeping.grace' is '1s'"),
        ("contexts:\n  size: 1\n  files: 2", 3, "'contexts.files' is no setting"),
        ("database: postgres://x", 1, "'database' is neither sqlite nor an address"),
        ("database: mysql://swordfish:swordfish@", 1, "'database' is neither"),
        ("database_password_file: a", 1, "has a password for a database, and names none"),
        ("insecure_registries: [https://a]", 1, "'insecure_registries[0]' is 'https://a'"),
        ("registries:\n  key_file: a", 2, "'registries' has a key and no certificate"),
        ("registries: {ca: a}", 1, "'registries.ca' is no setting"),
        ("insecure_registries: a", 1, "'insecure_registries' must be a list"),
        (
            "base_mappings:\n  - {image: \"A b\", base: python-3.11}", 2,
            "'base_mappings[0].image' is 'A b', which names no image"
        ),
        (
            "base_mappings:\n  - image: a:1\n    base: python-3.1", 3,
            "'base_mappings[0].base' is 'python-3.1', which is no base"
        ),
        ("base_mappings:\n  - image: a:1\n    base: a/B", 3, "'base_mappings[0].base' is 'a/B', which names no image"),
        (
            "base_mappings: [{image: \"a@sha256:\(String(repeating: "0", count: 64))\", base: python-3.11}]", 1,
            "'base_mappings[0].image' holds a digest"
        ),
        ("base_mappings: [{image: \"a:1\"}]", 1, "'base_mappings[0]' lacks 'base'"),
        ("packages:\n  index_url: nonsense", 2, "'packages.index_url' is no URL"),
        ("packages:\n  index_url: https://u:swordfish@x/", 2, "'packages.index_url' holds a user and a password"),
        ("unix_socket: {path: /a, mode: \"999\"}", 1, "'unix_socket.mode' is '999'"),
        ("unix_socket: {path: /a, mode: 01777}", 1, "'unix_socket.mode'"),
        ("unix_socket: {path: /a, role: root}", 1, "'unix_socket.role' is 'root', which is not a role"),
        ("unix_socket: {project: a}", 1, "'unix_socket' lacks 'path'"),
        ("projects:\n  - name: a\n  - name: A B", 3, "'projects[1].name' is 'A B', which is not the name of a project"),
        ("projects:\n  - name: a\n  - name: a", 2, "'projects' names the project 'a' twice"),
        ("projects:\n  - targets: []", 2, "'projects[0]' lacks 'name'"),
        ("projects:\n  - name: a\n    timeout: 0", 3, "'projects[0].timeout' is '0'"),
        ("projects:\n  - name: a\n    webhook_limit: -1", 3, "'projects[0].webhook_limit' is '-1'"),
        ("projects:\n  - name: a\n    delivery_limit: 0", 3, "'projects[0].delivery_limit' is '0'"),
        (
            "issuers:\n  - issuer: https://a\n    audiences: [x]\n    rules: []\n    keys_file: k", 4,
            "'issuers[0].rules' is empty"
        ),
        ("issuers:\n  - {issuer: a, audiences: [], keys_file: k, rules: []}", 2, "'issuers[0].audiences' is empty"),
        ("issuers:\n  - {issuer: a, audiences: [x], rules: []}", 2, "'issuers[0]' has either"),
        ("issuers:\n  - {issuer: a, audiences: [x], keys_file: k, keys_url: https://k, rules: []}", 2, "has either"),
        ("issuers:\n  - {issuer: a, audiences: [x], keys_url: http://k, rules: []}", 2, "which anybody on the way"),
        (
            "issuers:\n  - issuer: a\n    audiences: [x]\n    keys_file: k\n    rules:\n      - claims: {}\n        project: a",
            6, "'issuers[0].rules[0].claims' is empty, so that every token"
        ),
        ("workers: 4\nworkers: 5", 1, "the key 'workers' is there twice"),
        ("a: [", 2, "is not YAML"), ("- a", 1, "the server's configuration must be a mapping"),
        ("wrokers: 4", 1, "'wrokers' is no setting of the server"), ("zzz: 4", 1, "'zzz' is no setting of the server"),
        ("uv: \"a\\nb\"", 1, "'uv' holds a control character"),
    ])
    func whatIsWrong(_ yaml: String, _ line: Int, _ words: String) throws {
        let error = #expect(throws: ServiceError.self) { try Self.read(yaml) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.context.first?.label == "file")
        #expect(
            error?.context.first?.value == "/etc/cooperage/server.yaml:\(line)", "\(error?.context.first?.value ?? "")")
        #expect(error?.description.contains("swordfish") == false)
    }

    @Test func aFileThatCannotBeReadIsTold() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path.appending("server.yaml")
        let missing = #expect(throws: ServiceError.self) { try ServerConfiguration(file: file) }
        #expect(missing?.code == .invalidConfiguration && missing?.context.first?.value == file.string)
        try FileSystem.write([0xff, 0xfe], to: file)
        let binary = #expect(throws: ServiceError.self) { try ServerConfiguration(file: file) }
        #expect(binary?.message == "the server's configuration is not UTF-8")
    }

    @Test(arguments: [
        ("127.0.0.1:8480", "127.0.0.1", 8480), (":80", "0.0.0.0", 80), ("[::1]:443", "::1", 443), ("host:0", "host", 0),
        ("[::]:1", "::", 1), ("localhost:65535", "localhost", 65535),
    ])
    func addresses(_ text: String, _ host: String, _ port: Int) throws {
        #expect(try ListenAddress(text) == .tcp(host: host, port: port))
    }

    // MARK: Secrets

    @Test func keysComeFromTheEnvironmentThenTheFileThenTheDataDirectory() throws {
        let directory = try TemporaryDirectory()
        let key = Data(repeating: 1, count: 32).base64EncodedString()
        let file = directory.path.appending("keys")
        try FileSystem.create(Array("of-file:\(key)".utf8), at: file, mode: 0o600)
        var configuration = ServerConfiguration(dataDirectory: directory.path.appending("data"))
        let embedded = try configuration.vaultKeys(environment: ["COOPERAGE_VAULT_KEYS": ""])
        #expect(try configuration.vaultKeys(environment: [:]).sealing.id == embedded.sealing.id)
        #expect(try FileSystem.status(directory.path.appending("data").appending("vault.key"))?.mode == 0o600)
        configuration.keysFile = file
        #expect(try configuration.vaultKeys(environment: [:]).sealing.id == "of-file")
        let environment = ["COOPERAGE_VAULT_KEYS": "of-environment:\(key)\nold:\(key)"]
        #expect(try configuration.vaultKeys(environment: environment).sealing.id == "of-environment")
        #expect(throws: ServiceError.self) {
            try configuration.vaultKeys(environment: ["COOPERAGE_VAULT_KEYS": "nonsense"])
        }
    }

    @Test func theDatabaseComesFromTheEnvironmentThenTheFile() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array("swordfish \n".utf8), to: "password")
        let configuration = try ServerConfiguration(
            yaml: "database: mysql://u@127.0.0.1:3307/db\ndatabase_password_file: password",
            file: directory.path.appending("server.yaml"))
        guard case .mysql(let server) = try configuration.databaseAddress(environment: [:]) else {
            Issue.record("the database is no MySQL")
            return
        }
        #expect(server.password == "swordfish " && server.port == 3307)
        let environment = ["COOPERAGE_DATABASE_URL": "mysql://v:w@127.0.0.1/other"]
        guard case .mysql(let other) = try configuration.databaseAddress(environment: environment) else {
            Issue.record("the database is no MySQL")
            return
        }
        #expect(other.user == "v" && other.password == "w" && other.database == "other")
        #expect(
            try configuration.databaseAddress(environment: ["COOPERAGE_DATABASE_URL": "sqlite:/a/b.db"])
                == .sqlite("/a/b.db"))
        let bad = #expect(throws: ServiceError.self) {
            try configuration.databaseAddress(environment: ["COOPERAGE_DATABASE_URL": "mysql://u:swordfish@h"])
        }
        #expect(bad?.code == .invalidConfiguration && bad?.description.contains("swordfish") == false)
        try FileSystem.remove(directory.path.appending("password"))
        let missing = #expect(throws: ServiceError.self) { try configuration.databaseAddress(environment: [:]) }
        #expect(missing?.message == "the database's password cannot be read")
    }

    // MARK: At the start

    @Test func projectsAreSetAtTheStart() async throws {
        let site = try await ServiceSite()
        let configuration = try Self.read("projects: [{name: team, running_limit: 3}, {name: default, targets: [a/*]}]")
        try await site.service.apply(configuration)
        #expect(try await site.service.project("team").policy.runningLimit == 3)
        #expect(try await site.service.project("default").policy.targets == ["a/*"])
        // What is so already is not told again.
        try await site.service.apply(configuration)
        let entries = try await site.service.auditEntries(project: nil)
        #expect(entries.map(\.actor) == ["configuration", "configuration"])
        #expect(entries.map(\.subject) == ["default", "team"])
    }
}
