import Content
import Diagnostics
import OCI
import Transfer

/// One registry, asked about what clients want to know of it beforehand.
struct RegistryExamination {
    /// All that is pushed is made of these bytes.
    private static let content = Array("cooperage doctor\n".utf8)
    /// A registry that wants more in a chunk is not sent any.
    private static let largestChunk: Int64 = 16 << 20

    private let client: RegistryClient
    private let repository: Reference
    private let endpoint: Endpoint
    private let sender: AuthorisedSender
    private var findings: [RegistryFinding] = []
    private var profile = StoredProfile()

    init(_ client: RegistryClient, _ repository: Reference, at endpoint: Endpoint) {
        self.client = client
        self.repository = repository
        self.endpoint = endpoint
        // Whatever it refuses is an answer; what passes is tried again, and a 401 is answered by a token.
        sender = client.sender(
            endpoint, [.push(repository)],
            accepting: Set(400..<600).subtracting([401, 408, 425, 429, 500, 502, 503, 504]))
    }

    mutating func run() async throws -> RegistryDiagnosis {
        try await examineAccess()
        findings.append(await finding("pull") { try await tagCount() })
        guard let session = await examinePush() else {
            for subject in ["chunks", "resume", "bodies", "mount", "zstd", "delete"] {
                add(subject, .unknown, "not asked, since nothing can be pushed")
            }
            findings.append(await finding("referrers") { try await referrersAnswer() })
            return RegistryDiagnosis(findings: findings, profile: nil)
        }
        let blob = try await examineChunks(session)
        if let blob {
            await examineBodies()
            findings.append(
                await finding("mount") {
                    let (answer, mounts) = try await mountAnswer(blob)
                    profile.mounts = mounts
                    return answer
                })
            try await examineManifests(blob)
        }
        findings.append(await finding("referrers") { try await referrersAnswer() })
        return RegistryDiagnosis(findings: findings, profile: profile == StoredProfile() ? nil : profile)
    }

    // MARK: What is asked

