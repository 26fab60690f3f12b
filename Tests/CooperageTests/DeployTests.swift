import Content
import Database
import Foundation
import Glibc
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing
import Yams

/// The files of deploy/ name what there is: settings, flags, paths and ports of the server, and each other.
@Suite struct DeployTests {
    private static let directory = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().appending("deploy")
    /// What the image is called everywhere.
    private static let image = "registry.example.org/cooperage"

    // MARK: Reading

    private static func text(_ name: String) throws -> String {
        String(decoding: try FileSystem.read(directory.pushing(FilePath(name))), as: UTF8.self)
    }

    private static func yaml(_ name: String) throws -> Value { Value(try Yams.load(yaml: text(name)) ?? [:], name) }

    /// Every YAML file below deploy/, by its path there.
    private static func files(_ below: String = "") throws -> [String] {
        try FileSystem.names(in: directory.pushing(FilePath(below))).sorted().flatMap { name -> [String] in
            let path = below.isEmpty ? name : "\(below)/\(name)"
            if try FileSystem.status(directory.pushing(FilePath(path)))?.kind == .directory { return try files(path) }
            return name.hasSuffix(".yaml") ? [path] : []
        }
    }

    /// A value of a YAML file, with the way to it for what a test says.
    private struct Value {
        let any: Any
        let path: String

        init(_ any: Any, _ path: String) { (self.any, self.path) = (any, path) }

