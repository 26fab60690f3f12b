import CCurl
import Content
import Diagnostics
import SystemPackage

/// The authorities that vouch for every host.
struct TrustedRoots: Sendable, Hashable {
    /// A PEM file in the place of libcurl's own; nil leaves that.
    let file: String?
    /// Directories of certificates under their hashes, separated by colons, in the place of libcurl's own; nil leaves those.
    let directory: String?

    /// What is trusted when further authorities are: libcurl takes them in the place of its file, not of its directory.
    /// - Parameter handle: tells what libcurl takes by itself.
    func joined(with authorities: [UInt8], _ handle: UnsafeMutableRawPointer) throws(TransferError) -> [UInt8] {
        let ownFile = Self.text(CURLINFO_CAINFO, handle)
        // Where libcurl has a directory, as on Debian, its file holds the same.
        guard let file = file ?? (directory ?? Self.text(CURLINFO_CAPATH, handle) == nil ? ownFile : nil) else {
            return authorities
        }
        do {
            return try FileSystem.read(FilePath(file), limit: 16 << 20) + Array("\n".utf8) + authorities
        } catch {
            throw TransferError(
                .untrusted, "the certificates to trust cannot be read", context: [FailureContext("file", file)],
                hints: ["SSL_CERT_FILE can name the certificates to trust"], cause: error)
        }
    }

    private static func text(_ info: CURLINFO, _ handle: UnsafeMutableRawPointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard cooperage_curl_getinfo_string(handle, info, &text) == CURLE_OK, let text else { return nil }
        return String(cString: text)
    }
}
