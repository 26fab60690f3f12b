import Content
import Diagnostics
import Foundation
import JWTKit
import RegistryTesting
import ServiceTesting
import Synchronization
import TestSupport
import Testing
import Transfer

@testable import Service

/// JWTs of a CI, checked against keys that are served on loopback.
@Suite struct OIDCVerifierTests {
    /// An issuer whose keys can be changed.
    private final class Issuer: Sendable {
        let keys = Mutex<[(id: String?, key: ES256PrivateKey)]>([])
        let asked = Mutex(0)
        let isDown = Mutex(false)

        init(_ ids: String?...) { keys.withLock { $0 = ids.map { ($0, ES256PrivateKey()) } } }

        func answer() throws -> LoopbackResponse {
            asked.withLock { $0 += 1 }
            if isDown.withLock({ $0 }) { return LoopbackResponse(404, text: "nothing here") }
            let texts = keys.withLock { keys in
                keys.map { id, key in
                    let (x, y) = key.parameters.map { (Self.url($0.x), Self.url($0.y)) } ?? ("", "")
                    let name = id.map { "\"kid\":\"\($0)\"," } ?? ""
                    return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\(name)\"x\":\"\(x)\",\"y\":\"\(y)\"}"
                }
            }
            // A kind of key that nobody knows does not spoil the others.
            let all =
                texts + [
                    "{\"kty\":\"oct\",\"kid\":\"symmetric\",\"k\":\"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzcw\"}"
                ]
            return LoopbackResponse(200, text: "{\"keys\":[\(all.joined(separator: ","))]}")
        }

        private static func url(_ base64: String) -> String {
            base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }

        /// Signs claims with the key of a number.
        func sign(_ claims: TestClaims, key number: Int = 0, named id: String?) async throws -> String {
            let key = keys.withLock { $0[number].key }
            let collection = JWTKeyCollection()
            await collection.add(ecdsa: key)
            var header = JWTHeader()
            header.kid = id
            return try await collection.sign(claims, header: header)
        }
    }

    private struct TestClaims: JWTPayload {
        var iss: String? = "https://ci.example"
        var sub: String? = "repo:org/app"
        var aud: [String]? = ["cooperage", "other"]
        var exp: Double?
        var nbf: Double?
        var iat: Double?
        var repository: String? = "org/app"
        var groups: [String]? = ["a", "builders"]
        var run: Int? = 42
        var protected: Bool? = true

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    private static let now = ServerTime(milliseconds: 1_800_000_000_000)
    private static let seconds = 1_800_000_000.0

    private static func claims(_ change: (inout TestClaims) -> Void = { _ in }) -> TestClaims {
        var claims = TestClaims()
        claims.exp = seconds + 600
        change(&claims)
        return claims
    }

    private static let rules = [
        OIDCIssuer.Rule(claims: ["repository": "org/admin"], project: "all", role: .admin),
        OIDCIssuer.Rule(claims: ["repository": "org/*", "groups": "builders"], project: "team", role: .builder),
        OIDCIssuer.Rule(claims: ["repository": "org/*"], project: "team", role: .reader),
        OIDCIssuer.Rule(claims: ["run": "42", "protected": "true"], project: "runs", role: .reader),
    ]

    private func verifying(
        _ issuer: Issuer, time: TestTime = TestTime(), _ body: (OIDCVerifier) async throws -> Void
    ) async throws {
        try await LoopbackServer.run(answering: { _ in try issuer.answer() }) { server in
            let settings = OIDCIssuer(
                issuer: "https://ci.example", audiences: ["cooperage"], keys: .url("\(server.origin)/jwks"),
                rules: Self.rules)
            try await body(OIDCVerifier(settings, time: time.source))
        }
    }

    @Test func aTokenMakesItsHolder() async throws {
        let issuer = Issuer("k1", "k2")
        try await verifying(issuer) { verifier in
            for number in 0..<2 {
                let jwt = try await issuer.sign(Self.claims(), key: number, named: "k\(number + 1)")
                #expect(OIDCVerifier.issuer(of: jwt) == "https://ci.example")
                #expect(
                    try await verifier.caller(jwt: jwt, now: Self.now)
                        == Caller(name: "oidc:repo:org/app", project: "team", role: .builder))
            }
            #expect(issuer.asked.withLock { $0 } == 1)
        }
    }

