import Content
public import OCI
public import Spec
import Transfer

/// A package as part of a bill.
public struct PackageComponent: Sendable, Hashable, Codable {
    /// What it is called where it comes from.
    public var name: String
    /// Its version.
    public var version: String
    /// What it is called everywhere.
    public var packageURL: PackageURL
    /// The file that it was installed from, where it is known.
    public var file: File?

    /// The file of a package.
    public struct File: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// The digest of its bytes.
        public var digest: Digest
        /// Its length in bytes, where it is known.
        public var size: Int64?
        /// Where it can be had, without user information, query and fragment; nil where that is this machine alone.
        public var url: String?
    }

    init(name: String, version: String, packageURL: PackageURL, file: File? = nil) {
        self.name = name
        self.version = version
        self.packageURL = packageURL
        self.file = file
    }

    /// The package of a wheel.
    /// - Parameter url: where it lies, as the lock has it.
    public init(_ wheel: WheelReference, url: String?) throws {
        self.init(
            name: wheel.name, version: wheel.version, packageURL: .pypi(wheel.name, version: wheel.version),
            file: File(
                name: wheel.filename, digest: wheel.digest, size: wheel.size,
                url: url.flatMap { Self.publicURL($0) }))
    }

    /// A URL as it may be told to anybody. What stands in its path is told: an index that wants a token there has to be
    /// asked by a user and a password instead.
    ///
    /// A path of this machine is none, and what cannot be taken apart is left out rather than guessed at.
    static func publicURL(_ text: String) -> String? {
        guard let url = try? HTTPURL(text) else { return nil }
        return String(url.text.prefix { $0 != "?" && $0 != "#" })
    }

    /// A name for it within a document, of letters, digits, points and hyphens (SPDX 2.3, 7.2).
    func identifier(_ kind: String) throws -> String {
        let readable = name.unicodeScalars.map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain ? Character(scalar) : "-"
        }
        // Two versions, and two names that differ in another character, must not share it.
        return "\(kind)-\(String(readable))-\(try Digester.digest(of: Array(packageURL.text.utf8)).short)"
    }
}

extension PackageComponent: Comparable {
    /// Orders by the package URL: by kind, then by name, then by version.
    public static func < (left: PackageComponent, right: PackageComponent) -> Bool {
        left.packageURL.text.utf8.lexicographicallyPrecedes(right.packageURL.text.utf8)
    }
}
