/// A distribution that an image has where its Python finds packages (packaging specification "Recording installed
/// projects").
public struct InstalledDistribution: Sendable, Hashable, Codable {
    /// The normalised name.
    public var name: String
    /// The version as its metadata has it.
    public var version: String
    /// Its `.dist-info` or `.egg-info` in the image, without a leading slash.
    public var metadata: String

    /// Takes the parts.
    public init(name: String, version: String, metadata: String) {
        self.name = name
        self.version = version
        self.metadata = metadata
    }

    /// Whether a version is this one: `1.0` is `1.0.0`, and `1.0-RC1` is `1.0rc1` (version specifiers, "Normalization").
    /// Spellings beyond these count as another version, which costs a layer and breaks nothing.
    public func isVersion(_ other: String) -> Bool { Self.comparable(version) == Self.comparable(other) }

    private static func comparable(_ version: String) -> String {
        var text = version.lowercased()
        if text.hasPrefix("v") { text.removeFirst() }
        let release = text.prefix { $0.isNumber || $0 == "." || $0 == "!" }
        var numbers = release.split(separator: ".")
        while numbers.count > 1, let last = numbers.last, last.allSatisfy({ $0 == "0" }) { numbers.removeLast() }
        let rest = text.dropFirst(release.count).replacing("_", with: ".").replacing("-", with: ".")
        // Separators around the letters of a pre-release say nothing, those of a local version do.
        let parts = rest.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let suffix = parts.first.map { $0.replacing(".", with: "") } ?? ""
        return numbers.joined(separator: ".") + suffix + (parts.count > 1 ? "+\(parts[1])" : "")
    }

    /// Whether the version is one (version specifiers, appendix "Parsing version strings with regular expressions"): an image
    /// may have metadata by hand.
    var hasVersion: Bool {
        let pattern =
            /v?(\d+!)?\d+(\.\d+)*([-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?(-\d+|[-_.]?(post|rev|r)[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?/
        return version.lowercased().wholeMatch(of: pattern) != nil
    }
}
