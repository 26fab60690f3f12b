import Content
import Diagnostics
import Foundation
import OCI
import RegistryTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

/// The password of a private index gets to the index and nowhere else, however it is given: every byte of what builds
/// leave and say is searched for it.
@Suite struct SecretTests {
    /// How the password is given.
    enum Way: CaseIterable {
        case flag, settings, requirements, variable, named, netrc, keyring
        case secretVariable, secretFile, secretInSettings, secretNamed, secretNetrc, secretIndex
    }

    private static let wheels = ["alpha", "beta"]

    private func index() throws -> (index: PackageIndex, log: TemporaryDirectory) {
        let log = try TemporaryDirectory()
        var index = PackageIndex(
            wheels: [try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "1.0")],
            tellsLengths: true)
        let scratch = try TemporaryDirectory()
        let source = SourceFixture("local-pkg", "1.2")
        let file = try source.writeDistribution(to: scratch.path, log: log.path.appending("built.log"))
        index.sources = [("local-pkg", file.lastComponent?.string ?? "", try FileSystem.read(file))]
        return (index, log)
    }

    @Test(arguments: Way.allCases)
    func itGetsToTheIndexAlone(_ way: Way) async throws {
        let planted = PlantedSecret()
        let (plain, log) = try index()
        defer { withExtendedLifetime(log) {} }
        var index = plain
        index.authorization = planted.authorization
        let fixed = index
        try await LoopbackServer.run(answering: { fixed.answer($0) }) { server in
            try await DockerRegistry.run { registry in
                let site = try await SecretSite(way, planted, index: server.host)
                var texts: [String: String] = [:]
                func run(_ name: String, _ arguments: [String], status: Int32 = 0) async throws {
                    let outcome = try await site.command.runAside(arguments + site.arguments)
                    #expect(outcome.status == status, "\(name): \(planted.hidden(outcome.error))")
                    texts["\(name), standard output"] = outcome.output
                    texts["\(name), standard error"] = outcome.error
                }
                let outputs = [
                    "-o", "type=oci,dest=../made/layout", "-o", "type=docker,dest=../made/image.tar",
                    "--metadata-file", "../made/metadata.json", "--iidfile", "../made/id", "--sbom",
                    "../made/sbom.json",
                ]
                try await run(
                    "build",
                    ["build", ".", "--lock-file", "../made/pylock.toml", "--progress", "json"] + outputs
                        + ["-t", "\(registry.host)/team/app:1", "--push", "--attest", "sbom"])
                // From what the cache has, and anew.
                try await run("warm build", ["build", ".", "-o", "type=image", "--progress", "plain", "-D"])
                try await run("plan", ["plan", ".", "--json"])
                try await run("lock", ["lock", ".", "-o", "../made/pylock.second.toml", "--upgrade"])
                #expect(server.requests.contains { $0.line == "GET /files/alpha-1.0-py3-none-any.whl" })
                #expect(server.requests.contains { $0.line == "GET /files/local_pkg-1.2.tar.gz" })

                // A package that is not there, and an index that takes another password now.
                try site.require("missing")
                try await run("missing package", ["build", ".", "-o", "type=image"], status: 1)
                try site.require("alpha\nlocal-pkg")
                let wrong = try await LoopbackServer { request in
                    request.path.hasPrefix("/simple/") ? LoopbackResponse(401, text: "no") : fixed.answer(request)
                }
                try site.moveIndex(to: wrong.host)
                try await run("refusing index", ["build", ".", "-o", "type=image", "--progress", "plain"], status: 1)
                await wrong.stop()
                #expect(texts["refusing index, standard error"]?.contains("401") == true)
                #expect(texts["refusing index, standard error"]?.contains("--keyring-provider") == true)

                texts["argument lists"] = try site.argumentLists()
                #expect(texts["argument lists"]?.contains("compile") == true)
                let root = site.command.directory.path
                let result = try planted.scanner.scan(
                    [root.appending("cache"), root.appending("made"), root.appending("home"), registry.storage],
                    texts: texts)
                #expect(result.found == [])
                // It did look: into layers, wheels, archives and uv's own cache.
                #expect(Set(result.opened).isSuperset(of: ["gzip", "tar", "zip"]), "\(result.opened)")
                #expect(result.looked > 200)
                #expect(try FileSystem.names(in: root.pushing("cache/uv")).isEmpty == false)
            }
        }
    }

    /// The same on a server, which gets it apart from the build.
    @Test func itGetsToTheIndexAloneOnAServer() async throws {
        let (plain, log) = try index()
        defer { withExtendedLifetime(log) {} }
        for way in [Way.flag, .secretVariable, .secretFile, .secretNamed, .secretNetrc, .secretIndex] {
            let planted = PlantedSecret()
            var index = plain
            index.authorization = planted.authorization
            let fixed = index
            try await LoopbackServer.run(answering: { fixed.answer($0) }) { server in
                let site = try await SecretSite(way, planted, index: server.host)
                var settings = ServerSite.Settings()
                settings.searchPath = site.command.environment["PATH"]
                try await ServerSite.run(settings) { service in
                    let client = try await SiteClient(service)
                    let policy = "{\"allow_source_builds\": true, \"indexes\": [\"http://127.0.0.1:*\"]}"
                    let allowed = try await client.call(.put, "/api/v1/projects/default", body: Array(policy.utf8))
                    #expect(allowed.isSuccess, "\(allowed.text)")
                    site.authorise(service.token)
                    let serverFlag = ["--server", service.origin(0)]
                    var texts: [String: String] = [:]
                    func run(_ name: String, _ arguments: [String], status: Int32 = 0) async throws -> String {
                        let outcome = try await site.command.runAside(arguments + serverFlag)
                        #expect(outcome.status == status, "\(way), \(name): \(planted.hidden(outcome.error))")
                        texts["\(name), standard output"] = outcome.output
                        texts["\(name), standard error"] = outcome.error
                        return outcome.output
                    }
                    let outputs = [
                        "-o", "type=oci,dest=../made/layout", "--metadata-file", "../made/metadata.json", "--sbom",
                        "../made/sbom.json", "--lock-file", "../made/pylock.toml",
                    ]
                    _ = try await run(
                        "build", ["build", ".", "--progress", "json", "-D"] + outputs + site.arguments)
                    #expect(server.requests.contains { $0.line == "GET /files/alpha-1.0-py3-none-any.whl" })
                    let wrong = try await LoopbackServer { _ in LoopbackResponse(401, text: "no") }
                    try site.moveIndex(to: wrong.host)
                    _ = try await run("refusing index", ["build", ".", "-o", "type=image"] + site.arguments, status: 1)
                    await wrong.stop()
                    #expect(texts["refusing index, standard error"]?.contains("401") == true)

                    let listed = try await run("list", ["builds", "list"])
                    let ids = listed.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != " " }) }
                    #expect(ids.count == 2, "\(listed)")
                    for id in ids {
                        _ = try await run("show \(id)", ["builds", "show", id])
                        texts["document of \(id)"] = try await client.call(.get, "/api/v1/builds/\(id)").text
                        texts["log of \(id)"] = try await client.log(id)
                    }
                    texts["argument lists"] = try site.argumentLists()
                    #expect(texts["argument lists"]?.contains("compile") == true)
                    // Whole in its files, write-ahead log included, when nobody has them open.
                    let stopped = try await service.terminate(0)
                    #expect(stopped.0 == 0)
                    texts["the server's log"] = service.logs
                    let root = site.command.directory.path
                    let result = try planted.scanner.scan(
                        [service.directory.path, root.appending("made"), root.appending("home")], texts: texts)
                    #expect(result.found == [], "\(way)")
                    #expect(Set(result.opened).isSuperset(of: ["gzip", "zip"]), "\(result.opened)")
                }
            }
        }
    }

    /// uv hands git the URL that it is given as an argument.
    @Test(arguments: [Way.requirements, .variable, .secretVariable])
    func itGetsToARepositoryAlone(_ way: Way) async throws {
        let planted = PlantedSecret()
        let directory = try TemporaryDirectory()
        let root = directory.path
        let source = SourceFixture("local-pkg", "1.2")
        try source.writeRepository(to: root.appending("work"), log: root.appending("built.log"))
        try TestSupport.run(
            "git", ["clone", "--quiet", "--bare", root.appending("work").string, root.appending("repo.git").string])
        try TestSupport.run("git", ["-C", root.appending("repo.git").string, "update-server-info"])
        // git's protocol of plain files.
        let authorization = planted.authorization
        try await LoopbackServer.run(answering: { request in
            guard request.header("Authorization") == "Basic \(authorization)" else {
                return LoopbackResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"test\"")], text: "no")
            }
            let file = root.pushing(FilePath(String(request.path.dropFirst())))
            guard try FileSystem.status(file)?.kind == .file else { return LoopbackResponse(404, text: "not here") }
            return LoopbackResponse(200, body: try FileSystem.read(file))
        }) { server in
            let site = try await SecretSite(way, planted, index: server.host)
            try site.require(repository: "local-pkg @ git+http://USER@\(server.host)/repo.git")
            let outcome = try await site.command.runAside(
                ["build", ".", "-o", "type=oci,dest=../made/layout", "--lock-file", "../made/pylock.toml"]
                    + site.arguments)
            #expect(outcome.status == 0, "\(planted.hidden(outcome.error))")
            let lists = try site.argumentLists()
            #expect(lists.contains("fetch") && lists.contains("clone"))
            let made = site.command.directory.path
            let result = try planted.scanner.scan(
                [made.appending("cache"), made.appending("made"), made.appending("home")],
                texts: ["argument lists": lists, "standard error": outcome.error])
            #expect(result.found == [])
        }
    }

    @Test func whatBuildsSayOfThemselvesIsScrubbed() async throws {
        // A backend that shows all that it sees.
        let planted = PlantedSecret()
        let log = try TemporaryDirectory()
        var index = PackageIndex(wheels: [], authorization: planted.authorization)
        let scratch = try TemporaryDirectory()
        let source = SourceFixture(
            "local-pkg", "1.2",
            prelude: "raise RuntimeError('; '.join(f'{name} is {value}' for name, value in os.environ.items()))")
        let file = try source.writeDistribution(to: scratch.path, log: log.path.appending("built.log"))
        index.sources = [("local-pkg", file.lastComponent?.string ?? "", try FileSystem.read(file))]
        let fixed = index
        try await LoopbackServer.run(answering: { fixed.answer($0) }) { server in
            for way in [Way.requirements, .named, .secretVariable] {
                let site = try await SecretSite(way, planted, index: server.host)
                try site.require("local-pkg")
                let outcome = try await site.command.runAside(["build", ".", "-o", "type=image"] + site.arguments)
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("UV_CACHE_DIR is "))
                #expect(
                    try planted.scanner.scan(texts: ["standard error": outcome.error]).found == [], "\(way)")
            }
        }
    }

    @Test func aSecretThatNothingUsesIsTold() async throws {
        var command = try Command(["requirements.txt": "--no-index\n"])
        try await BaseFixture.write(to: command.directory.path.appending("base"))
        command.environment["TOKEN"] = "t0ken-of-nothing"
        let build = ["build", ".", "--base", "../base", "-o", "type=image", "--secret", "id=pip.conf,env=TOKEN"]
        let outcome = try command.run(build + ["--secret", "id=TOKEN"])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.error.contains("warning: nothing uses the secret 'TOKEN'\n"))
        #expect(outcome.error.contains("warning: nothing uses the secret 'pip.conf'\n"))
    }

    /// Where it would become part of keys, locks and messages.
    @Test func aSecretStandsForAUserOrAPasswordAlone() async throws {
        var command = try Command(["requirements.txt": "alpha\n\n--index-url https://127.0.0.1:1/${TOKEN}/simple\n"])
        try await BaseFixture.write(to: command.directory.path.appending("base"))
        command.environment["TOKEN"] = "t0ken-of-a-path"
        let build = ["build", ".", "--base", "../base", "-o", "type=image", "--secret", "id=TOKEN", "-q"]
        let outcome = try command.run(build)
        #expect(outcome.status == 1)
        #expect(
            outcome.error == """
                error: the secret 'TOKEN' stands for something else than the user or the password of a URL
                  at file ./requirements.txt:3
                hint: write https://user:${TOKEN}@host/…, or https://${TOKEN}@host/…

                """)
        let flag = try command.run(build + ["--index-url", "https://127.0.0.1:1/${TOKEN}/simple"])
        #expect(flag.status == 2)
        #expect(flag.error.contains("the secret 'TOKEN' stands for something else"))
        #expect(flag.error.contains("  at flag --index-url\n"))
    }
}

