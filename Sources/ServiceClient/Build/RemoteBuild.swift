public import Build
import Content
import Diagnostics
import Dockerfile
public import Interface
public import OCI
import Python
import Registry
public import SBOM
import Service
import Spec
import SystemPackage
import Transfer

/// A build that a server carries out as if it were done here: what it needs goes up, its events are followed, and files
/// that were asked for are written here.
public struct RemoteBuild: Sendable {
    /// What was chosen beside the request.
    public struct Options: Sendable {
        /// Whether the caller's registry credentials go along.
        public var lendsCredentials = true
        /// Whether the order of the layers is wanted.
        public var ordersLayers = true

        /// The usual ones.
        public init() {}
    }

    /// What a build came to.
    public struct Result: Sendable {
        /// The manifest, or the index.
        public let descriptor: Descriptor
        /// The configuration's digest, of an index its own.
        public let imageID: Digest
        /// The digest references, the one that counts last.
        public let references: [String]
        /// The bytes that went to registries; nil where nothing was pushed.
        public let uploadedBytes: Int64?
        /// The image's layers, lowest first, as far as they are known.
        public let layers: [Digest]
        /// The bill of materials, where it was asked for; what the base contains is not in it.
        public let sboms: [SBOMDocument]
    }

    private let request: BuildRequest
    private let parts: RequestParts
    private let surroundings: Surroundings
    private let options: Options
    private let first: ServiceClient
    private let client: ServiceClient
    private let events: BuildEvents

    /// Prepares a build.
    /// - Throws: `ClientError` (`not_on_server`) for what a server cannot do.
    public init(
        _ request: BuildRequest, in surroundings: Surroundings, on client: ServiceClient, events: BuildEvents,
        options: Options = Options()
    ) throws {
        self.request = request
        self.surroundings = surroundings
        self.options = options
        self.events = events
        guard request.furtherSpecs.isEmpty else {
            throw ClientError(
                .notOnServer, "the Dockerfile comes to another build on each of its \(request.specs.count) platforms",
                hints: ["build for one --platform at a time"])
        }
        parts = try RequestParts(request)
        first = client
        self.client = client.patient(events: events)
        if parts.python?.lockFile != nil, request.spec.platforms.count > 1 {
            throw ClientError(
                .notOnServer, "one lock file cannot hold the locks of \(request.spec.platforms.count) platforms",
                hints: ["build for one --platform to write it"])
        }
        if request.sbom?.isAttached == true {
            throw ClientError(
                .notOnServer, "a server attaches no bill of materials to what it pushes",
                hints: ["write it into a file by --sbom, and attach that by a tool of your own; or build here"])
        }
        if request.sbom != nil, request.spec.platforms.count > 1 {
            throw ClientError(
                .notOnServer,
                "a server tells the digest of the index over \(request.spec.platforms.count) platforms alone, and a bill of "
                    + "materials names its image by its own",
                hints: ["build for one --platform to write it"])
        }
    }

    // MARK: Steps

    /// Uploads what is missing, and asks for the build.
    /// - Returns: the build as it was accepted.
    public func submit() async throws -> ServerBuild { try await submitted().build }

    /// Builds, to the end.
    ///
    /// A cancelled task calls the build off, and says so.
    public func run() async throws -> Result {
        let (build, inputs) = try await submitted()
        do {
            return try await finish(build, inputs)
        } catch  where error is CancellationError || Task.isCancelled {
            throw CancellationError()
        }
    }

    private func submitted() async throws -> (build: ServerBuild, inputs: RemoteInputs) {
        // A server that is not there is told of at once, and not waited for.
        let version = try await first.version()
        guard version.api == "v1" else {
            throw first.invalid("the server speaks the API '\(version.api)', not v1")
        }
        events.emit(.notice("server: \(client.address)"))
        return try await withScratch { scratch in
            let start = ContinuousClock.now
            events.emit(.phaseStarted(.context))
            defer { events.emit(.phaseEnded(.context, seconds: start.duration(to: .now) / .seconds(1))) }
            let inputs = try await inputs(scratch)
            var submission = try RemoteSubmission(request, parts, inputs: inputs)
            if options.lendsCredentials {
                let credentials = try CredentialFiles(environment: surroundings.environment)
                submission.secrets.registries = try await BuildSecrets.registries(
                    of: submission.build, from: credentials)
            }
            let upload = ContextUpload(client: client, context: inputs.context, events: events)
            // The system's generator: nobody guesses another caller's key.
            let key = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined(separator: "-")
            for attempt in 1... {
                submission.build.context = try await upload.run()
                do {
                    let build = try await create(submission, key: key)
                    events.emit(.notice("build: \(build.id)"))
                    try await stopIfCancelled(build.id)
                    return (build, inputs)
                } catch let error as ClientError where error.code == .missingContent && attempt < 3 {
                    continue
                }
            }
            throw CancellationError()
        }
    }

    private func inputs(_ scratch: FilePath) async throws -> RemoteInputs {
        let (request, parts, surroundings) = (request, parts, surroundings)
        let base = try await parts.base.unpacked(in: scratch)
        let inputs = try await blocking {
            try RemoteInputs(
                base: base, python: parts.python, files: parts.files, changes: parts.changes,
                named: request.dockerfile?.lowered.allEnvironments.flatMap(\.requirementsFiles) ?? [],
                context: request.context,
                in: surroundings.directory, environment: surroundings.environment,
                lent: request.secrets)
        }
        for path in inputs.context.skipped {
            events.emit(.warning("'\(path)' is left out: a layer holds no sockets, pipes or devices"))
        }
        for file in inputs.filesWithCredentials {
            events.emit(
                .warning(
                    "'\(file)' holds a user or a password in a URL and goes to the server as it is; "
                        + "what --index-url and --extra-index-url hold is kept apart and deleted with the build"))
        }
        if parts.python != nil { warnOfVariables() }
        return inputs
    }

