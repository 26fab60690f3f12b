public import Diagnostics

/// The name of an image in a registry: `registry/repository[:tag][@digest]`.
///
/// Read by the rules of the distribution project's reference grammar, with docker's defaults: a name without a
/// registry is Docker Hub's, one without a slash there is under `library/`. A value is always well formed.
public struct Reference: Sendable, Hashable {
    /// `host[:port]`. Docker Hub is `docker.io`.
    public let registry: String
    /// The repository's path, lower case.
    public let repository: String
    /// The tag, if one was given.
    public let tag: String?
    /// The digest, if one was given.
    public let digest: Digest?

    /// The tag that a name without tag and digest means.
    public static let defaultTag = "latest"

    /// The name with its tag, given or meant: equal for two names of one image.
    public var tagged: String { "\(name):\(tag ?? Self.defaultTag)" }

    /// Reads a name.
    /// - Throws: `OCIError` that says which part is wrong.
    public init(_ text: some StringProtocol) throws(OCIError) {
        var rest = Substring(String(text))
        func refuse(_ why: String) -> OCIError {
            OCIError(
                .invalidReference, "'\(text)' is not an image reference: \(why)",
                hints: [
                    "a reference reads [registry/]repository[:tag][@sha256:…], for example 127.0.0.1:5000/team/app:1"
                ])
        }
        if let at = rest.firstIndex(of: "@") {
            digest = try Digest(rest[rest.index(after: at)...])
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/")
        if let colon = rest.lastIndex(of: ":"), lastSlash.map({ $0 < colon }) ?? true {
            let tag = String(rest[rest.index(after: colon)...])
            guard Self.isTag(tag) else { throw refuse("'\(tag)' is not a tag") }
            self.tag = tag
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        var components = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if components.count > 1, let first = components.first, Self.looksLikeHost(first) {
            registry = components.removeFirst()
            guard Self.isHost(registry) else { throw refuse("'\(registry)' is not a registry's host") }
        } else {
            registry = "docker.io"
        }
        if Self.isDockerHub(registry), components.count == 1 { components.insert("library", at: 0) }
        for component in components where !Self.isPathComponent(component) {
            let why =
                component.lowercased() != component
                ? "repository names are lower case" : "'\(component)' is not a repository name"
            throw refuse(why)
        }
        repository = components.joined(separator: "/")
        guard repository.utf8.count <= 255 else { throw refuse("the repository name is longer than 255 characters") }
    }

    private init(registry: String, repository: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// What the registry is asked for: the digest where there is one, else the tag, else `latest`.
    public var identifier: String { digest?.description ?? tag ?? Self.defaultTag }

    /// The same repository by digest alone, the name that never changes its meaning.
    public func pinned(to digest: Digest) -> Reference {
        Reference(registry: registry, repository: repository, tag: nil, digest: digest)
    }

    /// `registry/repository`.
    public var name: String { "\(registry)/\(repository)" }

    private static func isDockerHub(_ host: String) -> Bool { host == "docker.io" || host == "index.docker.io" }

    private static func looksLikeHost(_ text: String) -> Bool {
        text.contains(".") || text.contains(":") || text == "localhost" || text.lowercased() != text
    }

    private static func isHost(_ text: String) -> Bool {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return false }
            let port = text[text.index(after: close)...]
            return text[..<close].dropFirst().allSatisfy { $0.isHexDigit || $0 == ":" }
                && (port.isEmpty || (port.hasPrefix(":") && isPort(port.dropFirst())))
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let valid = labels.allSatisfy { label in
            !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isASCIIAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
        return valid && (parts.count == 1 || isPort(parts[1]))
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let port = Int(text) else { return false }
        return text.allSatisfy { $0.isASCII && $0.isNumber } && (1...65535).contains(port)
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isPathComponent(_ text: String) -> Bool {
        var separators: [UInt8] = []
        var expectsWord = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let allowed =
                    separators.isEmpty || separators == [UInt8(ascii: ".")] || separators == [UInt8(ascii: "_")]
                    || separators == [UInt8(ascii: "_"), UInt8(ascii: "_")]
                    || separators.allSatisfy { $0 == UInt8(ascii: "-") }
                guard allowed else { return false }
                separators = []
                expectsWord = false
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                guard !expectsWord else { return false }
                separators.append(byte)
            default: return false
            }
        }
        return !expectsWord && separators.isEmpty
    }

    /// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`
    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isASCIIAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy {
                isASCIIAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }
}

extension Reference: CustomStringConvertible {
    /// The full name; reading it again gives the same value.
    public var description: String {
        name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}

extension Reference: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
