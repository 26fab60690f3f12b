import Diagnostics
import Python
public import Spec
public import SystemPackage

/// A lock as it was asked for.
public struct LockRequest: Sendable {
    /// Base, manifests and platforms.
    public var spec: BuildSpec
    /// Where the lock lies, or will; nil writes it to standard output.
    public var file: FilePath?
    /// What is lent to the resolution.
    public var secrets: SecretSet
    /// The ids of those that stand in its indexes already.
    public var usedSecrets: Set<String>
    /// What was chosen on the user's behalf, and what the user should know.
    public var remarks: [BuildEvent]

    /// Makes the request that flags and the context's settings file come to.
    /// - Parameters:
    ///   - context: the directory of the code.
    ///   - flags: what the command line says; `lockFile` names the lock, `-` standard output. Without it the lock lies beside
    ///     its manifest.
    /// - Throws: `InterfaceError` with flag, or file and key.
    public init(context: FilePath, flags: Settings, in surroundings: Surroundings) throws {
        var maker = try RequestMaker(context: context, flags: flags, in: surroundings)
        let base = try maker.base()
        let manifests = try maker.lockedManifests()
        let beside = Manifest.lockPath(for: manifests)
        let named = maker.settings.lockFile
        let isOutput = named?.value == "-"
        file = isOutput ? nil : named.map { $0.origin.path($0.value) } ?? beside
        if let file {
            guard !manifests.contains(where: { $0.path.lexicallyNormalized() == file.lexicallyNormalized() }) else {
                throw (named?.origin ?? .flag("--requirements")).error(
                    "the lock '\(file)' would replace the manifest that it is made of",
                    hints: ["name another file by --output, or the manifests that '\(file)' was made of by -r"])
            }
            guard Manifest.Kind(fileName: file.lastComponent?.string ?? "") == .pylock else {
                throw (named?.origin ?? .flag("--output")).error(
                    "'\(file)' is no name of a lock", hints: ["it is pylock.toml or pylock.NAME.toml (PEP 751)"])
            }
        }
        var step = try maker.pythonStep(of: manifests.map(\.path.string))
        step.lock = file.map { .preferred(path: $0.string) }
        spec = BuildSpec(stages: [Stage(base: base, steps: [.python(step)])], platforms: try maker.platforms())
        secrets = maker.secrets
        usedSecrets = maker.usedSecrets
        remarks = maker.remarks
    }
}

extension RequestMaker {
    /// The manifests of a lock: of those that are looked for, no lock of ours.
    fileprivate mutating func lockedManifests() throws -> [Manifest] {
        if !settings.requirements.isEmpty { return try settings.requirements.map { try Manifest(try manifest($0)) } }
        guard let manifest = try Manifest.discover(in: context, passingOver: .pylock) else {
            throw InterfaceError(
                .manifestNotFound, "there is nothing to lock in '\(context)'",
                hints: ["name a requirements file, a pyproject.toml or a uv.lock by -r"])
        }
        notice("requirements: \(manifest.path)")
        return [manifest]
    }
}