        subscript(_ key: String) -> Value {
            get throws {
                let member = (any as? [String: Any])?[key] ?? (any as? [AnyHashable: Any])?[key]
                return Value(try #require(member, "\(path) has no \(key)"), "\(path).\(key)")
            }
        }

        subscript(_ index: Int) -> Value {
            get throws {
                let all = try list()
                try #require(index < all.count, "\(path) has no element \(index)")
                return all[index]
            }
        }

        func has(_ key: String) -> Bool { (any as? [String: Any])?[key] != nil }

        func text() throws -> String { try #require(any as? String, "\(path) is no text") }
        func integer() throws -> Int { try #require(any as? Int, "\(path) is no number") }
        func list() throws -> [Value] {
            try #require(any as? [Any], "\(path) is no list").enumerated().map { Value($1, "\(path)[\($0)]") }
        }
        func texts() throws -> [String] { try list().map { try $0.text() } }
        func mapping() throws -> [String: String] { try #require(any as? [String: String], "\(path) is no mapping") }
        func keys() throws -> [String] { try #require(any as? [String: Any], "\(path) is no mapping").keys.sorted() }
    }

    private static func manifests() throws -> [String: Value] {
        var all: [String: Value] = [:]
        for file in try files("kubernetes") {
            let value = try yaml(file)
            all[try value["kind"].text()] = value
        }
        return all
    }

    /// The server configurations that other files hold.
    private static func configurations() throws -> [String: ServerConfiguration] {
        let texts = [
            "server.yaml": try text("server.yaml"),
            "compose": try yaml("compose.yaml")["configs"]["server"]["content"].text(),
            "kubernetes": try #require(manifests()["ConfigMap"])["data"]["server.yaml"].text(),
        ]
        return try texts.mapValues { try ServerConfiguration(yaml: $0, file: "/etc/cooperage/server.yaml") }
    }

    private static func deployment() throws -> (pod: Value, container: Value) {
        let pod = try #require(try manifests()["Deployment"])["spec"]["template"]["spec"]
        let containers = try pod["containers"].list()
        #expect(containers.count == 1)
        return (pod, containers[0])
    }

    // MARK: Tests

    @Test func everyFileIsYAML() throws {
        let files = try Self.files()
        #expect(files.count >= 12)
        for file in files { _ = try Self.yaml(file) }
    }

    @Test func everyConfigurationIsAccepted() throws {
        let all = try Self.configurations()
        for (name, configuration) in all {
            #expect(configuration.settings.dataDirectory == "/var/lib/cooperage", "\(name)")
            guard case .tcp(_, let port) = configuration.listen else {
                Issue.record("\(name) listens on no port")
                continue
            }
            #expect(port == 8480, "\(name)")
        }
        // A stop that the surroundings cut short would hand builds back only when their leases are over.
        let compose = try Self.yaml("compose.yaml")["services"]["cooperage"]
        let seconds = try Self.deployment().pod["terminationGracePeriodSeconds"].integer()
        #expect(try #require(all["kubernetes"]).settings.drain < .seconds(seconds - 30))
        #expect(try compose["stop_grace_period"].text() == "60s")
        #expect(try #require(all["compose"]).settings.drain <= .seconds(30))
    }

    @Test func theImageIsNamedTheSame() throws {
        let version = try Command()("--version").output.split(separator: " ").last.map { $0.dropLast() } ?? ""
        let name = "\(Self.image):\(version)"
        let services = try Self.yaml("compose.yaml")["services"]
        #expect(try services["cooperage"]["image"].text() == name)
        #expect(try Self.deployment().container["image"].text() == name)
        #expect(try services["mariadb"]["image"].text() == "mariadb:10.11")
        #expect(try services["registry"]["image"].text() == "registry:2")
        // Those of comments and of the manual, too.
        let manual = Self.directory.removingLastComponent().pushing("docs/service.md")
        var texts = [String(decoding: try FileSystem.read(manual), as: UTF8.self), try Self.text("image/build")]
        texts += try Self.files().map { try Self.text($0) }
        var count = 0
        for match in texts.flatMap({ $0.matches(of: /registry\.example\.org\/cooperage:[^\s"'`]+/) }) {
            #expect(match.output == name)
            count += 1
        }
        #expect(count >= 6)
    }

    @Test func everyFlagIsTheServers() throws {
        let help = try Command()("serve", "--help").output
        let unit = try Self.text("systemd/cooperage.service")
        let command = try #require(unit.firstMatch(of: /\nExecStart=\/usr\/local\/bin\/cooperage serve (.+)\n/)).1
        let image = try Self.yaml("image/cooperage.yaml")
        #expect(try image["entrypoint"].texts().last == "serve")
        let lines = [
            command.split(separator: " ").map(String.init), try image["cmd"].texts(),
            try Self.yaml("compose.yaml")["services"]["cooperage"]["command"].texts(),
            try Self.deployment().container["args"].texts(),
        ]
        for words in lines {
            let flags = words.filter { $0.hasPrefix("--") }
            #expect(!flags.isEmpty)
            for flag in flags { #expect(help.contains("  \(flag) "), "\(flag) of \(words)") }
        }
    }

    /// The paths that probes ask, asked.
    @Test func everyProbeIsAnswered() async throws {
        let container = try Self.deployment().container
        var paths: Set<String> = []
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let get = try container[probe]["httpGet"]
            paths.insert(try get["path"].text())
            #expect(try get["port"].text() == "http")
        }
        let test = try Self.yaml("compose.yaml")["services"]["cooperage"]["healthcheck"]["test"].texts()
        let asked = try #require(test.last?.firstMatch(of: /http:\/\/127\.0\.0\.1:8480(\/[a-z]+)/)).1
        #expect(asked == "/ready")
        paths.insert(String(asked))
        #expect(paths == ["/health", "/ready"])

        let command = try Command()
        let (out, err) = (try command.file("out"), try command.file("err"))
        let process = try command.start(
            ["serve", "--listen", "127.0.0.1:0", "--data-dir", "../data"], output: out.handle, error: err.handle)
        defer { kill(process.processIdentifier, SIGKILL) }
        try await eventually("the server listens") {
            let isListening = try command.text(out.path).contains("Listening on ")
            if !isListening, !process.isRunning { throw NeverHappened(try command.text(err.path)) }
            return isListening
        }
        let address = try #require(command.text(out.path).firstMatch(of: /Listening on (http:\S+)/)).1
        for path in paths { _ = try await runAside("curl", ["--silent", "--fail", "\(address)\(path)"]) }
        // The ingress leads to the API.
        _ = try await runAside("curl", ["--silent", "--fail", "\(address)/api/v1/health"])
    }

    @Test func portsMeet() throws {
        let all = try Self.manifests()
        let port = try Self.deployment().container["ports"][0]
        #expect(try port["containerPort"].integer() == 8480)
        let service = try #require(all["Service"])
        let open = try service["spec"]["ports"][0]
        #expect(try open["targetPort"].text() == port["name"].text())
        let path = try #require(all["Ingress"])["spec"]["rules"][0]["http"]["paths"][0]
        let backend = try path["backend"]["service"]
        #expect(try backend["name"].text() == service["metadata"]["name"].text())
        #expect(try backend["port"]["name"].text() == open["name"].text())
        #expect(try path["path"].text() == "/api/")
        #expect(try Self.yaml("compose.yaml")["services"]["cooperage"]["ports"].texts() == ["127.0.0.1:8480:8480"])
        #expect(try Self.yaml("image/cooperage.yaml")["cmd"].texts().contains("0.0.0.0:8480"))
    }

    @Test func manifestsFitTogether() throws {
        let files = try Self.files("kubernetes")
        for file in files {
            let value = try Self.yaml(file)
            #expect(try !value["apiVersion"].text().isEmpty && !value["kind"].text().isEmpty)
            #expect(try value["metadata"]["name"].text() == "cooperage", "\(file)")
        }
        let all = try Self.manifests()
        let kustomization = try #require(all["Kustomization"])
        #expect(
            try kustomization["resources"].texts().sorted()
                == files.map { String($0.dropFirst("kubernetes/".count)) }.filter { $0 != "kustomization.yaml" })
        #expect(
            try kustomization["namespace"].text() == #require(all["Namespace"])["metadata"]["name"].text())

        let specification = try #require(all["Deployment"])["spec"]
        #expect(try specification["replicas"].integer() >= 2)
        let labels = try specification["template"]["metadata"]["labels"].mapping()
        let selectors = try [
            specification["selector"]["matchLabels"], #require(all["Service"])["spec"]["selector"],
            #require(all["PodDisruptionBudget"])["spec"]["selector"]["matchLabels"],
            specification["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
        ]
        for selector in selectors {
            let pairs = try selector.mapping()
            #expect(!pairs.isEmpty)
            for (key, value) in pairs { #expect(labels[key] == value, "\(selector.path)") }
        }
        let claim = try #require(all["PersistentVolumeClaim"])
        #expect(try claim["spec"]["accessModes"].texts() == ["ReadWriteMany"])
    }

    @Test func whatAPodNeedsIsThere() throws {
        let all = try Self.manifests()
        let (pod, container) = try Self.deployment()
        let volumes = try pod["volumes"].list()
        let mounts = try container["volumeMounts"].list()
        #expect(try mounts.map { try $0["name"].text() }.sorted() == volumes.map { try $0["name"].text() }.sorted())
        let places = try mounts.map { try $0["mountPath"].text() }
        // One mount below another has no place to be put where that can only be read.
        for place in places { #expect(!places.contains { $0 != place && place.hasPrefix($0 + "/") }) }
        let configuration = try #require(try Self.configurations()["kubernetes"])
        #expect(places.contains(configuration.settings.dataDirectory.string))
        for directory in configuration.settings.baseImageDirectories { #expect(places.contains(directory.string)) }
        let keys = try #require(all["ConfigMap"])["data"].keys()
        let file = FilePath(try #require(try container["args"].texts().first { $0.hasSuffix(".yaml") }))
        #expect(places.contains(file.removingLastComponent().string) && keys == [file.lastComponent?.string ?? ""])
        for volume in volumes where volume.has("configMap") {
            if try volume["configMap"].has("optional") { continue }
            #expect(try volume["configMap"]["name"].text() == #require(all["ConfigMap"])["metadata"]["name"].text())
        }
        let secrets = try #require(all["Secret"])["stringData"].keys()
        var variables: [String] = []
        for variable in try container["env"].list() {
            variables.append(try variable["name"].text())
            #expect(secrets.contains(try variable["valueFrom"]["secretKeyRef"]["key"].text()))
        }
        #expect(variables == ["COOPERAGE_DATABASE_URL", "COOPERAGE_VAULT_KEYS"])
        let compose = try Self.yaml("compose.yaml")["services"]["cooperage"]["environment"].keys()
        #expect(compose == variables)
        // The user of the image, by which the data belongs.
        let base = try Self.yaml("image/base-images/cooperage-server.yaml")
        let uid = try base["user"]["uid"].integer()
        for key in ["runAsUser", "runAsGroup", "fsGroup"] { #expect(try pod["securityContext"][key].integer() == uid) }
        #expect(try base["user"]["home"].text() == configuration.settings.dataDirectory.string)
        #expect(configuration.settings.searchPath.hasPrefix(try base["python"]["environment"].text() + "/bin:"))
    }

    /// What the manifest holds as a placeholder stops a server, so that nobody runs on it.
    @Test func placeholdersAreRefused() throws {
        let secret = try #require(Self.manifests()["Secret"])["stringData"]
        let keys = try secret["vault-keys"].text()
        #expect(throws: ServiceError.self) { try VaultKeys(keys, origin: "secret.yaml") }
        let configuration = try #require(try Self.configurations()["kubernetes"])
        let url = try secret["database-url"].text()
        guard case .mysql(let server) = try configuration.databaseAddress(environment: ["COOPERAGE_DATABASE_URL": url])
        else {
            Issue.record("\(url) is no MySQL")
            return
        }
        #expect(server.security == .verifyIdentity && server.password == "REPLACE")
    }

    @Test func theUnitIsWhole() throws {
        let unit = try Self.text("systemd/cooperage.service")
        for line in [
            "User=cooperage", "StateDirectory=cooperage", "RuntimeDirectory=cooperage", "ProtectSystem=strict",
            "NoNewPrivileges=yes",
        ] { #expect(unit.contains("\n\(line)\n"), "\(line)") }
        let user = try Self.text("systemd/cooperage.sysusers.conf")
        #expect(user.contains("\nu cooperage "))
        let stop = try #require(unit.firstMatch(of: /\nTimeoutStopSec=(\d+)\n/)).1
        #expect(try #require(Self.configurations()["server.yaml"]).settings.drain <= .seconds((Int(stop) ?? 0) - 30))
    }

    /// The manual's receiver of webhooks takes what is signed, and nothing else.
    @Test func theManualsReceiverChecksSignatures() async throws {
        let manual = Self.directory.removingLastComponent().pushing("docs/service.md")
        let text = String(decoding: try FileSystem.read(manual), as: UTF8.self)
        let program = try #require(text.firstMatch(of: /```python\n(import hashlib[\s\S]+?)```/)).1
        let listening = #"http.server.HTTPServer(("127.0.0.1", 9000), Receiver).serve_forever()"#
        #expect(program.contains(listening))
        let directory = try TemporaryDirectory()
        let (secret, body) = ("a secret of enough characters", #"{"event":"build.state"}"#)
        try directory.write(Array("\(secret)\n".utf8), to: "webhook.secret")
        let onAnyPort = program.replacing(
            listening,
            with: """
                server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
                print("port", server.server_port, flush=True)
                server.serve_forever()
                """)
        let file = try directory.write(Array(onAnyPort.utf8), to: "receiver.py")
        let receiver = try ServerProcess(
            "python3", [file.string], package: "python3", directory: directory.path)
        defer { receiver.stop() }
        let port = try await receiver.firstMatch(after: "port ")

        func answer(_ secret: String, secondsAgo: Int) async throws -> String {
            let timestamp = Int(Date().timeIntervalSince1970) - secondsAgo
            let signed = try run(
                "openssl", ["dgst", "-sha256", "-hmac", secret, "-r"], input: Array("\(timestamp).\(body)".utf8))
            let signature = String(decoding: signed, as: UTF8.self).prefix { $0 != " " }
            let status = try await runAside(
                "curl",
                [
                    "--silent", "-o", "/dev/null", "-w", "%{http_code}", "-d", body, "-H", "X-Cooperage-Delivery: 1",
                    "-H", "X-Cooperage-Timestamp: \(timestamp)", "-H", "X-Cooperage-Signature: sha256=\(signature)",
                    "http://127.0.0.1:\(port)/",
                ])
            return String(decoding: status, as: UTF8.self)
        }
        #expect(try await answer(secret, secondsAgo: 0) == "204")
        #expect(try await answer("another secret of characters", secondsAgo: 0) == "403")
        #expect(try await answer(secret, secondsAgo: 3600) == "403")
    }

    /// Every package whose library the program links is in the base of the image.
    @Test func theImageHasTheLibraries() async throws {
        let base = try Self.yaml("image/base-images/cooperage-server.yaml")
        let packages = try base["source"]["debian"]["packages"].texts()
        let executable = try Command.executable.string
        let dynamic = String(decoding: try await runAside("readelf", ["-d", executable]), as: UTF8.self)
        let names = dynamic.matches(of: /\(NEEDED\).*\[(.+)\]/).map { String($0.1) }
        #expect(names.contains { $0.hasPrefix("libcurl") })
        let loaded = String(decoding: try await runAside("ldd", [executable]), as: UTF8.self)
        var owners: Set<String> = []
        for name in names {
            let line = loaded.split(separator: "\n").first { $0.contains("\t\(name) =>") }
            guard let place = line?.firstMatch(of: /=> (\S+) \(/)?.1 else { continue }
            // Swift's own come with the toolchain, and are linked into the release build.
            guard place.hasPrefix("/lib/") || place.hasPrefix("/usr/lib/") else { continue }
            let real = try #require(realpath(String(place), nil))
            defer { free(real) }
            let answer = try await runAside(
                "dpkg-query", ["-S", "*\(String(cString: real).drop { $0 != "/" }.dropFirst(4))"])
            let owner = String(decoding: answer, as: UTF8.self).prefix { $0 != ":" && $0 != "," }
            owners.insert(String(owner).replacing("t64", with: ""))
        }
        #expect(owners.count >= 5)
        // Debian's essential packages need these.
        for owner in owners.subtracting(["libc6", "libgcc-s1"]) { #expect(packages.contains(owner), "\(owner)") }
    }
}
