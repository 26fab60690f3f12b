import Content
import Diagnostics
import Layers
import OCI
import Python
import Spec
import Transfer

/// Makes the layers of a plan that the cache lacks, several at a time, and hands each on as soon as it is there.
struct LayerRealiser: Sendable {
    let supply: WheelSupply
    /// How many layers are made at a time.
    let workers: Int
    /// Whether finished layers and runs of earlier builds are used.
    let usesCache: Bool
    /// The platform that outcomes name, where a build has several.
    let platform: Platform?
    /// How many bytes a layer may have.
    let limit: Int64?
    let events: BuildEvents

    private var cache: BuildCache { supply.cache }

    /// Makes what is missing.
    /// - Parameters:
    ///   - plan: the plan.
    ///   - inputs: where contents can be had.
    ///   - onLayer: called for each of the plan's layers when it is there, in no order.
    /// - Returns: the layers in the plan's order.
    func realise(
        _ plan: BuildPlan, inputs: PlanInputs,
        onLayer: @escaping @Sendable (PlannedLayer, MadeLayer) -> Void
    ) async throws -> [MadeLayer] {
        var made = [MadeLayer?](repeating: nil, count: plan.layers.count)
        try await withThrowingTaskGroup(of: [(Int, MadeLayer)].self) { group in
            // Downloads of all wheels begin at once, within the fetcher's own limit; what computes waits for its turn.
            let turn = ConcurrencyLimit(workers)
            for numbers in Self.batches(of: plan.layers) {
                group.addTask {
                    var results: [(Int, MadeLayer)] = []
                    for number in numbers {
                        let result = try await self.layer(plan.layers[number], inputs: inputs, turn: turn)
                        onLayer(plan.layers[number], result)
                        results.append((number, result))
                    }
                    return results
                }
            }
            for try await results in group { for (number, layer) in results { made[number] = layer } }
        }
        return made.compactMap(\.self)
    }

    /// The numbers of the layers that are made one after the other: those of the same wheels, which are fetched once.
    private static func batches(of layers: [PlannedLayer]) -> [[Int]] {
        var batches: [[Int]] = []
        var places: [WheelLayer: Int] = [:]
        for (number, layer) in layers.enumerated() {
            if let wheels = layer.recipe.wheelLayer {
                if let place = places[wheels] {
                    batches[place].append(number)
                    continue
                }
                places[wheels] = batches.count
            }
            batches.append([number])
        }
        return batches
    }

    private func layer(_ planned: PlannedLayer, inputs: PlanInputs, turn: ConcurrencyLimit) async throws -> MadeLayer {
        if let cached = planned.cached {
            try check(cached, of: planned)
            emit(planned, cached, .cached)
            return cached
        }
        do {
            if let layer = planned.recipe.wheelLayer { try await supply.fetch(layer, inputs: inputs) }
            let report = ProgressReport(events, .making, subject: planned.title, total: planned.recipe.size)
            // A layer of public wheels alone is everybody's.
            let cache = try isPublic(planned.recipe) ? cache.ofCatalog : cache
            let store = ReportingStore(store: cache.content, report: report)
            let made = try await turn.run {
                try await make(planned, inputs: inputs, in: store, records: cache.records)
            }
            report.finished(at: made.descriptor.size)
            try cache.setLayer(made, for: planned.key)
            try check(made, of: planned)
            emit(planned, made, .made)
            return made
        } catch let error as LayerError {
            throw error.within(FailureContext("layer", planned.title))
        }
    }

    /// Refuses a layer that became longer than its plan could tell: one file, or bytecode, that shrinks too little.
    private func check(_ made: MadeLayer, of planned: PlannedLayer) throws {
        guard let limit, made.descriptor.size > limit else { return }
        if case .files(let layer) = planned.recipe,
            let file = layer.entries.first(where: { if case .file = $0.kind { true } else { false } })
        {
            throw LayerError.fileTooLarge(file.path, size: made.descriptor.size, limit: limit)
        }
        throw LayerError(
            .tooLarge, "the layer has \(made.descriptor.size) bytes, and a layer may have no more than \(limit)",
            hints: ["raise --max-layer-size"])
    }

    private func isPublic(_ recipe: LayerRecipe) throws -> Bool {
        guard let shared = cache.shared, let layer = recipe.wheelLayer else { return false }
        return try layer.wheels.allSatisfy { try shared.cache.blobs.contains($0.wheel.digest) }
    }

    private func make(
        _ planned: PlannedLayer, inputs: PlanInputs, in store: ReportingStore, records: DirectoryRecordStore
    ) async throws -> MadeLayer {
        switch planned.recipe {
        case .wheels(let layer):
            let maker = WheelLayerMaker(store: store, records: records, reusesRuns: usesCache)
            return try await blocking { try maker.make(layer) }
        case .bytecode(let layer):
            guard let interpreter = inputs.interpreters[layer.python] else {
                throw BuildError(.invalidSpec, "nothing says which Python \(layer.python) compiles the bytecode")
            }
            return try await BytecodeLayerMaker(
                interpreter: interpreter, store: store, records: records, reusesRuns: usesCache, directory: cache.root
            ).make(layer)
        case .files(let layer):
            let cache = self.cache
            return try await blocking {
                try LayerMaker.make(layer, contents: { try Self.open($0, inputs, cache) }, in: store)
            }
        }
    }

    private static func open(_ digest: Digest, _ inputs: PlanInputs, _ cache: BuildCache) throws
        -> any RandomAccessReader
    {
        if let reader = try inputs.files.open(digest, in: cache) { return reader }
        throw BuildError(.invalidContext, "no context holds the content \(digest) that the plan names")
    }

    private func emit(_ planned: PlannedLayer, _ layer: MadeLayer, _ disposition: LayerOutcome.Disposition) {
        events.emit(
            .layer(
                LayerOutcome(
                    title: planned.title, descriptor: layer.descriptor, disposition: disposition, platform: platform)))
    }
}

extension LayerRecipe {
    /// About how many bytes the layer will have, if that can be told: wheels keep their own compression.
    fileprivate var size: Int64? {
        switch self {
        case .wheels(let layer) where layer.part != nil: layer.part?.size
        case .wheels(let layer):
            layer.wheels.reduce(0) { sum, wheel in sum.flatMap { sum in wheel.wheel.size.map { sum + $0 } } }
        case .bytecode, .files: nil
        }
    }
}
