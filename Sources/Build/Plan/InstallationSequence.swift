import Diagnostics
import OCI
import Python
import Spec
import SystemPackage

/// Resolves what a Python step installs: all of it together, or where that cannot be one installation after the other, as
/// installers do it that know nothing of what comes later.
struct InstallationSequence: Sendable {
    /// What it comes to.
    struct Outcome: Sendable {
        /// The packages in the end.
        var lock: Lock
        /// The user information that the fetcher puts back into URLs.
        var credentials: URLCredentials
        /// The ids of the secrets that were asked for.
        var usedSecrets: Set<String>
        /// Whether what is there and not in the lock goes, but for installers.
        var isExact: Bool
    }

    let resolver: Resolver
    /// Whether uv is asked although the answer is known (`--no-cache`).
    let ignoresKnownResolutions: Bool
    /// What the manifests may name, where they are a stranger's.
    let confinement: ManifestConfinement?
    let events: BuildEvents

    /// The packages of a step in an environment.
    func resolve(_ step: PythonStep, in planned: PlannedEnvironment) async throws -> Outcome {
        let parts = step.parts ?? []
        guard !step.manifests.isEmpty else { return try await resolve(parts, in: planned) }
        do {
            let resolution = try await resolve(step, in: planned, after: [])
            return Outcome(
                lock: resolution.lock, credentials: resolution.credentials, usedSecrets: resolution.usedSecrets,
                isExact: step.options?.isExact ?? false)
        } catch let error as PythonError where error.code == .unresolvable && parts.count > 1 {
            events.emit(
                .notice(
                    "the installations cannot be had together, and are made one after the other: what a later one needs "
                        + "replaces what an earlier one brought"))
            return try await resolve(parts, in: planned)
        }
    }

    private func resolve(_ parts: [PythonStep], in planned: PlannedEnvironment) async throws -> Outcome {
        var chosen: [String: LockedPackage] = [:]
        var outcome: Outcome?
        for part in parts {
            let earlier = chosen
            let resolution = try await resolve(part, in: planned, after: earlier.values.sorted { $0.name < $1.name })
            let isExact = part.options?.isExact ?? false
            if isExact { chosen = [:] }
            for package in resolution.lock.packages {
                // The same version stays as it was installed first.
                let there = earlier[package.name]
                chosen[package.name] = there?.version == package.version ? there : package
            }
            var sum =
                outcome
                ?? Outcome(
                    lock: resolution.lock, credentials: resolution.credentials, usedSecrets: [], isExact: false)
            sum.lock = Lock(
                target: resolution.lock.target, packages: chosen.values.sorted { $0.name < $1.name },
                inputs: resolution.lock.inputs)
            sum.credentials.add(resolution.credentials)
            sum.usedSecrets.formUnion(resolution.usedSecrets)
            sum.isExact = sum.isExact || isExact
            outcome = sum
        }
        guard let outcome else { throw BuildError(.invalidSpec, "a Python step installs nothing") }
        return outcome
    }

    private func resolve(_ step: PythonStep, in planned: PlannedEnvironment, after before: [LockedPackage])
        async throws -> Resolution
    {
        let manifests = try step.manifests.map { path in
            try confinement?.prepare(FilePath(path))
            return try Manifest(FilePath(path))
        }
        let names = Set(before.map(\.name))
        let installed =
            planned.installed.filter { !names.contains($0.normalizedName) }
            + before.map { InstalledDistribution(name: $0.name, version: $0.version, metadata: "") }
        return try await resolver.resolve(
            ResolutionRequest(
                manifests: manifests, indexes: step.indexes, target: planned.environment.target, installed: installed,
                selection: step.selection, lock: step.lock, upgrade: step.upgrade || ignoresKnownResolutions,
                confinement: confinement, allowsSourceBuilds: step.allowsSourceBuilds, options: step.options,
                offered: before))
    }
}
