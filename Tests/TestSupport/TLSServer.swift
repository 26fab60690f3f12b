import Content
import Foundation
public import SystemPackage

/// A server that speaks TLS (`openssl s_server`) with a certificate of its own that nobody knows. It serves files that
/// hold whole answers, head and body.
public final class TLSServer: Sendable {
    /// `https://127.0.0.1:port`.
    public let origin: String
    /// The certificate, a PEM file.
    public let certificateFile: String
    private let process: ServerProcess
    private let directory: TemporaryDirectory

    /// Starts a server.
    /// - Parameters:
    ///   - answers: by the path's last part, without a slash.
    ///   - clientAuthority: whose certificates clients have to show; nil asks for none.
    public init(_ answers: [String: String], clientAuthority: FilePath? = nil) async throws {
        directory = try TemporaryDirectory()
        for (name, answer) in answers { try FileSystem.write(answer.utf8, to: directory.path.appending(name)) }
        let certificate = try SelfSignedCertificate(in: directory.path)
        certificateFile = certificate.file.string
        process = try ServerProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:0", "-HTTP", "-key", certificate.keyFile.string, "-cert",
                certificateFile,
            ]
                + (clientAuthority.map { ["-Verify", "1", "-verify_return_error", "-CAfile", $0.string] } ?? []),
            package: "openssl", directory: directory.path)
        origin = "https://\(try await process.firstMatch(after: "ACCEPT "))"
    }

    deinit { process.stop() }
}
