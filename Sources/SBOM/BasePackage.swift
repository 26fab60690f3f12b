public import Layers
import OCI
import Python

/// A package that a base brings.
public struct BasePackage: Sendable, Hashable, Codable {
    /// What it is.
    public var component: PackageComponent
    /// Where a Python distribution is; a package of the system is all over the place.
    public var place: Place?

    /// A distribution's name in a directory: two of one name there hide each other.
    public struct Place: Sendable, Hashable, Codable {
        /// The normalised name.
        public var name: String
        /// The absolute path of the directory on `sys.path`.
        public var directory: String
    }

    /// Raised whenever `all(in:)` finds something else in the same tree.
    public static let formatVersion = 1

    /// The Python distributions and the Debian packages of an image, as their own records tell (`*.dist-info`, recording
    /// installed projects; dpkg's status file, deb(5)), in the order of their package URLs.
    public static func all(in tree: FileTree) -> [BasePackage] {
        let python = InstalledDistribution.all(in: tree).map { found in
            BasePackage(
                component: PackageComponent(
                    name: normalizedName(found.name), version: found.version,
                    packageURL: .pypi(found.name, version: found.version)),
                place: Place(name: normalizedName(found.name), directory: found.location))
        }
        var seen: Set<BasePackage> = []
        return (python + DebianPackages(tree).components.map { BasePackage(component: $0, place: nil) })
            .filter { seen.insert($0).inserted }
            .sorted { ($0.component, $0.place?.directory ?? "") < ($1.component, $1.place?.directory ?? "") }
    }
}

/// What dpkg has installed.
private struct DebianPackages {
    let components: [PackageComponent]

    init(_ tree: FileTree) {
        let system = Self.fields((tree.text("etc/os-release") ?? tree.text("usr/lib/os-release") ?? ""), separator: "=")
        func value(_ name: String) -> String? {
            system[name].map { $0.trimming { $0 == "\"" || $0 == "'" } }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let vendor = value("ID") ?? "debian"
        // Images without a shell keep a file a package.
        let texts = tree.textPaths.filter { path in
            path == "var/lib/dpkg/status" || (path.hasPrefix("var/lib/dpkg/status.d/") && !path.hasSuffix(".md5sums"))
        }.compactMap { tree.text($0) }
        components = texts.flatMap { Self.stanzas(of: $0) }.compactMap { stanza in
            let fields = Self.fields(stanza, separator: ":")
            guard let name = fields["Package"], let version = fields["Version"],
                // `install ok installed`; a package that was removed leaves its settings, and its stanza.
                fields["Status"].map({ $0.hasSuffix(" installed") }) ?? true
            else { return nil }
            return PackageComponent(
                name: name, version: version,
                packageURL: .debian(
                    name, version: version, architecture: fields["Architecture"], vendor: vendor,
                    release: value("VERSION_ID")))
        }
    }

    private static func stanzas(of text: String) -> [Substring] {
        var stanzas: [Substring] = []
        var rest = text[...]
        while let end = rest.firstRange(of: "\n\n") {
            stanzas.append(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return stanzas + [rest]
    }

    /// The fields that stand on one line; what continues one starts with white space.
    private static func fields(_ text: some StringProtocol, separator: Character) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") where line.first?.isWhitespace == false {
            let parts = line.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]).trimming(\.isWhitespace) }
        }
        return fields
    }
}

extension String {
    fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> String {
        var rest = self[...]
        while let first = rest.first, isLeftOut(first) { rest.removeFirst() }
        while let last = rest.last, isLeftOut(last) { rest.removeLast() }
        return String(rest)
    }
}