    private mutating func examineAccess() async throws {
        let response = try await client.client.send(HTTPRequest(.get, try HTTPURL("\(endpoint.base.origin)/v2/")))
        let challenges = Challenge.parse(response.headers.values("WWW-Authenticate"))
        let way =
            if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
                "tokens from \((try? HTTPURL(bearer.parameters["realm"] ?? ""))?.origin ?? "nowhere")"
            } else if challenges.contains(where: { $0.scheme == "basic" }) {
                "user and password"
            } else {
                response.isSuccess ? "open to everybody" : "answers \(response.status) to /v2/"
            }
        add("auth", response.isSuccess || response.status == 401 ? .yes : .unknown, way)
        add("profile", endpoint.profile == RegistryProfile() ? .unknown : .yes, endpoint.profile.name)
        let limits = ["RateLimit-Limit", "RateLimit-Remaining"].compactMap { name in
            response.headers[name].map { "\(name.dropFirst("RateLimit-".count).lowercased()) \($0)" }
        }
        add("limits", limits.isEmpty ? .unknown : .yes, limits.isEmpty ? "none told" : limits.joined(separator: ", "))
    }

    private func tagCount() async throws -> Answer {
        do {
            return (.yes, "\(try await client.tags(of: repository).count) tags")
        } catch let error as RegistryError where error.code == .notFound {
            return (.unknown, "there is no such repository yet")
        }
    }

    private mutating func examinePush() async -> UploadSession? {
        var opened: UploadSession?
        findings.append(
            await finding("push") {
                let request = HTTPRequest(.post, try endpoint.url(repository, "blobs/uploads/"))
                let response = try await send(request)
                guard response.status == 202 else { return refused(response) }
                opened = try UploadSession(response, to: request, at: endpoint)
                return (.yes, "an upload was opened")
            })
        return opened
    }

    /// Sends two chunks, and asks in between what is there.
    /// - Returns: a blob that the repository has now, or nil.
    private mutating func examineChunks(_ opened: UploadSession) async throws -> Blob? {
        var session = opened
        let first = Int(max(session.minimumChunk, 8))
        guard first <= Self.largestChunk else {
            add("chunks", .no, "wants \(session.minimumChunk) bytes in each")
            add("resume", .unknown, "not asked")
            return await pushed(try Blob(Self.content))
        }
        let bytes = Self.content + [UInt8](repeating: 10, count: max(0, first + 8 - Self.content.count))
        let blob = try Blob(bytes)
        var isTaken = false
        var resumed: Answer = (.unknown, "not asked, since no chunk is taken")
        findings.append(
            await finding("chunks") {
                for range in [0..<first, first..<bytes.count] {
                    var request = HTTPRequest(.patch, session.location, body: .bytes(Array(bytes[range])))
                    request.headers["Content-Type"] = "application/octet-stream"
                    request.headers["Content-Range"] = "\(range.lowerBound)-\(range.upperBound - 1)"
                    let response = try await send(request)
                    guard response.status == 202 else { return refused(response) }
                    try session.follow(response, to: request, at: endpoint)
                    if range.lowerBound == 0 { resumed = try await statusAnswer(&session, expected: Int64(first)) }
                }
                let url = try HTTPURL(appending([("digest", blob.digest.description)], to: session.location.text))
                let response = try await send(HTTPRequest(.put, url))
                guard response.isSuccess else { return refused(response) }
                isTaken = true
                return (.yes, opened.minimumChunk > 0 ? "of at least \(opened.minimumChunk) bytes" : "of any size")
            })
        add("resume", resumed.0, resumed.1)
        return isTaken ? blob : await pushed(blob)
    }

    private func statusAnswer(_ session: inout UploadSession, expected: Int64) async throws -> Answer {
        let request = HTTPRequest(.get, session.location)
        let response = try await send(request)
        guard response.isSuccess else { return refused(response) }
        try session.follow(response, to: request, at: endpoint)
        guard let known = UploadSession.confirmed(response) else { return (.no, "does not tell what it has") }
        return known == expected ? (.yes, "tells what it has") : (.no, "tells \(known) bytes of \(expected)")
    }

    private mutating func pushed(_ blob: Blob) async -> Blob? {
        var found: Blob?
        findings.append(
            await finding("blobs") {
                let descriptor = Descriptor(mediaType: .layerZstd, digest: blob.digest, size: blob.size)
                let outcome = try await client.push(descriptor, to: repository) { blob }
                found = blob
                return (.yes, outcome == .present ? "there already" : "in one request")
            })
        return found
    }

    /// Cancels an upload. Registries that do not take that, or not from us, forget it by themselves.
    private func cancel(_ location: HTTPURL) async throws {
        let sender = client.sender(
            endpoint, [.push(repository), .delete(repository)],
            accepting: Set(400..<600).subtracting([408, 425, 429, 500, 502, 503, 504]))
        let request = HTTPRequest(.delete, location)
        _ = try await client.perform(at: endpoint) { _ in try await sender.send(request) }
    }

    private mutating func examineBodies() async {
        let takesChunks = findings.contains { $0.subject == "chunks" && $0.verdict == .yes }
        let examination = BodyExamination(
            repository: repository, endpoint: endpoint, send: send, cancel: cancel, takesChunks: takesChunks)
        findings.append(
            await finding("bodies") {
                let outcome = try await examination.outcome()
                profile.uploads = outcome.uploads
                profile.largestBody = outcome.largestBody
                return outcome.answer
            })
    }

    /// - Returns: what to show, and whether asking for it does no harm.
    private func mountAnswer(_ blob: Blob) async throws -> (Answer, isTaken: Bool) {
        let query = [("mount", blob.digest.description), ("from", repository.repository)]
        let request = HTTPRequest(.post, try endpoint.url(repository, "blobs/uploads/", query: query))
        let response = try await send(request)
        switch response.status {
        case 201: return ((.yes, "from another repository"), true)
        case 202:
            let session = try UploadSession(response, to: request, at: endpoint)
            try await cancel(session.location)
            return ((.no, "opens an upload instead"), true)
        default: return (refused(response), false)
        }
    }

    /// Puts a manifest with a layer by Zstandard, under no name, and takes all of it out again.
    private mutating func examineManifests(_ blob: Blob) async throws {
        let configuration = try Blob(
            CanonicalJSON.encode(
                ImageConfiguration(
                    platform: Platform(os: "linux", architecture: "amd64"), rootfs: .init(diffIDs: [blob.digest]))))
        func descriptor(_ type: MediaType, _ blob: Blob) -> Descriptor {
            Descriptor(mediaType: type, digest: blob.digest, size: blob.size)
        }
        let manifest = try ManifestContent(
            [UInt8](
                CanonicalJSON.encode(
                    Manifest(
                        config: descriptor(.configuration, configuration), layers: [descriptor(.layerZstd, blob)]))),
            mediaType: .manifest)
        findings.append(
            await finding("zstd") {
                _ = try await client.push(descriptor(.configuration, configuration), to: repository) { configuration }
                try await client.put(manifest, to: repository)
                return (.yes, "a manifest with such a layer was taken")
            })
        findings.append(
            await finding("delete") {
                try await client.delete(repository.pinned(to: manifest.descriptor.digest))
                for digest in [blob.digest, configuration.digest] {
                    try await client.deleteBlob(digest, in: repository)
                }
                return (.yes, "what was pushed is gone again")
            })
    }

    private func referrersAnswer() async throws -> Answer {
        let digest = try Blob(Self.content).digest
        let response = try await send(HTTPRequest(.get, try endpoint.url(repository, "referrers/\(digest)")))
        let isList = response.isSuccess && response.headers["Content-Type"]?.hasPrefix(MediaType.index.rawValue) == true
        return isList ? (.yes, "listed by the registry") : (.no, "kept under a tag by clients")
    }

    // MARK: Answers

    private typealias Answer = (RegistryFinding.Verdict, String)

    private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await client.perform(at: endpoint) { _ in try await sender.send(request) }
    }

    private func refused(_ response: HTTPResponse) -> Answer {
        let words = RegistryComplaint(response.body).text
        return (.no, words.isEmpty ? "answers \(response.status)" : "answers \(response.status): \(words)")
    }

    private mutating func add(_ subject: String, _ verdict: RegistryFinding.Verdict, _ detail: String) {
        findings.append(RegistryFinding(subject, verdict, detail))
    }

    /// Asks, and takes what goes wrong as the answer.
    private func finding(_ subject: String, _ ask: () async throws -> Answer) async -> RegistryFinding {
        do {
            let (verdict, detail) = try await ask()
            return RegistryFinding(subject, verdict, detail)
        } catch let error as any Diagnostic {
            return RegistryFinding(subject, .no, error.message)
        } catch {
            return RegistryFinding(subject, .unknown, "not asked to the end")
        }
    }
}
