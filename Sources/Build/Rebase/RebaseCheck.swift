import Diagnostics
import Layers
import OCI
import Python
import Spec

/// Looks for what would break when the layers of an image lie on another base: by the indexes of all layers, nothing is run.
struct RebaseCheck {
    /// How people call the new base.
    let base: String
    /// The platform of both.
    let platform: Platform
    /// What the layers hold: of the old base, of the new one, and of the image above it, lowest first.
    let old: [LayerIndex]
    let new: [LayerIndex]
    let upper: [LayerIndex]
    /// What a container of the image started with, and what it is to start with.
    let before: ImageConfiguration.Execution
    let after: ImageConfiguration.Execution

    /// Looks.
    /// - Returns: what the user should know although the image may work.
    /// - Throws: `BuildError` (`not_rebasable`) for what cannot work.
    func warnings() throws(BuildError) -> [String] {
        let places = RebasedPaths(old: old, new: new, upper: upper)
        if let problem = places.problem { throw refusal(problem) }
        let python = try pythonWarnings()
        return places.warnings + python
    }

    private func refusal(_ why: String, hints: [String] = []) -> BuildError {
        BuildError(
            .notRebasable, "the image does not go with the base '\(base)': \(why)",
            hints: hints + ["build it anew on that base", "--force leaves out the check"])
    }

    // MARK: Python and the C library

    private func pythonWarnings() throws(BuildError) -> [String] {
        let (treeBefore, treeAfter) = (FileTree(old + upper), FileTree(new + upper))
        func environment(_ tree: FileTree, _ settings: ImageConfiguration.Execution) throws(PythonError)
            -> PythonEnvironment
        {
            try PythonDetector(tree: tree, environment: settings.variables, platform: platform).detect()
        }
        // Without a Python before, none is missing afterwards.
        guard let had = try? environment(treeBefore, before) else {
            try checkLibrary(glibc(treeBefore), glibc(treeAfter))
            return []
        }
        let has: PythonEnvironment
        do throws(PythonError) {
            has = try environment(treeAfter, after)
        } catch {
            throw refusal("it has \(had.target), and there \(error.message)")
        }
        try checkLibrary(had.target.libc, has.target.libc)
        let sites = had.sitePackages + [had.scheme.purelib, had.scheme.platlib]
        let holdsPackages = upper.contains { index in
            index.entries.contains { entry in
                sites.contains { LayerPath.isBelow(LayerPath.normalised($0), entry.path) }
            }
        }
        var warnings: [String] = []
        if had.target.version.series != has.target.version.series {
            let change = "its Python is \(had.target.version), and the base has \(has.target.version)"
            if holdsPackages { throw refusal("\(change), which looks for packages elsewhere and takes other wheels") }
            warnings.append(change)
        } else if holdsPackages {
            let (was, becomes) = (had.scheme, has.scheme)
            for (old, new) in [
                (was.purelib, becomes.purelib), (was.platlib, becomes.platlib), (was.scripts, becomes.scripts),
                (was.interpreter, becomes.interpreter),
            ] where old != new {
                throw refusal("its packages are made for '\(old)', and there that is '\(new)'")
            }
        }
        let distributions = (
            DistributionReader(tree: treeBefore, environment: had).distributions(),
            DistributionReader(tree: treeAfter, environment: has).distributions()
        )
        return warnings + (try distributionWarnings(distributions.0, distributions.1))
    }

    private func distributionWarnings(_ had: [InstalledDistribution], _ has: [InstalledDistribution])
        throws(BuildError) -> [String]
    {
        let before = Dictionary(grouping: had, by: \.normalizedName)
        let after = Dictionary(grouping: has, by: \.normalizedName)
        var warnings: [String] = []
        for (name, found) in after.sorted(by: { $0.key < $1.key })
        where found.count > 1 && found.count > before[name]?.count ?? 0 {
            let versions = found.map(\.version).joined(separator: " and ")
            throw refusal(
                "'\(name)' would be installed twice, as \(versions): the image replaces the one that its old base had")
        }
        for (name, found) in before.sorted(by: { $0.key < $1.key }) {
            guard let first = found.first else { continue }
            switch after[name]?.first {
            case nil:
                warnings.append(
                    "\(first.name) \(first.version), which the image found in its old base, is not in '\(base)'")
            case .some(let now) where now.version != first.version:
                warnings.append("\(first.name) \(first.version) of the old base becomes \(now.version)")
            default: break
            }
        }
        return warnings
    }

    private func glibc(_ tree: FileTree) -> CLibrary? {
        tree.glibc(on: platform.architecture).map { .glibc(major: $0.major, minor: $0.minor) }
    }

    private func checkLibrary(_ had: CLibrary?, _ has: CLibrary?) throws(BuildError) {
        guard let had else { return }
        switch (had, has) {
        case (.glibc(let major, let minor), .glibc(let newMajor, let newMinor)),
            (.musl(let major, let minor), .musl(let newMajor, let newMinor)):
            guard (newMajor, newMinor) >= (major, minor) else {
                throw refusal(
                    "it was made for \(had), and the base has \(has.map(String.init(describing:)) ?? "none"), which lacks what came later"
                )
            }
        default:
            throw refusal(
                "it was made for \(had), and the base has \(has.map(String.init(describing:)) ?? "no C library that is known")"
            )
        }
    }
}
