import Content
import Diagnostics
import Layers
import OCI
import Python
import Spec

/// Plans the changes of files that a Dockerfile's lines make: a layer for each that leaves something, and one for each large
/// file that does not compress.
struct ChangesStepPlanner: StepPlanner {
    let step: ChangesStep
    /// Carries out the changes.
    let follower: ChangesFollower
    /// Plans the packages that are taken from other stages.
    let python: @Sendable (TakenEnvironment) -> PythonStepPlanner
    let events: BuildEvents

    func plan(into draft: inout PlanDraft) async throws {
        let timestamp = draft.timestamp
        let packages = Self.packages(of: draft)
        let base = draft.base
        let (changer, layers) = try await events.phase(.context) {
            let changer = try await follower.followed(step, on: base, packages: packages)
            return (changer, try await blocking { try Self.layers(of: changer, timestamp: timestamp) })
        }
        for path in Set(changer.skipped).sorted() {
            events.emit(.warning("'\(path)' is left out: a layer holds no sockets, pipes or devices"))
        }
        for taken in changer.taken {
            guard !draft.environments.contains(where: { $0.environment.scheme.purelib == taken.purelib }) else {
                throw BuildError(
                    .invalidSpec,
                    "\(taken.title): '\(taken.purelib)' of \(taken.environment.stage) has packages, and other lines install some there, too",
                    context: [FailureContext("file", taken.place)], hints: ["install all of them in one of the stages"])
            }
            try await python(taken).plan(into: &draft)
        }
        for tree in changer.given { try draft.give(tree) }
        draft.inputs.files.merge(changer.contents)
        for (title, layer) in layers { try draft.append(title, .files(layer)) }
    }

    /// Where the steps so far have put packages.
    private static func packages(of draft: PlanDraft) -> StagePackages {
        // Of an environment that was made, nothing is in the base.
        let made = Set(
            draft.environments.compactMap { place, environment in
                if case .virtual = place { LayerPath.normalised(environment.scheme.prefix) } else { nil }
            })
        var found = made
        for layer in draft.layers {
            guard case .wheels(let layer) = layer.recipe else { continue }
            for path in [layer.scheme.purelib, layer.scheme.platlib, layer.scheme.scripts] {
                found.insert(LayerPath.normalised(path))
            }
        }
        return StagePackages(directories: found.sorted(), environments: made)
    }

    private static func layers(of changer: FileChanger, timestamp: Timestamp) throws -> [(String, FileLayer)] {
        let made = changer.files.layers()
        let alone = try large(made, changer)
        return made.flatMap { layer -> [(String, FileLayer)] in
            let large = layer.entries.filter { alone.contains(PathKey($0.path)) }
            let rest = layer.entries.filter { !alone.contains(PathKey($0.path)) }
            let single = large.map { entry -> (String, FileLayer) in
                let ways = LayerPath.ancestors(of: entry.path)
                let directories = layer.entries.filter { ways.contains($0.path) }
                return (
                    "\(layer.title): \(entry.path)",
                    FileLayer(entries: directories + [entry], compression: .store, timestamp: timestamp)
                )
            }
            let isBare = layer.removed.isEmpty && !large.isEmpty && rest.allSatisfy { $0.kind == .directory }
            // Whiteouts speak of what lies below: they come first.
            let shared = FileLayer(
                entries: rest, removed: layer.removed, compression: .deflate, timestamp: timestamp)
            return (isBare ? [] : [(layer.title, shared)]) + single
        }
    }

    /// The files that have a layer each.
    private static func large(_ layers: [ImageFiles.Layer], _ changer: FileChanger) throws -> Set<PathKey> {
        var found: [(path: String, size: Int64)] = []
        for entry in layers.flatMap(\.entries) {
            guard case .file(let digest, let size) = entry.kind, size >= FilesStepPlanner.ownLayerSize,
                let reader = try changer.open(digest)
            else { continue }
            if try Compressibility.isIncompressible(reader, size: size) {
                found.append((entry.path, size))
            }
        }
        let largest = found.sorted { ($1.size, $0.path) < ($0.size, $1.path) }.prefix(FilesStepPlanner.ownLayers)
        return Set(largest.map { PathKey($0.path) })
    }
}
