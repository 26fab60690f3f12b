import Content
import Diagnostics
public import SystemPackage
import Transfer

/// The directories in which docker and containers keep what TLS with single registries takes, `certs.d/HOST[:PORT]`:
/// authorities as `*.crt`, our certificates as `*.cert` with `*.key` (docker's "Verify repository client with certificates";
/// containers-certs.d(5)).
public struct CertificateDirectories: Sendable {
    /// What one host's directory holds.
    struct Found: Sendable {
        var authorities: [UInt8] = []
        var identity: ClientIdentity?
    }

    /// The directories `certs.d`. The first that has one for a host counts, as with containers.
    public var roots: [FilePath]

    /// Takes directories.
    public init(roots: [FilePath] = []) { self.roots = roots }

    /// Those of the machine.
    public static let system = CertificateDirectories(roots: ["/etc/containers/certs.d", "/etc/docker/certs.d"])

    /// Those of a user, and of the machine.
    public init(environment: [String: String]) {
        let user = ContainersSettings.user(environment)?.appending("certs.d")
        roots = [user].compactMap(\.self) + Self.system.roots
    }

    /// What is there for a host, under any of its names.
    /// - Parameter names: `host:port`, and `host` where the port is the scheme's own.
    /// - Throws: `RegistryError` (`invalid_configuration`), `TransferError` (`unusable_certificate`).
    func files(for names: [String]) throws -> Found? {
        for root in roots {
            for name in names where !name.contains("/") {
                let directory = root.appending(name)
                // Those that are not ours to read are skipped, as podman and docker do.
                guard (try? FileSystem.status(directory))??.kind == .directory,
                    let entries = try? FileSystem.names(in: directory)
                else { continue }
                return try Self.read(entries, in: directory, name)
            }
        }
        return nil
    }

    private static func read(_ entries: [String], in directory: FilePath, _ host: String) throws -> Found {
        var found = Found()
        for name in entries where name.hasSuffix(".crt") {
            found.authorities += try file(name, in: directory).read("the authorities of \(host)", .certificate)
            found.authorities += Array("\n".utf8)
        }
        let certificates = stems(".cert", in: entries)
        let keys = stems(".key", in: entries)
        for (stem, own, other) in certificates.map({ ($0, ".cert", ".key") }) + keys.map({ ($0, ".key", ".cert") }) {
            guard !entries.contains(stem + other) else { continue }
            throw RegistryError(
                .invalidConfiguration, "'\(stem)\(own)' is for TLS with \(host), and there is no '\(stem)\(other)'",
                context: [FailureContext("directory", directory.string)],
                hints: ["certificate and key have one name, as in client.cert and client.key; authorities end in .crt"])
        }
        // libcurl shows one; of several, the first by name.
        if let stem = certificates.first {
            try file("\(stem).cert", in: directory).read("the certificate for \(host)", .certificate)
            try file("\(stem).key", in: directory).read("the certificate's key for \(host)", .key)
            found.identity = ClientIdentity(
                certificateFile: directory.appending("\(stem).cert").string,
                keyFile: directory.appending("\(stem).key").string)
        }
        return found
    }

    private static func file(_ name: String, in directory: FilePath) -> PEMFile {
        let path = directory.appending(name)
        return PEMFile(path, place: FailureContext("file", path.string))
    }

    private static func stems(_ suffix: String, in names: [String]) -> [String] {
        names.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
    }
}
