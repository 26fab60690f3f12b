public import Diagnostics
public import Layers
import Spec

/// Reads which distributions an image has in the directories that installers write to, and which files are theirs. Nothing
/// of the image is run.
///
/// As with uv, a distribution in a directory of the system's own packages (Debian's `/usr/lib/python3/dist-packages`) is
/// not the environment's: it is neither kept for a requirement nor removed.
public struct DistributionReader: Sendable {
    private let tree: FileTree
    /// The directories of packages, without leading slashes.
    private let sites: [String]
    /// What the image has below them, sorted by bytes.
    private let paths: [String]

    /// Takes an image's files and its Python.
    public init(tree: FileTree, environment: PythonEnvironment) {
        self.tree = tree
        let (pure, platform) = (
            LayerPath.normalised(environment.scheme.purelib), LayerPath.normalised(environment.scheme.platlib)
        )
        let sites = pure == platform ? [pure] : [pure, platform]
        self.sites = sites
        paths = tree.paths.filter { path in sites.contains { LayerPath.isBelow($0, path) } }
    }

    // MARK: What there is

    /// The distributions, sorted by name. One that is there twice is listed twice.
    public func distributions() -> [InstalledDistribution] {
        let found = paths.compactMap { path in
            sites.contains(LayerPath.split(path).directory) ? InstalledDistribution(at: path, in: tree) : nil
        }
        return found.sorted { ($0.normalizedName, $0.metadata) < ($1.normalizedName, $1.metadata) }
    }

    // MARK: What goes with them

    /// What an installer removes with distributions: their files, the bytecode of their modules, and the directories of
    /// packages that are left empty.
    /// - Returns: paths of the image, without leading slashes and without links on their way.
    /// - Throws: `PythonError` (`not_removable`) for one that does not say what is its own.
    public func paths(of distributions: [InstalledDistribution]) throws(PythonError) -> [String] {
        var removed: Set<PathKey> = []
        for distribution in distributions { removed.formUnion(try files(of: distribution)) }
        addBytecode(to: &removed)
        addEmptied(to: &removed)
        return removed.map(\.path)
    }

    private func files(of distribution: InstalledDistribution) throws(PythonError) -> [PathKey] {
        let metadata = distribution.metadata
        let listed: [String]
        if let text = tree.text("\(metadata)/RECORD") {
            let site = LayerPath.split(metadata).directory
            listed = Record(text).rows.map { Self.joined(site, $0.path) }
        } else if let text = tree.text("\(metadata)/installed-files.txt") {
            listed = text.split(whereSeparator: \.isNewline).map { Self.joined(metadata, String($0)) }
        } else {
            throw PythonError(
                .notRemovable,
                "\(distribution.name) \(distribution.version) of the base image would have to be replaced, and does not say which files are its own",
                context: [FailureContext("distribution", "/\(metadata)")],
                hints: ["remove it in the base image, or require the version that is there"])
        }
        let own = paths.filter { $0 == metadata || LayerPath.isBelow(metadata, $0) }
        return own.map(PathKey.init)
            + listed.compactMap { path in
                // Links on the way are followed; one at the end is itself what is removed.
                let (directory, name) = LayerPath.split(path)
                guard !name.isEmpty, let real = tree.resolved(directory) else { return nil }
                let place = LayerPath.joined(real, name)
                guard let entry = tree.entry(place), entry.kind != .directory else { return nil }
                return PathKey(place)
            }
    }

    private static func joined(_ directory: String, _ path: String) -> String {
        var parts = path.utf8.first == UInt8(ascii: "/") ? [] : LayerPath.parts(directory)
        for part in LayerPath.parts(path) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// `__pycache__/name.*.pyc` beside each module: no RECORD need list it.
    private func addBytecode(to removed: inout Set<PathKey>) {
        for path in paths where path.hasSuffix(".pyc") {
            let (directory, name) = LayerPath.split(path)
            let (parent, cache) = LayerPath.split(directory)
            // `module.cpython-311.pyc`, `module.cpython-311.opt-1.pyc`; a module's name may hold dots itself.
            var words = name.split(separator: ".", omittingEmptySubsequences: false).dropLast()
            if words.last?.hasPrefix("opt-") == true { words.removeLast() }
            let module = words.dropLast().joined(separator: ".")
            if cache == "__pycache__", removed.contains(PathKey("\(parent)/\(module).py")) {
                removed.insert(PathKey(path))
            }
        }
    }

    /// Directories of packages of which nothing is left, innermost first.
    private func addEmptied(to removed: inout Set<PathKey>) {
        let touched = Set(removed.flatMap { LayerPath.ancestors(of: $0.path) }.map(PathKey.init))
        var children: [PathKey: [PathKey]] = [:]
        for path in paths { children[PathKey(LayerPath.split(path).directory), default: []].append(PathKey(path)) }
        for path in paths.reversed().map(PathKey.init)
        where touched.contains(path) && (children[path] ?? []).allSatisfy(removed.contains) {
            removed.insert(path)
        }
    }
}
