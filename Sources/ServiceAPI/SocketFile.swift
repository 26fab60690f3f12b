import Content
import Diagnostics
import Glibc
import OCI
import Service
import SystemPackage

/// The file of a unix socket. It is made in a directory that nobody else may enter and moved to its place once it has its
/// mode, so that at no time more may connect than should.
struct SocketFile: Sendable {
    /// Where clients find it.
    let path: FilePath
    /// Where it is bound.
    let hidden: FilePath
    private let directory: FilePath

    /// Makes the hidden directory.
    /// - Throws: `ServiceError` (`invalid_configuration`) where a server listens at the path, something else is there, or the
    ///   directory cannot be made.
    init(_ path: FilePath) throws {
        self.path = path
        if FileSystem.exists(path) {
            guard try FileSystem.status(path, followingLinks: false)?.kind == .socket else {
                throw Self.refuse(path, "which is there, and no socket", "remove it, or choose another path")
            }
            guard !Self.answers(path) else {
                throw Self.refuse(
                    path, "where another server listens already", "stop that server, or choose another path")
            }
        }
        do {
            directory = try FileSystem.makeTemporaryDirectory(prefix: path.removingLastComponent().appending(".s-"))
        } catch {
            throw ServiceError(
                .invalidConfiguration, "the server cannot listen on unix:\(path)",
                hints: ["its directory has to be there, and the server may write to it"], cause: error)
        }
        hidden = directory.appending("s")
    }

    /// Gives the bound socket its mode and its place.
    func show(mode: UInt32) throws {
        defer { try? FileSystem.removeTree(directory) }
        guard chmod(hidden.string, mode_t(mode)) == 0, rename(hidden.string, path.string) == 0 else {
            throw Self.refuse(path, "which cannot be written", "the server has to be allowed to write its directory")
        }
    }

    /// Removes the socket.
    func remove() { try? FileSystem.remove(path) }

    /// Removes what is left of a socket that never got to its place.
    func abandon() { try? FileSystem.removeTree(directory) }

    private static func refuse(_ path: FilePath, _ why: String, _ hint: String) -> ServiceError {
        ServiceError(.invalidConfiguration, "the server cannot listen on unix:\(path), \(why)", hints: [hint])
    }

    /// Whether somebody takes connections there; the socket of a server that died does not.
    private static func answers(_ path: FilePath) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.string.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
