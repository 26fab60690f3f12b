import Content
public import Diagnostics
public import SystemPackage

/// A PEM file that somebody named, and where.
public struct PEMFile: Sendable, Equatable {
    /// Where it lies.
    public let path: FilePath
    /// The flag, the variable or the file that names it.
    public let place: FailureContext

    /// What is looked for in it.
    public enum Content: Sendable {
        /// At least one certificate.
        case certificate
        /// A private key that needs no password.
        case key
    }

    /// Takes the parts.
    public init(_ path: FilePath, place: FailureContext) {
        self.path = path
        self.place = place
    }

    /// Reads it. libcurl would tell what is wrong with it as well, but in words that name no flag.
    /// - Parameter what: whose it is, for the error.
    /// - Throws: `TransferError` (`unusable_certificate`) where it cannot be read, or holds something else.
    @discardableResult
    public func read(_ what: String, _ content: Content) throws(TransferError) -> [UInt8] {
        func refuse(_ why: String, hints: [String] = [], cause: (any Error)? = nil) -> TransferError {
            let context = [place, FailureContext("file", path.string)].reduce(into: [FailureContext]()) {
                if !$0.contains($1) { $0.append($1) }
            }
            return TransferError(
                .unusableCertificate, "the file of \(what) \(why)", context: context, hints: hints, cause: cause)
        }
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(path, limit: 16 << 20)
        } catch {
            throw refuse("cannot be read", cause: error)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let mark = content == .certificate ? "CERTIFICATE-----" : "PRIVATE KEY-----"
        guard text.contains(mark) else {
            throw refuse("holds none", hints: ["it takes a PEM file, with a line '-----BEGIN …\(mark)'"])
        }
        guard content == .certificate || !text.contains("ENCRYPTED") else {
            throw refuse(
                "has a password, which nobody is here to type",
                hints: ["'openssl pkey -in FILE -out PLAIN' writes it without one"])
        }
        return bytes
    }
}
