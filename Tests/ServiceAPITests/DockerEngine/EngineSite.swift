import Content
import Foundation
import Logging
import OCI
import Service
import ServiceAPI
import ServiceLifecycle
import ServiceTesting
import SystemPackage
import TestSupport

/// A service with workers behind the Docker Engine endpoint, on a socket in a directory of its own.
struct EngineSite {
    let site: ServiceSite
    let socket: ServerConfiguration.UnixSocket

    var service: BuildService { site.service }
    /// `unix:///…`, as docker's clients take it.
    var host: String { "unix://\(socket.path)" }

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// Serves for the time of an operation.
    static func run(
        project: String = "default", role: Role = .builder, site: ServiceSite? = nil, works: Bool = true,
        _ operation: @Sendable (EngineSite) async throws -> Void
    ) async throws {
        let own = if let site { site } else { try await ServiceSite() }
        let socket = ServerConfiguration.UnixSocket(
            path: own.root.appending("\(project)-\(role.rawValue).sock"), mode: 0o600, project: project, role: role)
        let server = EngineSite(site: own, socket: socket)
        if works {
            try await own.working { try await server.serve { try await operation(server) } }
        } else {
            try await server.serve { try await operation(server) }
        }
    }

    /// Runs a server on the socket for the time of an operation.
    func serve(_ operation: @Sendable () async throws -> Void) async throws {
        let (addresses, told) = AsyncStream<ListenAddress>.makeStream()
        var settings = APISettings(address: .unix(socket.path))
        settings.drain = .seconds(2)
        let server = try DockerEngineServer(
            service, socket: socket, settings: settings, version: "1.2.3", metrics: PrometheusRegistry(),
            logger: Self.logger, onServerRunning: { told.yield($0) })
        let group = ServiceGroup(services: [server], logger: Self.logger)
        let running = Task {
            defer { told.finish() }
            try await group.run()
        }
        guard await addresses.first(where: { _ in true }) != nil else {
            try await running.value
            throw NeverHappened("the server listens")
        }
        let result: Result<Void, any Error>
        do {
            try await operation()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await running.value
        try result.get()
    }

    // MARK: Contexts

    /// Pushes an image that costs nothing, to start from.
    func pushBase(to registry: String, secrets: BuildSecrets? = nil) async throws -> String {
        try await site.pushBase(to: registry, secrets: secrets)
    }

    /// Writes a context as ZenML makes it.
    /// - Parameter more: further lines of the Dockerfile, before the code is copied.
    func context(from base: String, more: String = "") throws -> FilePath {
        let root = site.root.appending("context-\(UUID().uuidString)")
        func write(_ text: String, to name: String) throws {
            let path = root.pushing(FilePath(name))
            try FileSystem.makeDirectory(path.removingLastComponent())
            try FileSystem.write(text.utf8, to: path)
        }
        // It ends without a line feed.
        try write(
            """
            FROM \(base)
            ARG MODE=none
            WORKDIR /app
            ENV ZENML_LOGGING_VERBOSITY='INFO'
            ENV MODE=$MODE
            COPY links links
            COPY .zenml_user_requirements .
            RUN pip install --no-cache-dir --find-links links -r .zenml_user_requirements
            \(more)
            ENV ZENML_CONFIG_PATH=/app/.zenconfig
            COPY . .
            RUN chmod -R a+rw .
            ENTRYPOINT ["python", "main.py"]
            """, to: "Dockerfile")
        try write("--no-index\nalpha\n", to: ".zenml_user_requirements")
        try write("print('hello')\n", to: "main.py")
        // What would be left out of a context that is not docker's.
        try write("[core]\n", to: ".git/config")
        try FileSystem.makeDirectory(root.appending("links"))
        for wheel in try ServiceSite.wheels() { try wheel.write(to: root.appending("links")) }
        return root
    }

    // MARK: Clients

    /// Sends a request by curl.
    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: [String] = []
    ) async throws -> Answer {
        try await Curl.send(
            method, "http://docker\(path)", body: body, headers: headers,
            arguments: ["--unix-socket", socket.path.string])
    }

