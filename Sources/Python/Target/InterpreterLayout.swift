import Layers
import Spec

/// Where an interpreter looks for packages and where installers put them: the schemes of `sysconfig`, with what
/// distributions change in them.
struct InterpreterLayout {
    let tree: FileTree
    /// Where the interpreter is installed, without a leading slash.
    let prefix: String
    /// `3.11`.
    let series: String
    /// Whether it is Debian's own in /usr.
    let isDebian: Bool

    /// A virtual environment (scheme `venv`).
    func virtual(_ root: String, executable: String, target: PythonTarget, seesBase: Bool) -> PythonEnvironment {
        let scheme = InstallScheme(
            prefix: absolute(root), interpreter: executable,
            purelib: absolute("\(root)/lib/python\(series)/site-packages"),
            platlib: absolute("\(root)/\(platformLibrary(of: root))/python\(series)/site-packages"),
            scripts: absolute("\(root)/bin"), headers: absolute("\(root)/include/site/python\(series)"),
            data: absolute(root))
        let base = seesBase ? own(executable: executable, target: target).sitePackages : []
        return PythonEnvironment(
            target: target, scheme: scheme, kind: .virtual,
            sitePackages: unique([scheme.purelib, scheme.platlib] + base))
    }

    /// The interpreter's own packages.
    func own(executable: String, target: PythonTarget) -> PythonEnvironment {
        let library = platformLibrary(of: prefix)
        var root = prefix
        var packages = "site-packages"
        var distribution: [String] = []
        if isDebian {
            // Debian leaves /usr to its own packages (scheme `posix_local`).
            (root, packages) = ("usr/local", "dist-packages")
            distribution = [absolute("usr/lib/python3/dist-packages")]
        } else if prefix == "usr", library == "lib64" {
            // So do Fedora and its kin (scheme `rpm_prefix`).
            root = "usr/local"
            distribution = ["lib64", "lib"].map { absolute("usr/\($0)/python\(series)/site-packages") }
        }
        let platformDirectory = isDebian ? "lib" : library
        let scheme = InstallScheme(
            prefix: absolute(root), interpreter: executable,
            purelib: absolute("\(root)/lib/python\(series)/\(packages)"),
            platlib: absolute("\(root)/\(platformDirectory)/python\(series)/\(packages)"),
            scripts: absolute("\(root)/bin"), headers: absolute("\(root)/include/python\(series)"), data: absolute(root)
        )
        let marker = [library, "lib"].map { "\(prefix)/\($0)/python\(series)/EXTERNALLY-MANAGED" }
            .first { tree.entryFollowingLinks($0) != nil }
        return PythonEnvironment(
            target: target, scheme: scheme, kind: prefix == "usr" ? .system : .standalone,
            sitePackages: unique([scheme.purelib, scheme.platlib] + distribution),
            externallyManaged: marker.map { "/" + $0 })
    }

    /// `lib64` where machine code has a directory of its own, as on Fedora; a link to `lib` is none.
    private func platformLibrary(of root: String) -> String {
        let own = tree.resolved("\(root)/lib64/python\(series)")
        let isOwn = own != tree.resolved("\(root)/lib/python\(series)") && own.map(tree.isDirectory) ?? false
        return isOwn ? "lib64" : "lib"
    }

    /// The path as the image has it: absolute, with no link in it.
    private func absolute(_ path: String) -> String { "/" + (tree.resolved(path) ?? path) }

    private func unique(_ paths: [String]) -> [String] {
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }
}
