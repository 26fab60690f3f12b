import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

/// How tokens are had with what is no password.
@Suite struct TokenTests {
    private struct Known: CredentialSource {
        let credential: Credential
        func credential(for registry: String) -> Credential? { credential }
    }

    private static let azureUser = "00000000-0000-0000-0000-000000000000"
    private let image: SampleImage

    init() throws { image = try SampleImage() }

    private func client(_ credential: Credential) -> RegistryClient {
        RegistryClient(client: HTTPClient(), credentials: Known(credential: credential))
    }

    @Test(arguments: [
        Credential(identityToken: Secret("refresh/&+")), Credential(user: azureUser, password: Secret("refresh/&+")),
    ])
    func anIdentityTokenIsExchangedByPost(_ credential: Credential) async throws {
        let access = TestRegistry.Access.bearer(user: "nobody", password: "x", identityToken: "refresh/&+")
        try await TestRegistry.run(access: access) { registry in
            let name = try registry.reference("team/app:1")
            try registry.putBlob(try image.blobs[0].readAll(), in: "base")
            let client = client(credential)
            let outcome = try await client.push(
                SampleImage.descriptor(image.blobs[0]), to: name, mountingFrom: [registry.reference("base")]
            ) { image.blobs[0] }
            // Two scopes go in one field.
            #expect(outcome == .mounted)
            try await image.push(PushSession(client, to: name), tags: ["1"])
            let questions = registry.requests.filter { $0.path == "/token" }
            #expect(
                questions.allSatisfy { $0.method == "POST" && $0.query.isEmpty && $0.header("Authorization") == nil })
            #expect(registry.requests.allSatisfy { $0.header("Authorization")?.hasPrefix("Basic") != true })
        }
    }

    /// Azure's refresh token is good as a password where the POST is not taken.
    @Test(arguments: [400, 401, 404, 405])
    func azuresUserFallsBackToItsPassword(status: Int) async throws {
        let access = TestRegistry.Access.bearer(user: Self.azureUser, password: "pw")
        let fault = Fault(.answer(LoopbackResponse(status)), on: "POST", path: "/token")
        try await TestRegistry.run(access: access, faults: [fault]) { registry in
            let client = client(Credential(user: Self.azureUser, password: Secret("pw")))
            try await image.push(PushSession(client, to: registry.reference("app")), tags: ["1"])
            #expect(registry.digest(ofTag: "1", in: "app") == image.manifest.descriptor.digest.description)
        }
    }

    /// docker-registry checks what is in a token, and who signed it.
    @Test(arguments: [
        Credential(user: TokenServer.user, password: Secret(TokenServer.password)),
        Credential(identityToken: Secret(TokenServer.identityToken)),
    ])
    func dockersRegistryTakesTheTokens(_ credential: Credential) async throws {
        let service = try await TokenServer()
        try await DockerRegistry.run(.token(service)) { registry in
            let client = client(credential)
            let (base, name) = (try Reference("\(registry.host)/base:1"), try Reference("\(registry.host)/team/app:1"))
            try await image.push(PushSession(client, to: base), tags: ["1"])
            let session = PushSession(client, to: name)
            for blob in image.blobs {
                let outcome = try await session.push(SampleImage.descriptor(blob), mountingFrom: [base]) { blob }
                #expect(outcome == .mounted)
            }
            try await session.finish([image.manifest], tags: ["1"])
            #expect(try await client.tags(of: name) == ["1"])
            try await client.delete(name.pinned(to: image.manifest.descriptor.digest))
            let digest = image.manifest.descriptor.digest
            #expect(try await PushSession(client, to: name).has(digest, under: "\(digest)") == false)
            // One token for each set of scopes: the push to either, the mounts, the pulls and the deletion.
            #expect(service.requests.count == 5)
            #expect(service.requests.allSatisfy { ($0.method == "POST") == credential.isIdentityToken })
            let stranger = RegistryClient(client: HTTPClient())
            let error = try await #require(throws: RegistryError.self) { try await stranger.resolve(base) }
            #expect(error.code == .unauthorised && error.message.contains("who is that"))
        }
        await service.stop()
    }

    @Test(arguments: [TestRegistry.Access.bearer(user: "me", password: "pw"), .basic(user: "me", password: "pw")])
    func anIdentityTokenIsNeverAPassword(access: TestRegistry.Access) async throws {
        try await TestRegistry.run(access: access) { registry in
            let error = try await #require(throws: RegistryError.self) {
                try await client(Credential(identityToken: Secret("hunter2"))).resolve(registry.reference("app:1"))
            }
            #expect(error.code == .unauthorised && !"\(error)".contains("hunter2"))
            #expect(registry.requests.allSatisfy { $0.header("Authorization") == nil })
            #expect(registry.requests.allSatisfy { $0.path != "/token" || $0.method == "POST" })
        }
    }
}
