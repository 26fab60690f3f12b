import ArgumentParser
import Diagnostics
import ServiceClient
import SystemPackage
import Transfer

/// Whom we trust, and as whom we come, where TLS is spoken.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: """
            Authorities to trust, PEM: for registries beside the system's, for a server in their place \
            (default: COOPERAGE_CA_FILE).
            """, completion: .file())
    var caFile: String?

    @Option(
        help: "The certificate to show to registries and servers, PEM (default: COOPERAGE_CERT_FILE).",
        completion: .file())
    var certFile: String?

    @Option(
        help: "Its private key, PEM (default: COOPERAGE_KEY_FILE, else the certificate's file).", completion: .file())
    var keyFile: String?

    /// The files that the flags name.
    var files: ConnectionFiles {
        func named(_ path: String?, _ flag: String) -> ConnectionFiles.Named? {
            path.map { .init(FilePath($0), place: FailureContext("flag", flag)) }
        }
        return ConnectionFiles(
            authority: named(caFile, "--ca-file"), certificate: named(certFile, "--cert-file"),
            key: named(keyFile, "--key-file"))
    }
}
