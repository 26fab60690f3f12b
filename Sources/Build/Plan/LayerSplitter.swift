import Content
import Diagnostics
import Layers
import OCI
import Python
import Spec

/// Makes several layers of each one of a plan that would have more bytes than a layer may have. All the rest of a build knows
/// layers alone, and nothing of limits.
///
/// Whether a layer is divided follows from what goes into it and the limit, never from what a cache has. A wheel that may
/// be too large is fetched for it: what it holds, its directory alone tells.
struct LayerSplitter: Sendable {
    let limit: Int64
    let supply: WheelSupply

    /// So many layers can be mounted above each other: the page of arguments of mount(2) has room for no more.
    private static let mostLayers = 127

    /// The layers of a plan, each within the limit as far as that is known before it is made.
    /// - Parameter base: how many layers lie below them.
    /// - Throws: `LayerError` (`too_large`) for a file that no layer can hold; `BuildError` (`invalid_spec`) where there
    ///   would be more layers than runtimes take.
    func split(_ layers: [PlannedLayer], inputs: PlanInputs, above base: Int) async throws -> [PlannedLayer] {
        var result: [PlannedLayer] = []
        for layer in layers {
            switch layer.recipe {
            case .files(let files):
                let parts = try files.parts(limit: limit)
                result += try titled(parts.map { (layer.title, .files($0)) }, as: layer)
            case .wheels(let wheels):
                var parts: [(String, LayerRecipe)] = []
                for group in try await divided(wheels, inputs) {
                    for part in try await self.parts(of: group, inputs) {
                        parts.append(("python: \(group.names)", .wheels(part)))
                    }
                }
                result += try titled(parts, as: layer)
            case .bytecode(let bytecode):
                // That of one wheel is not divided: what its modules come to is a small part of any limit that registries have.
                let parts = try await divided(bytecode.modules, inputs).map { group -> (String, LayerRecipe) in
                    ("bytecode: \(group.names)", .bytecode(BytecodeLayer(modules: group, python: bytecode.python)))
                }
                result += try titled(parts, as: layer)
            }
        }
        guard result.count == layers.count || base + result.count <= Self.mostLayers else {
            throw BuildError(
                .invalidSpec,
                "with layers of at most \(limit) bytes the image has \(base + result.count) of them, and runtimes take no more than \(Self.mostLayers)",
                hints: ["raise --max-layer-size"])
        }
        return result
    }

    private func divided(_ layer: WheelLayer, _ inputs: PlanInputs) async throws -> [WheelLayer] {
        try layer.divided(limit: limit, sizes: try await sizes(of: layer, inputs))
    }

    private func parts(of layer: WheelLayer, _ inputs: PlanInputs) async throws -> [WheelLayer] {
        guard layer.wheels.count == 1, layer.mayExceed(limit, sizes: try await sizes(of: layer, inputs)) else {
            return [layer]
        }
        try await supply.fetch(layer, inputs: inputs)
        let (store, limit) = (supply.cache.content, limit)
        return try await blocking { try store.parts(of: layer, limit: limit) }
    }

    /// The lengths of the wheels, of which those are fetched whose index did not tell.
    private func sizes(of layer: WheelLayer, _ inputs: PlanInputs) async throws -> [Digest: Int64] {
        var untold = layer
        untold.wheels.removeAll { $0.wheel.size != nil }
        try await supply.fetch(untold, inputs: inputs)
        var sizes: [Digest: Int64] = [:]
        for wheel in untold.wheels.map(\.wheel) {
            sizes[wheel.digest] = try supply.cache.content.required(wheel.digest).size
        }
        return sizes
    }

    /// The layers that one became, with what tells those of one name apart.
    private func titled(_ parts: [(title: String, recipe: LayerRecipe)], as layer: PlannedLayer) throws
        -> [PlannedLayer]
    {
        guard parts.count > 1 else { return [layer] }
        let counts = Dictionary(grouping: parts, by: \.title).mapValues(\.count)
        var numbers: [String: Int] = [:]
        return try parts.map { title, recipe in
            let (number, count) = (numbers[title, default: 0] + 1, counts[title] ?? 1)
            numbers[title] = number
            let name = count == 1 ? title : "\(title) (\(number) of \(count))"
            return PlannedLayer(title: name, key: try recipe.key(), recipe: recipe)
        }
    }
}
