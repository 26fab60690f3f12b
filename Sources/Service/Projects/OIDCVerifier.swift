import Content
import Diagnostics
import FoundationEssentials
import JWTKit
import OCI
import Transfer

/// Checks the JWTs of one issuer (RFC 7519, OpenID Connect Core): signature, issuer, audience and times, then whom the
/// claims make the holder.
actor OIDCVerifier {
    let issuer: OIDCIssuer
    private let client: HTTPClient
    private let time: TimeSource
    private var keys: [String: JWTKeyCollection] = [:]
    private var fetchedAt: Duration?

    /// Keys are fetched again after this time, so that one which was taken back does not count for long.
    private static let lifetime = Duration.seconds(3600)
    /// A token that names a key which is not there has them fetched again, but no more often than this.
    private static let pause = Duration.seconds(30)
    /// Signatures by a private key alone: with a shared secret, whoever can check could also sign.
    private static let algorithms: Set<String> = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]

    init(_ issuer: OIDCIssuer, client: HTTPClient = HTTPClient(), time: TimeSource = .system) {
        self.issuer = issuer
        self.client = client
        self.time = time
    }

    /// The issuer that a JWT names, which is only true once it is checked.
    static func issuer(of jwt: String) -> String? {
        let parts = jwt.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let claims = decode(Claims.self, parts[1]) else { return nil }
        return claims.text("iss")
    }

    /// Who the holder of a JWT is.
    /// - Throws: `ServiceError` (`unauthenticated`).
    func caller(jwt: String, now: ServerTime) async throws -> Caller {
        let parts = jwt.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.decode(Header.self, parts[0]) else { throw refuse("is malformed") }
        guard Self.algorithms.contains(header.alg) else { throw refuse("is signed by the algorithm '\(header.alg)'") }
        let key = try await key(header.kid)
        let claims: Claims
        do {
            claims = try await key.verify(jwt, as: Claims.self)
        } catch {
            throw refuse("has a signature that is not its issuer's")
        }
        try check(claims, now: now)
        guard let rule = issuer.rules.first(where: { claims.fit($0.claims) }) else {
            throw refuse("is genuine, but no rule here is for its claims")
        }
        return Caller(name: "oidc:\(claims.text("sub") ?? "?")", project: rule.project, role: rule.role)
    }

    private func check(_ claims: Claims, now: ServerTime) throws(ServiceError) {
        guard claims.text("iss") == issuer.issuer else { throw refuse("is another issuer's") }
        guard !Set(claims.texts("aud")).isDisjoint(with: issuer.audiences) else {
            throw refuse("is meant for another audience")
        }
        let skew = issuer.clockSkew / .seconds(1)
        let seconds = Double(now.milliseconds) / 1000
        guard let expiry = claims.number("exp"), seconds < expiry + skew else { throw refuse("has expired") }
        if let start = claims.number("nbf"), seconds < start - skew { throw refuse("is not valid yet") }
        if let made = claims.number("iat"), seconds < made - skew { throw refuse("was made in the future") }
    }

    private nonisolated func refuse(_ why: String) -> ServiceError {
        ServiceError(.unauthenticated, "the token of \(issuer.issuer) \(why)")
    }

    // MARK: Keys

    private func key(_ id: String?) async throws -> JWTKeyCollection {
        if age.map({ $0 > Self.lifetime }) ?? true { try await fetchKeys() }
        if let key = known(id) { return key }
        // Not those that have just been fetched.
        if let age, age > Self.pause {
            try await fetchKeys()
            if let key = known(id) { return key }
        }
        throw refuse("is signed with a key that its issuer does not have")
    }

    private var age: Duration? { fetchedAt.map { time.now() - $0 } }

    /// A token need not name its key where there is only one.
    private func known(_ id: String?) -> JWTKeyCollection? {
        if let id { return keys[id] }
        return keys.count == 1 ? keys.values.first : nil
    }

    private func fetchKeys() async throws {
        let document: [UInt8]
        do {
            switch issuer.keys {
            case .file(let path): document = try FileSystem.read(path, limit: 1 << 20)
            case .url(let text):
                var request = HTTPRequest(.get, try HTTPURL(text))
                request.responseLimit = 1 << 20
                let response = try await Retrier().run { _ in
                    let response = try await client.send(request)
                    guard response.isSuccess else {
                        throw TransferError(
                            FailureClass(status: response.status) == .passing ? .unavailable : .refused,
                            "the keys are answered with \(response.status)")
                    }
                    return response
                }
                document = response.body
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ServiceError(
                .unauthenticated, "the keys of \(issuer.issuer) cannot be had, so that its tokens cannot be checked",
                cause: error)
        }
        guard let set = try? JSONDecoder().decode(KeySet.self, from: Data(document)) else {
            throw ServiceError(.unauthenticated, "the keys of \(issuer.issuer) are not a JWK set")
        }
        // One collection a key: where a key is not known, a collection of several takes any of them.
        var keys: [String: JWTKeyCollection] = [:]
        for (number, entry) in set.keys.enumerated() {
            guard var key = entry.key else { continue }
            let id = key.keyIdentifier?.string
            if id == nil { key.keyIdentifier = JWKIdentifier(string: String(number)) }
            let collection = JWTKeyCollection()
            // A kind of key that is not known here signs nothing that we take.
            guard (try? await collection.add(jwk: key)) != nil else { continue }
            keys[id ?? "\(number)"] = collection
        }
        self.keys = keys
        fetchedAt = time.now()
    }

    // MARK: Parts

    /// A JWK set, of which a key that is not known here spoils no other (RFC 7517, 5).
    private struct KeySet: Decodable {
        struct Entry: Decodable {
            let key: JWK?
            init(from decoder: any Decoder) throws { key = try? JWK(from: decoder) }
        }

        let keys: [Entry]
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ part: Substring) -> Value? {
        var base64 = String(part).replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }
}

/// A token's claims, as far as rules can speak of them: texts, numbers, truth values, and lists of texts.
private struct Claims: JWTPayload {
    private var values: [String: [Value]]

    private enum Value: Sendable {
        case text(String)
        case number(Double)
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        values = [:]
        for name in container.allKeys {
            if let text = try? container.decode(String.self, forKey: name) {
                values[name.stringValue] = [.text(text)]
            } else if let texts = try? container.decode([String].self, forKey: name) {
                values[name.stringValue] = texts.map(Value.text)
            } else if let flag = try? container.decode(Bool.self, forKey: name) {
                values[name.stringValue] = [.text("\(flag)")]
            } else if let number = try? container.decode(Double.self, forKey: name) {
                values[name.stringValue] = [.number(number)]
            }
        }
    }

    /// Never written; the protocol asks for it.
    func encode(to encoder: any Encoder) throws {}

    /// The times are checked by the database's clock, not here.
    func verify(using algorithm: some JWTAlgorithm) {}

    func texts(_ name: String) -> [String] {
        (values[name] ?? []).compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    func text(_ name: String) -> String? { texts(name).first }

    func number(_ name: String) -> Double? {
        if case .number(let number)? = values[name]?.first { number } else { nil }
    }

    func fit(_ patterns: [String: String]) -> Bool {
        patterns.allSatisfy { name, pattern in
            let whole = (values[name] ?? []).map { value in
                switch value {
                case .text(let text): text
                case .number(let number): Int64(exactly: number).map(String.init) ?? "\(number)"
                }
            }
            return whole.contains { PolicyPattern(pattern).matches($0) }
        }
    }
}
