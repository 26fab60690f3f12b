import Content
import Foundation
public import RegistryTesting
public import SystemPackage

/// A token service as docker-registry trusts it (distribution, "Token Authentication Specification" and "Token Authentication
/// Implementation"): it signs what it allows, and allows whatever is asked by the one who is known.
public final class TokenServer: Sendable {
    /// The user who is known.
    public static let user = "tester"
    /// The user's password.
    public static let password = "secret"
    /// What is exchanged for tokens in the place of a password.
    public static let identityToken = "identity/token+1"
    /// Its name in tokens.
    public static let issuer = "cooperage tests"
    /// For whom its tokens are.
    public static let service = "test"

    /// The certificate by which its signatures are checked.
    public let certificateFile: FilePath
    /// Where it is asked.
    public var realm: String { "\(server.origin)/token" }
    /// What it was asked so far.
    public var requests: [LoopbackRequest] { server.requests }

    private let directory: TemporaryDirectory
    private let server: LoopbackServer

    /// Starts a service.
    public init() async throws {
        let directory = try TemporaryDirectory()
        let (certificate, key) = (directory.path.appending("token.crt"), directory.path.appending("token.key"))
        try run(
            "openssl",
            [
                "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=tokens", "-newkey", "rsa:2048", "-keyout",
                key.string, "-out", certificate.string,
            ])
        let chain = try run("openssl", ["x509", "-in", certificate.string, "-outform", "DER"])
        self.directory = directory
        certificateFile = certificate
        server = try await LoopbackServer { request in
            guard let scopes = try await Self.scopes(of: request) else {
                return LoopbackResponse(401, text: #"{"errors":[{"code":"UNAUTHORIZED","message":"who is that"}]}"#)
            }
            let token = try Self.token(scopes, chain: chain, key: key)
            return LoopbackResponse(200, text: "{\"access_token\":\"\(token)\",\"expires_in\":300}")
        }
    }

    /// Ends it.
    public func stop() async { await server.stop() }

    /// The scopes that are asked for; nil where nobody says who asks.
    private static func scopes(of request: LoopbackRequest) async throws -> [String]? {
        guard request.method == "POST" else {
            let pair = Data("\(user):\(password)".utf8).base64EncodedString()
            guard request.header("Authorization") == "Basic \(pair)" else { return nil }
            return request.query.filter { $0.name == "scope" }.map(\.value)
        }
        let form = String(decoding: try await request.body(), as: UTF8.self)
        let fields = URLComponents(string: "?\(form)")?.queryItems ?? []
        guard fields.contains(URLQueryItem(name: "refresh_token", value: identityToken)) else { return nil }
        return fields.first { $0.name == "scope" }?.value?.split(separator: " ").map(String.init) ?? []
    }

    private static func token(_ scopes: [String], chain: [UInt8], key: FilePath) throws -> String {
        struct Header: Encodable {
            let alg = "RS256"
            let typ = "JWT"
            let x5c: [String]
        }
        struct Claims: Encodable {
            struct Access: Encodable {
                let type: String
                let name: String
                let actions: [String]
            }
            let iss = TokenServer.issuer
            let sub = TokenServer.user
            let aud = TokenServer.service
            let exp: Int
            let nbf: Int
            let iat: Int
            let jti: String
            let access: [Access]
        }
        let access = scopes.compactMap { scope -> Claims.Access? in
            let parts = scope.split(separator: ":").map(String.init)
            guard parts.count == 3 else { return nil }
            return Claims.Access(
                type: parts[0], name: parts[1], actions: parts[2].split(separator: ",").map(String.init))
        }
        let now = Int(Date().timeIntervalSince1970)
        let claims = Claims(
            exp: now + 300, nbf: now - 10, iat: now, jti: String(UInt64.random(in: .min ... .max)), access: access)
        let header = Header(x5c: [Data(chain).base64EncodedString()])
        let signed = try [JSONEncoder().encode(header), JSONEncoder().encode(claims)].map(base64URL)
            .joined(separator: ".")
        let signature = try run("openssl", ["dgst", "-sha256", "-sign", key.string], input: Array(signed.utf8))
        return "\(signed).\(base64URL(Data(signature)))"
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
