public import Diagnostics

/// What an image runs on: `linux/amd64`, `linux/arm64/v8` (OCI image specification, image-index.md; names of GOOS and
/// GOARCH).
public struct Platform: Sendable, Hashable, Codable {
    /// The operating system.
    public var os: String
    /// The processor architecture.
    public var architecture: String
    /// The architecture's variant, such as `v7`.
    public var variant: String?
    /// The version of the operating system; Windows images carry it.
    public var osVersion: String?

    private enum CodingKeys: String, CodingKey {
        case os
        case architecture
        case variant
        case osVersion = "os.version"
    }

    /// Takes the parts.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// Reads `os/architecture[/variant]`; a lone architecture means Linux. The usual other names (`x86_64`,
    /// `aarch64`) are taken, as docker takes them, and arm64's variant `v8`, which is the only one, is dropped.
    /// - Throws: `OCIError` with the text at fault.
    public init(_ text: some StringProtocol) throws(OCIError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { $0.lowercased() }
        let valid = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { isASCIIAlphanumeric($0) || $0 == UInt8(ascii: "_") }
        }
        guard valid, (1...3).contains(parts.count) else {
            throw OCIError(
                .invalidPlatform, "'\(text)' is not a platform",
                hints: ["a platform reads os/architecture[/variant], for example linux/amd64"])
        }
        let architectures = ["x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm"]
        let architecture = parts.count == 1 ? parts[0] : parts[1]
        os = parts.count == 1 ? "linux" : parts[0]
        self.architecture = architectures[architecture] ?? architecture
        variant = parts.count == 3 ? parts[2] : nil
        if self.architecture == "arm64", variant == "v8" { variant = nil }
    }

    /// The platform that this program was compiled for.
    public static var host: Platform {
        #if arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            Platform(os: "linux", architecture: "amd64")
        #endif
    }

    /// Whether an image made for `other` runs here: the same system and architecture, and no variant that we lack.
    public func runs(_ other: Platform) -> Bool {
        guard os == other.os, architecture == other.architecture else { return false }
        if architecture == "arm64" { return (variant ?? "v8") == (other.variant ?? "v8") }
        return other.variant == nil || variant == nil || variant == other.variant
    }
}

extension Platform: CustomStringConvertible {
    /// `os/architecture[/variant]`.
    public var description: String { ([os, architecture] + (variant.map { [$0] } ?? [])).joined(separator: "/") }
}

func isASCIIAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: false
    }
}
