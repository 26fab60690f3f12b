public import Layers

/// A distribution that an image has installed, as its own record tells (packaging specification "Recording installed
/// projects").
public struct InstalledDistribution: Sendable, Hashable, Codable {
    /// The name as its metadata has it.
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

    /// The name by which packages are compared.
    public var normalizedName: String { Python.normalizedName(name) }

    /// The absolute path of the directory that it is in, one of `sys.path`.
    public var location: String { "/" + LayerPath.split(metadata).directory }

    /// Every distribution of an image with a `.dist-info`, by name and location.
    public static func all(in tree: FileTree) -> [InstalledDistribution] {
        let found = tree.textPaths.compactMap { path -> InstalledDistribution? in
            let (directory, name) = LayerPath.split(path)
            guard name == "METADATA", directory.hasSuffix(".dist-info") else { return nil }
            return InstalledDistribution(at: directory, in: tree)
        }
        return found.sorted { ($0.name.lowercased(), $0.location) < ($1.name.lowercased(), $1.location) }
    }

    /// Reads what stands at a path.
    /// - Returns: nil where it is no distribution, or does not say which.
    init?(at path: String, in tree: FileTree) {
        guard let text = Self.text(at: path, in: tree), let name = Self.header("Name", in: text),
            let version = Self.header("Version", in: text)
        else { return nil }
        self.init(name: name, version: version, metadata: path)
    }

    private static func text(at path: String, in tree: FileTree) -> String? {
        if path.hasSuffix(".dist-info") { return tree.text("\(path)/METADATA") }
        // A directory by setuptools, a file by distutils.
        return path.hasSuffix(".egg-info") ? tree.text("\(path)/PKG-INFO") ?? tree.text(path) : nil
    }

    /// A field of core metadata: the headers end at the first empty line.
    private static func header(_ field: String, in text: String) -> String? {
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.allSatisfy(\.isWhitespace) { return nil }
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == field.lowercased() else { continue }
            let words = parts[1].split(whereSeparator: \.isWhitespace)
            return words.count == 1 ? String(words[0]) : nil
        }
        return nil
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
