import Content
import Foundation
public import OCI
import Synchronization

/// A registry in this process that can be told to misbehave.
///
/// It follows the distribution specification 1.1 in what pulling and pushing take, is as strict as a registry may be
/// (a manifest whose blobs are missing is refused, a mount needs the right to read its source), and does wrong only
/// what its faults say.
public final class TestRegistry: Sendable {
    /// Who may come in.
    public enum Access: Sendable {
        /// Everybody.
        case open
        /// This user, by HTTP's basic scheme.
        case basic(user: String, password: String)
        /// Who has a token of ours; without a user everybody gets one. An identity token gets others by OAuth 2's POST.
        case bearer(user: String? = nil, password: String? = nil, lifetime: Int = 300, identityToken: String? = nil)
    }

    /// `127.0.0.1:port`.
    public var host: String { server.host }
    /// `http://127.0.0.1:port`.
    public var origin: String { server.origin }
    /// What was asked so far, in the order of arrival.
    public var requests: [LoopbackRequest] { server.requests }

    private let server: LoopbackServer
    private let service: RegistryService

    /// Starts a registry.
    /// - Parameters:
    ///   - access: who may come in.
    ///   - faults: how it misbehaves; the first that hits a request counts.
    ///   - other: a registry whose content this one shares.
    ///   - listsReferrers: whether it has the referrers API, which came with version 1.1 of the specification.
    ///   - keepsContent: whether blobs can be pulled again; without it they are hashed on their way in, and take no memory.
    public init(
        access: Access = .open, faults: [Fault] = [], sharing other: TestRegistry? = nil, listsReferrers: Bool = false,
        keepsContent: Bool = true
    ) async throws {
        let service = RegistryService(
            access: access, faults: faults, state: other?.service.state ?? RegistryState(keepsContent: keepsContent),
            listsReferrers: listsReferrers)
        self.service = service
        server = try await LoopbackServer { try await service.respond($0) }
        service.origin.withLock { [origin = server.origin] in $0 = origin }
    }

    /// Runs a registry for the time of an operation.
    public static func run<Value>(
        access: Access = .open, faults: [Fault] = [], sharing other: TestRegistry? = nil,
        listsReferrers: Bool = false, keepsContent: Bool = true, isolation: isolated (any Actor)? = #isolation,
        _ operation: (TestRegistry) async throws -> Value
    ) async throws -> Value {
        let registry = try await TestRegistry(
            access: access, faults: faults, sharing: other, listsReferrers: listsReferrers, keepsContent: keepsContent)
        do {
            let value = try await operation(registry)
            await registry.server.stop()
            return value
        } catch {
            await registry.server.stop()
            throw error
        }
    }

    /// Answers a request as the registry does: for a server of a test's own that stands before it.
    public func answer(_ request: LoopbackRequest) async throws -> LoopbackResponse {
        try await service.respond(request)
    }

    /// A name in this registry.
    public func reference(_ name: String) throws -> Reference { try Reference("\(host)/\(name)") }

    /// Puts a blob into a repository.
    @discardableResult
    public func putBlob(_ bytes: [UInt8], in repository: String) throws -> Digest {
        let digest = try Digester.digest(of: bytes)
        let blob = StoredBlob(size: bytes.count, bytes: bytes)
        service.state.contents.withLock { $0.blobs[repository, default: [:]][digest.description] = blob }
        return digest
    }

    /// Takes every blob out of a repository and leaves its manifests: what a careless clean-up does.
    public func removeBlobs(of repository: String) {
        service.state.contents.withLock { $0.blobs[repository] = nil }
    }

    /// Puts a manifest into a repository, without looking at it.
    @discardableResult
    public func putManifest(_ bytes: [UInt8], _ type: MediaType, in repository: String, tag: String) throws -> Digest {
        let digest = try Digester.digest(of: bytes)
        let document = RegistryState.Document(mediaType: type.rawValue, digest: digest.description, bytes: bytes)
        service.state.contents.withLock { contents in
            for name in [tag, digest.description] { contents.documents[repository, default: [:]][name] = document }
        }
        return digest
    }

    /// A blob's content, or nil.
    public func blob(_ digest: Digest, in repository: String) -> [UInt8]? {
        service.state.contents.withLock { $0.blobs[repository]?[digest.description]?.bytes }
    }

    /// How many requests its faults have hit.
    public var faultHits: Int { service.state.contents.withLock { $0.hits } }

    /// What its manifests refer to and it does not have, as `REPOSITORY@DIGEST`. None is what a registry is to hold to.
    public func missing() throws -> [String] { try service.state.contents.withLock { try $0.missing() } }

    /// The digest that a tag stands for, or nil.
    public func digest(ofTag tag: String, in repository: String) -> String? {
        service.state.contents.withLock { $0.documents[repository]?[tag]?.digest }
    }
}