    @Test func theFirstRuleThatFitsCounts() async throws {
        let issuer = Issuer("k1")
        try await verifying(issuer) { verifier in
            let cases: [((inout TestClaims) -> Void, String?, Role)] = [
                ({ $0.repository = "org/admin" }, "all", .admin),
                ({ $0.groups = ["others"] }, "team", .reader),
                ({ $0.groups = nil }, "team", .reader),
                ({ $0.repository = "elsewhere/app" }, "runs", .reader),
                ({ $0.repository = nil }, "runs", .reader),
                ({ ($0.repository, $0.run) = ("elsewhere/app", 43) }, nil, .reader),
                ({ ($0.repository, $0.protected) = ("organisation/app", false) }, nil, .reader),
            ]
            for (change, project, role) in cases {
                let jwt = try await issuer.sign(Self.claims(change), named: "k1")
                guard let project else {
                    let error = await #expect(throws: ServiceError.self) {
                        try await verifier.caller(jwt: jwt, now: Self.now)
                    }
                    #expect(error?.message.hasSuffix("is genuine, but no rule here is for its claims") == true)
                    continue
                }
                let caller = try await verifier.caller(jwt: jwt, now: Self.now)
                #expect(caller.project == project && caller.role == role)
            }
        }
    }

    @Test func whatIsWrongIsRefused() async throws {
        let issuer = Issuer("k1")
        try await verifying(issuer) { verifier in
            let cases: [(String, (inout TestClaims) -> Void)] = [
                ("is another issuer's", { $0.iss = "https://ci.example/" }),
                ("is another issuer's", { $0.iss = nil }),
                ("is meant for another audience", { $0.aud = ["other"] }),
                ("is meant for another audience", { $0.aud = nil }),
                ("has expired", { $0.exp = Self.seconds - 61 }), ("has expired", { $0.exp = nil }),
                ("is not valid yet", { $0.nbf = Self.seconds + 61 }),
                ("was made in the future", { $0.iat = Self.seconds + 61 }),
            ]
            for (words, change) in cases {
                let jwt = try await issuer.sign(Self.claims(change), named: "k1")
                let error = await #expect(throws: ServiceError.self) {
                    try await verifier.caller(jwt: jwt, now: Self.now)
                }
                #expect(error?.code == .unauthenticated)
                #expect(error?.message == "the token of https://ci.example \(words)")
            }
            // The issuer's clock may be a little off.
            let skewed = Self.claims {
                ($0.exp, $0.nbf, $0.iat) = (Self.seconds - 59, Self.seconds + 59, Self.seconds + 59)
            }
            _ = try await verifier.caller(jwt: issuer.sign(skewed, named: "k1"), now: Self.now)
        }
    }

    @Test func signaturesOfOthersAreRefused() async throws {
        let issuer = Issuer("k1", "k2")
        let stranger = Issuer("k1")
        try await verifying(issuer) { verifier in
            let good = try await issuer.sign(Self.claims(), named: "k1")
            let parts = good.split(separator: ".").map(String.init)
            let forged = Self.claims { $0.repository = "org/admin" }
            let payload = Self.base64(try JSONEncoder().encode(forged))
            let none = Self.base64(Data(#"{"alg":"none","typ":"JWT"}"#.utf8))
            let symmetric = JWTKeyCollection()
            await symmetric.add(hmac: HMACKey(from: String(repeating: "s", count: 64)), digestAlgorithm: .sha256)
            var header = JWTHeader()
            header.kid = "symmetric"
            let texts = [
                // Another key by the same name, and by another name of the issuer's.
                try await stranger.sign(forged, named: "k1"), try await issuer.sign(forged, named: "k2"),
                "\(parts[0]).\(payload).\(parts[2])", "\(none).\(payload).", "\(none).\(payload).\(parts[2])",
                try await symmetric.sign(forged, header: header), "a.b.c", "\(parts[0]).\(parts[1]).",
            ]
            for text in texts {
                let error = await #expect(throws: ServiceError.self, "\(text)") {
                    try await verifier.caller(jwt: text, now: Self.now)
                }
                #expect(error?.code == .unauthenticated)
            }
            _ = try await verifier.caller(jwt: good, now: Self.now)
        }
    }

    private static func base64(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test func keysAreRotated() async throws {
        let issuer = Issuer("k1")
        let time = TestTime()
        try await verifying(issuer, time: time) { verifier in
            let old = try await issuer.sign(Self.claims(), named: "k1")
            _ = try await verifier.caller(jwt: old, now: Self.now)
            issuer.keys.withLock { $0.append(("k2", ES256PrivateKey())) }
            let new = try await issuer.sign(Self.claims(), key: 1, named: "k2")
            // Whoever makes up names of keys does not have the issuer asked each time.
            for _ in 0..<5 {
                await #expect(throws: ServiceError.self) { try await verifier.caller(jwt: new, now: Self.now) }
            }
            #expect(issuer.asked.withLock { $0 } == 1)
            time.advance(by: .seconds(31))
            _ = try await verifier.caller(jwt: new, now: Self.now)
            #expect(issuer.asked.withLock { $0 } == 2)
            // A key that was taken back counts no longer than an hour.
            issuer.keys.withLock { _ = $0.removeFirst() }
            _ = try await verifier.caller(jwt: old, now: Self.now)
            time.advance(by: .seconds(3601))
            await #expect(throws: ServiceError.self) { try await verifier.caller(jwt: old, now: Self.now) }
            _ = try await verifier.caller(jwt: new, now: Self.now)
            #expect(issuer.asked.withLock { $0 } == 3)
        }
    }

    @Test func aLoneKeyNeedsNoName() async throws {
        let issuer = Issuer(nil)
        try await LoopbackServer.run(answering: { _ in
            let answer = try issuer.answer()
            // Without the symmetric one.
            let text = String(decoding: answer.body, as: UTF8.self)
            return LoopbackResponse(200, text: text.replacing(/,\{"kty":"oct".*?\}/, with: ""))
        }) { server in
            let settings = OIDCIssuer(
                issuer: "https://ci.example", audiences: ["cooperage"], keys: .url(server.origin), rules: Self.rules)
            let verifier = OIDCVerifier(settings)
            let jwt = try await issuer.sign(Self.claims(), named: nil)
            #expect(try await verifier.caller(jwt: jwt, now: Self.now).project == "team")
        }
    }

    @Test func keysThatCannotBeHadAreTold() async throws {
        let issuer = Issuer("k1")
        issuer.isDown.withLock { $0 = true }
        try await verifying(issuer) { verifier in
            let jwt = try await issuer.sign(Self.claims(), named: "k1")
            let error = await #expect(throws: ServiceError.self) { try await verifier.caller(jwt: jwt, now: Self.now) }
            #expect(error?.message.contains("cannot be had") == true)
            issuer.isDown.withLock { $0 = false }
            _ = try await verifier.caller(jwt: jwt, now: Self.now)
        }
    }

    @Test func keysOfAFile() async throws {
        let issuer = Issuer("k1")
        let directory = try TemporaryDirectory()
        let file = try directory.write(issuer.answer().body, to: "jwks.json")
        let settings = OIDCIssuer(
            issuer: "https://ci.example", audiences: ["cooperage"], keys: .file(file), rules: Self.rules)
        let site = try await ServiceSite { $0.issuers = [settings] }
        // Through the service, by the database's clock.
        let now = Double(try await site.store.now().milliseconds) / 1000
        let jwt = try await issuer.sign(Self.claims { $0.exp = now + 600 }, named: "k1")
        #expect(try await site.service.caller(bearer: jwt).name == "oidc:repo:org/app")
        await site.store.advance(by: .seconds(700))
        await #expect(throws: ServiceError.self) { try await site.service.caller(bearer: jwt) }
        let other = try await issuer.sign(Self.claims { $0.iss = "https://other.example" }, named: "k1")
        let error = await #expect(throws: ServiceError.self) { try await site.service.caller(bearer: other) }
        #expect(error?.message == "the token is not known here")
    }
}
