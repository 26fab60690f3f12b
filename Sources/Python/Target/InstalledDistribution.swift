public import Layers

/// A Python distribution that an image has installed, as its own record tells ("Recording installed projects": the
/// directory `*.dist-info`).
public struct InstalledDistribution: Sendable, Hashable {
    /// The name as its metadata has it.
    public let name: String
    /// Its version.
    public let version: String
    /// The absolute path of the directory that it is in, one of `sys.path`.
    public let location: String

    /// Every distribution of an image, by name and location.
    public static func all(in tree: FileTree) -> [InstalledDistribution] {
        let found = tree.textPaths.compactMap { path -> InstalledDistribution? in
            let parts = path.split(separator: "/")
            guard parts.last == "METADATA", parts.dropLast().last?.hasSuffix(".dist-info") == true,
                let text = tree.text(path), let name = header("Name", in: text),
                let version = header("Version", in: text)
            else { return nil }
            return InstalledDistribution(
                name: name, version: version, location: "/" + parts.dropLast(2).joined(separator: "/"))
        }
        return found.sorted { ($0.name.lowercased(), $0.location) < ($1.name.lowercased(), $1.location) }
    }

    /// A field of core metadata: the headers end at the first empty line.
    private static func header(_ name: String, in text: String) -> String? {
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.isEmpty { return nil }
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return String(parts[1].drop(while: \.isWhitespace))
            }
        }
        return nil
    }
}
