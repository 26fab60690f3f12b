import Diagnostics
import OCI
import Python

/// A package's name across ecosystems, `pkg:type/namespace/name@version?qualifiers` (purl specification, ECMA-427), in its
/// canonical form.
public struct PackageURL: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The whole text.
    public let text: String

    /// The text.
    public var description: String { text }

    /// A distribution of the Python package index (purl types, `pypi`): the name in its one form, which PEP 503 gives.
    static func pypi(_ name: String, version: String) -> PackageURL {
        PackageURL("pypi", name: normalizedName(name), version: version)
    }

    /// A package of Debian or a system made from it (purl types, `deb`).
    /// - Parameters:
    ///   - vendor: the system's `ID` in os-release.
    ///   - release: its `VERSION_ID`.
    static func debian(
        _ name: String, version: String, architecture: String?, vendor: String, release: String?
    ) -> PackageURL {
        PackageURL(
            "deb", namespace: vendor, name: name.lowercased(), version: version,
            qualifiers: [("arch", architecture), ("distro", release.map { "\(vendor)-\($0)" })])
    }

    /// An image (purl types, `oci`): named by the last part of its repository.
    init(_ image: ImageComponent) {
        let name = image.reference?.repository ?? image.name
        self.init(
            "oci", name: (name.split(separator: "/").last.map(String.init) ?? name).lowercased(),
            version: image.digest.description,
            qualifiers: [
                ("arch", image.platform.architecture), ("repository_url", image.reference?.name),
                ("tag", image.reference?.tag),
            ])
    }

    /// - Parameter qualifiers: in the order of their names; those without a value are left out.
    private init(
        _ type: String, namespace: String? = nil, name: String, version: String,
        qualifiers: [(String, String?)] = []
    ) {
        let path = [type, namespace, name].compactMap { $0.map(Self.encoded) }.joined(separator: "/")
        // A slash means something in the path alone.
        let query = qualifiers.compactMap { name, value in
            value.map { "\(name)=\(Self.encoded($0).replacing("%2F", with: "/"))" }
        }.joined(separator: "&")
        text = "pkg:\(path)@\(Self.encoded(version))" + (query.isEmpty ? "" : "?\(query)")
    }

    /// All but the unreserved characters and the colon is escaped (ECMA-427, 5.4).
    private static func encoded(_ text: String) -> String {
        PercentEncoding.value(text).replacing("%3A", with: ":")
    }

    /// Reads a bare string.
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    /// Writes a bare string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