    /// What would decide about packages here, and does not there.
    private func warnOfVariables() {
        let names = [
            "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONSTRAINT",
            "UV_OVERRIDE", "UV_EXCLUDE_NEWER", "UV_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
            "PIP_CONSTRAINT",
        ].filter { !(surroundings.environment[$0] ?? "").isEmpty }
        guard !names.isEmpty else { return }
        let verb = names.count == 1 ? "does" : "do"
        events.emit(
            .notice("\(names.joined(separator: ", ")) of this environment \(verb) not count on the server; flags do"))
    }

    /// Asks for the build. What is on its way when the task is cancelled is waited for, so that no build is left that
    /// nobody knows of.
    private func create(_ submission: RemoteSubmission, key: String) async throws -> ServerBuild {
        let once = client.once()
        return try await client.retrier.run { _ in
            let attempt = Task { try await once.create(submission.build, secrets: submission.secrets, key: key) }
            return try await attempt.value
        }
    }

    private func finish(_ build: ServerBuild, _ inputs: RemoteInputs) async throws -> Result {
        let titles = LayerTitles()
        let end: ServerBuild
        do {
            end = try await client.follow(build.id) { event in
                titles.add(event)
                events.emit(event)
            }
        } catch  where error is CancellationError || Task.isCancelled {
            await callOff(build.id)
            throw CancellationError()
        } catch let error as any ClassifiedFailure where error.failureClass == .passing {
            throw ClientError(
                .serverLost,
                "\(client.address) does not serve us any more, and the build \(build.id) was not seen to end",
                hints: ["it goes on there: follow it by 'cooperage builds logs -f \(build.id)'"], cause: error)
        }
        let outcome = try end.succeeded()
        let layers = try await withScratch { scratch -> [Digest] in
            guard request.outputs.contains(where: { $0 != .registry }) else { return try await order(build.id, titles) }
            let image = try await RemoteImage.fetch(
                build.id, root: outcome.descriptor, by: client, into: scratch, events: events)
            for output in request.outputs { try await image.images.write(to: output, tags: request.tags) }
            return image.layers
        }
        if let file = parts.python?.lockFile, let lock = try await client.locks(of: build.id).first {
            try FileSystem.write(inputs.located(lock.lock).utf8, to: FilePath(file))
        }
        let sboms = try await bills(build.id, image: outcome.descriptor.digest)
        let pushes = request.outputs.contains(.registry)
        return Result(
            descriptor: outcome.descriptor, imageID: outcome.imageID,
            references: pushes
                ? outcome.references : digestReferences(outcome.descriptor.digest, pushed: [], tags: request.tags),
            uploadedBytes: pushes ? outcome.uploadedBytes : nil, layers: layers,
            sboms: sboms)
    }

    /// The bill of the image, out of the plan and the lock that the server hands out.
    private func bills(_ id: String, image: Digest) async throws -> [SBOMDocument] {
        guard let sbom = request.sbom else { return [] }
        var urls: [Digest: String] = [:]
        for lock in try await client.locks(of: id) {
            urls.merge(try Lock.wheelURLs(inPylock: lock.lock)) { first, _ in first }
        }
        return try await client.plans(of: id).map { plan in
            let bill = try BillOfMaterials(
                plan, urls: urls, image: image, name: request.tags.first, basePackages: nil)
            return try SBOMDocument(bill, sbom.format)
        }
    }

    /// The order of the layers, for the table; without it the table has the order of events.
    private func order(_ id: String, _ titles: LayerTitles) async throws -> [Digest] {
        guard options.ordersLayers else { return [] }
        do {
            return titles.ordered(try await client.layerOrder(of: id))
        } catch is ClientError {
            return []
        }
    }

    // MARK: Calling off

    private func stopIfCancelled(_ id: String) async throws {
        guard Task.isCancelled else { return }
        await callOff(id)
        throw CancellationError()
    }

    /// Calls the build off, in a task that is not cancelled itself.
    private func callOff(_ id: String) async {
        var hasty = first
        hasty.retrier.policy.attempts = 3
        let client = hasty
        switch await Task(operation: { try await client.cancel(id) }).result {
        case .success: events.emit(.warning("the build \(id) is called off on \(client.address)"))
        case .failure(let error as ClientError) where error.code.rawValue == "conflict":
            events.emit(.warning("the build \(id) had ended before it could be called off"))
        case .failure(let error):
            let why = (error as? any Diagnostic)?.message ?? "\(error)"
            events.emit(
                .warning(
                    "the build \(id) goes on: it could not be called off (\(why)); try 'cooperage builds cancel \(id)'")
            )
        }
    }

    // MARK: Places

    /// Runs with a directory of its own in the cache, where there is room for images.
    private func withScratch<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
        try FileSystem.makeDirectory(surroundings.cache)
        let scratch = try FileSystem.makeTemporaryDirectory(prefix: surroundings.cache.appending("remote-"))
        defer { try? FileSystem.removeTree(scratch) }
        return try await body(scratch)
    }
}
