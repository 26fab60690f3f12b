import Content
import Diagnostics
import ServiceClient
import SystemPackage
import TestSupport
import Testing
import Transfer

/// What is told of files that a connection cannot be made with, before it is tried.
@Suite struct ConnectionFilesTests {
    private let scratch: TemporaryDirectory
    private let issued: CertificateAuthority.Issued
    private let encrypted: FilePath

    init() throws {
        scratch = try TemporaryDirectory()
        issued = try CertificateAuthority(in: scratch.path).issue("/CN=ci-main")
        encrypted = scratch.path.appending("encrypted.key")
        try run(
            "openssl",
            ["pkey", "-in", issued.keyFile.string, "-aes256", "-passout", "pass:swordfish", "-out", encrypted.string])
    }

    private func named(_ path: FilePath, _ flag: String) -> ConnectionFiles.Named {
        .init(path, place: FailureContext("flag", flag))
    }

    @Test func goodFilesAreTaken() throws {
        let files = ConnectionFiles(
            authority: named(issued.file, "--ca-file"), certificate: named(issued.file, "--cert-file"),
            key: named(issued.keyFile, "--key-file"))
        _ = try files.sender()
        _ = try ConnectionFiles().sender()
        // Both in one file.
        let both = try scratch.write(
            FileSystem.read(issued.file) + FileSystem.read(issued.keyFile), to: "both.pem")
        _ = try ConnectionFiles(certificate: named(both, "--cert-file")).sender()
    }

    @Test func whatCannotBeUsedIsNamed() throws {
        let cert = named(issued.file, "--cert-file")
        let nowhere: FilePath = "/nowhere/file.pem"
        let cases: [(ConnectionFiles, String, String)] = [
            (.init(authority: named(nowhere, "--ca-file")), "--ca-file", "authorities to trust cannot be read"),
            (.init(authority: named(issued.keyFile, "--ca-file")), "--ca-file", "authorities to trust holds none"),
            (.init(certificate: named(nowhere, "--cert-file")), "--cert-file", "the certificate cannot be read"),
            (.init(certificate: cert), "--cert-file", "the certificate's key holds none"),
            (.init(certificate: cert, key: named(nowhere, "--key-file")), "--key-file", "key cannot be read"),
            (.init(certificate: cert, key: named(encrypted, "--key-file")), "--key-file", "key has a password"),
            (.init(key: named(issued.keyFile, "--key-file")), "--key-file", "a certificate that is not named"),
        ]
        for (files, flag, words) in cases {
            let error = #expect(throws: ClientError.self) { try files.sender() }
            #expect(error?.code == .unusableFile && error?.blame == .request)
            #expect(error?.context.first == FailureContext("flag", flag), "\(words)")
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test func theEnvironmentNamesThem() {
        let files = ConnectionFiles(environment: [
            "COOPERAGE_CA_FILE": "ca", "COOPERAGE_CERT_FILE": "cert", "COOPERAGE_KEY_FILE": "",
        ])
        #expect(files.authority?.path == "ca" && files.certificate?.path == "cert" && files.key == nil)
        #expect(files.authority?.place == FailureContext("variable", "COOPERAGE_CA_FILE"))
        // A pair comes from one place.
        let given = ConnectionFiles(certificate: named("other", "--cert-file")).completed(
            by: ConnectionFiles(environment: ["COOPERAGE_CERT_FILE": "cert", "COOPERAGE_KEY_FILE": "key"]))
        #expect(given.certificate?.path == "other" && given.key == nil)
    }
}