/// A password that nothing else can hold by chance, with what has to be escaped in URLs, JSON and base64.
struct PlantedSecret {
    static let user = "planted"
    let password = (0..<3).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined(separator: "/+@%")

    var encoded: String { PercentEncoding.value(password) }
    var userInfo: String { "\(Self.user):\(encoded)" }
    /// What an index wants to hear.
    var authorization: String { Data("\(Self.user):\(password)".utf8).base64EncodedString() }
    var scanner: SecretScanner { SecretScanner([password], users: [Self.user]) }

    /// A text for a test's own message.
    func hidden(_ text: String) -> String {
        text.replacing(password, with: "PLANTED").replacing(encoded, with: "PLANTED")
    }
}

/// A context, a base, and a password for its index that is given in a certain way; and `uv`, `git` and `keyring` in the
/// way of the real ones, which write down what they are started with.
final class SecretSite {
    private(set) var command: Command
    /// Flags of each run.
    private(set) var arguments: [String] = []
    private let way: SecretTests.Way
    private let planted: PlantedSecret
    private var index: String
    private var packages = "alpha\nlocal-pkg"

    init(_ way: SecretTests.Way, _ planted: PlantedSecret, index: String) async throws {
        (self.way, self.planted, self.index) = (way, planted, index)
        command = try Command(["main.py": "print('hello')\n", ".dockerignore": "cooperage.yaml\n"])
        let root = command.directory.path
        try await BaseFixture.write(to: root.appending("base"))
        for name in ["given", "made", "home", "bin"] { try FileSystem.makeDirectory(root.appending(name)) }
        command.environment["HOME"] = root.appending("home").string
        try writePrograms()
        try write()
    }