    /// Runs a program with docker-py. `client` is there, and `result`, which is answered as JSON.
    func python(_ program: String, _ arguments: [String] = [], host: String? = nil, configuration: String? = nil)
        async throws -> [String: Any]
    {
        let scratch = try TemporaryDirectory()
        if let configuration { try scratch.write(Array(configuration.utf8), to: "config.json") }
        let start = """
            import json, os, sys, tarfile, io
            os.environ["DOCKER_CONFIG"] = sys.argv[1]
            import docker
            client = docker.DockerClient(base_url=sys.argv[2], timeout=120)
            arguments = sys.argv[3:]
            result = {}

            """
        let output = try await runAside(
            "python3",
            ["-c", start + program + "\nprint(json.dumps(result))", scratch.path.string, host ?? self.host]
                + arguments)
        guard let object = try JSONSerialization.jsonObject(with: Data(output)) as? [String: Any] else {
            throw NeverHappened("the program answers: \(String(decoding: output, as: UTF8.self))")
        }
        return object
    }

    /// What docker's own client did.
    struct Outcome {
        let status: Int32
        let output: String
    }

    /// Runs docker's own client, found in PATH or where `scripts/setup` puts it.
    func docker(_ arguments: [String], configuration: String? = nil) async throws -> Outcome {
        try await Self.docker(arguments, host: host, configuration: configuration)
    }

    /// Runs docker's own client against a host.
    /// - Parameter environment: variables beside those that lead to the host.
    static func docker(
        _ arguments: [String], host: String, environment: [String: String] = [:], configuration: String? = nil
    ) async throws -> Outcome {
        let scratch = try TemporaryDirectory()
        if let configuration { try scratch.write(Array(configuration.utf8), to: "config.json") }
        let tools = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .removingLastComponent().appending(".tools").appending("docker")
        // Whatever it ends with, its words are wanted.
        let script = """
            PATH="$PATH:$1" DOCKER_CONFIG="$2" DOCKER_HOST="$3" DOCKER_BUILDKIT=0
            export PATH DOCKER_CONFIG DOCKER_HOST DOCKER_BUILDKIT
            shift 3
            env "$@" 2>&1
            echo "status $?"
            """
        let variables = environment.map { "\($0)=\($1)" }
        let bytes = try await runAside(
            "sh", ["-c", script, "sh", tools.string, scratch.path.string, host] + variables + ["docker"] + arguments)
        let text = String(decoding: bytes, as: UTF8.self)
        guard let line = text.split(separator: "\n").last, line.hasPrefix("status "),
            let status = Int32(line.dropFirst("status ".count))
        else { throw NeverHappened("docker ends: \(text)") }
        return Outcome(status: status, output: String(text.dropLast(line.utf8.count + 1)))
    }
}

/// What a registry has, asked for by curl.
enum RegistryLook {
    /// The digest of the manifest under a name.
    static func digest(_ repository: String, _ tag: String, on host: String, arguments: [String] = []) async throws
        -> String
    {
        let answer = try await Curl.send(
            "GET", "http://\(host)/v2/\(repository)/manifests/\(tag)",
            headers: ["Accept: application/vnd.oci.image.manifest.v1+json"], arguments: arguments)
        guard answer.status == 200 else { throw NeverHappened("the registry has \(repository):\(tag): \(answer)") }
        return try Digester.digest(of: answer.body).description
    }

    /// The paths of all layers of an image.
    static func paths(_ repository: String, _ tag: String, on host: String) async throws -> Set<String> {
        let program = """
            import io, json, sys, tarfile, urllib.request
            root = "http://%s/v2/%s/" % (sys.argv[1], sys.argv[2])
            accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
            request = urllib.request.Request(root + "manifests/" + sys.argv[3], headers=accept)
            for layer in json.load(urllib.request.urlopen(request))["layers"]:
                blob = urllib.request.urlopen(root + "blobs/" + layer["digest"]).read()
                for name in tarfile.open(fileobj=io.BytesIO(blob)).getnames(): print(name)
            """
        let output = try await runAside("python3", ["-c", program, host, repository, tag])
        return Set(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init))
    }
}

extension ServiceSite {
    /// Pushes an image that costs nothing, to start from. The workers run.
    func pushBase(to registry: String, secrets: BuildSecrets? = nil) async throws -> String {
        let context = try await upload(try await sample())
        var submission = BuildSubmission(base: .layout(path: "base"))
        submission.context = context
        submission.tags = [try Reference("\(registry)/base/python:1")]
        submission.pushes = true
        let build = try await build(submission, secrets: secrets)
        guard build.state == .succeeded else { throw NeverHappened("the base is pushed: \(build)") }
        return "\(registry)/base/python:1"
    }
}
