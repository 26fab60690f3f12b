public import Layers
import Spec

extension PythonEnvironment {
    /// The place for the packages of one user of this Python (the scheme `posix_user` of `sysconfig`).
    /// - Parameters:
    ///   - base: the directory that they lie below, absolute: `/root/.local`.
    ///   - tree: the image's files.
    public func forUser(_ base: String, in tree: FileTree) -> PythonEnvironment {
        func absolute(_ path: String) -> String { "/" + (tree.resolved(path) ?? path) }
        let series = target.version.series
        let site = absolute("\(base)/lib/python\(series)/site-packages")
        var environment = self
        environment.scheme = InstallScheme(
            prefix: absolute(base), interpreter: scheme.interpreter, purelib: site, platlib: site,
            scripts: absolute("\(base)/bin"), headers: absolute("\(base)/include/python\(series)"),
            data: absolute(base)
        ).surveyed(in: tree)
        environment.sitePackages = [site] + sitePackages
        return environment
    }
}