    private func given(_ name: String) -> FilePath { command.directory.path.appending("given").appending(name) }

    /// Asks for other packages.
    func require(_ packages: String) throws {
        self.packages = packages
        try write()
    }

    /// Asks for a repository, with the password of the site's index.
    /// - Parameter line: with `USER` in the place of user and password.
    func require(repository line: String) throws {
        let userInfo =
            switch way {
            case .variable: "planted:${PRIVATE}"
            case .secretVariable: "planted:${TOKEN}"
            default: planted.userInfo
            }
        try FileSystem.write(
            "--no-index\n\(line.replacing("USER", with: userInfo))\n".utf8, to: given("requirements.txt"))
    }

    /// Says who asks a server.
    func authorise(_ token: String) { command.environment["COOPERAGE_TOKEN"] = token }

    /// Names another index.
    func moveIndex(to host: String) throws {
        index = host
        try write()
    }

    /// Puts the password where it is to come from, outside of what is searched.
    private func write() throws {
        let plain = "http://\(index)/simple"
        func url(_ userInfo: String) -> String { "http://\(userInfo)@\(index)/simple" }
        var lines: [String] = []
        arguments = ["--base", "../base", "-r", "../given/requirements.txt"]
        func secret(_ specification: String) { arguments += ["--secret", specification] }
        func settings(_ url: String) throws {
            try FileSystem.write("index-url: \"\(url)\"\n".utf8, to: command.context.appending("cooperage.yaml"))
        }
        let netrc = "machine 127.0.0.1\n  login planted\n  password \(planted.password)\n"
        switch way {
        case .flag: arguments += ["--index-url", url(planted.userInfo)]
        case .settings: try settings(url(planted.userInfo))
        case .requirements: lines = ["--index-url \(url(planted.userInfo))"]
        case .variable:
            command.environment["PRIVATE"] = planted.encoded
            lines = ["--index-url \(url("planted:${PRIVATE}"))"]
        case .named:
            command.environment["UV_DEFAULT_INDEX"] = "private=\(plain)"
            command.environment["UV_INDEX_PRIVATE_USERNAME"] = "planted"
            command.environment["UV_INDEX_PRIVATE_PASSWORD"] = planted.password
        case .netrc:
            try FileSystem.write(netrc.utf8, to: given("netrc"))
            command.environment["NETRC"] = given("netrc").string
            arguments += ["--index-url", plain]
        case .keyring:
            try FileSystem.write(planted.password.utf8, to: given("password"))
            arguments += ["--keyring-provider", "subprocess", "--index-url", url("planted")]
        case .secretVariable:
            command.environment["FROM_CI"] = planted.encoded
            secret("id=TOKEN,env=FROM_CI")
            lines = ["--index-url \(url("planted:${TOKEN}"))"]
        case .secretFile:
            try FileSystem.write("\(planted.encoded)\n".utf8, to: given("token"))
            secret("id=TOKEN,src=../given/token")
            lines = ["--index-url \(url("planted:${TOKEN}"))"]
        case .secretInSettings:
            command.environment["TOKEN"] = planted.encoded
            secret("id=TOKEN")
            try settings(url("planted:${TOKEN}"))
        case .secretNamed:
            let configuration = "[[index]]\nname = \"private\"\nurl = \"\(plain)\"\ndefault = true\n"
            try FileSystem.write(configuration.utf8, to: given("uv.toml"))
            command.environment["WHO"] = "planted"
            try FileSystem.write("\(planted.password)\n".utf8, to: given("token"))
            secret("id=UV_INDEX_PRIVATE_USERNAME,env=WHO")
            secret("type=file,id=UV_INDEX_PRIVATE_PASSWORD,source=../given/token")
        case .secretNetrc:
            command.environment["FROM_CI"] = netrc
            secret("id=netrc,env=FROM_CI")
            arguments += ["--index-url", plain]
        case .secretIndex:
            command.environment["PIP_INDEX_URL"] = url(planted.userInfo)
            secret("id=PIP_INDEX_URL")
        }
        lines.append(packages)
        try FileSystem.write((lines.joined(separator: "\n") + "\n").utf8, to: given("requirements.txt"))
    }

    /// What was started, an argument a line.
    func argumentLists() throws -> String {
        String(decoding: try FileSystem.read(given("arguments.log")), as: UTF8.self)
    }

    private func writePrograms() throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        func real(_ name: String) -> String {
            path.split(separator: ":").map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
                ?? name
        }
        let log = "printf '%s\\n' \"$0\" \"$@\" >> \(given("arguments.log"))\n"
        let keyring = "[ \"$1 $3\" = 'get planted' ] || exit 1\ncat \(given("password"))\necho\n"
        for (name, action) in [
            ("uv", "exec \(real("uv")) \"$@\"\n"), ("git", "exec \(real("git")) \"$@\"\n"), ("keyring", keyring),
        ] {
            let file = command.directory.path.appending("bin").appending(name)
            try FileSystem.write("#!/bin/sh\n\(log)\(action)".utf8, to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.string)
        }
        command.environment["PATH"] = "\(command.directory.path.appending("bin")):\(path)"
    }
}
