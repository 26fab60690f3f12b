import FoundationEssentials
import OCI
public import Spec

/// The plans of a build, as a table or as JSON.
public struct PlanReport: Sendable {
    private let plans: [BuildPlan]

    /// Takes one plan for each platform.
    public init(_ plans: [BuildPlan]) { self.plans = plans }

    /// The plans as an array of canonical JSON, without a line feed.
    public func json() throws -> String { String(decoding: try CanonicalJSON.encode(plans), as: UTF8.self) }

    /// A table for each platform.
    public func text(_ palette: Palette = .plain) -> String {
        plans.map { text(of: $0, palette) }.joined(separator: "\n")
    }

    private func text(of plan: BuildPlan, _ palette: Palette) -> String {
        var table = Columns([("LAYER", .left), ("CONTENTS", .left), ("SIZE", .right), ("STATE", .left)])
        for layer in plan.layers {
            let size = layer.cached.map { formatted(bytes: $0.descriptor.size) } ?? estimate(of: layer.recipe)
            table.append([
                shortened(layer.title, to: 48), contents(of: layer.recipe), size,
                layer.cached == nil ? "to make" : "cached",
            ])
        }
        let baseSize = plan.base.layers.reduce(0) { $0 + $1.size }
        let base = plan.base
        var text =
            "\(palette(.bold, plan.platform.description)) on \(printable(base.name)) "
            + "(\(base.digest.short), \(counted(base.layers.count, "layer")), \(formatted(bytes: baseSize)))\n\n"
        text += table.text(palette)
        let cached = plan.layers.count { $0.cached != nil }
        text += "\n\(counted(plan.layers.count, "layer")): \(cached) cached, \(plan.layers.count - cached) to make\n"
        return text
    }

    private func contents(of recipe: LayerRecipe) -> String {
        switch recipe {
        case .wheels(let layer):
            return names(in: layer) + (layer.part.map { ": \(counted($0.count, "file"))" } ?? "")
        case .bytecode(let layer): return names(in: layer.modules)
        case .files(let layer):
            let files = layer.entries.count { if case .file = $0.kind { true } else { false } }
            return counted(files, "file")
        }
    }

    private func names(in layer: WheelLayer) -> String {
        let names = layer.wheels.map { "\($0.wheel.name) \($0.wheel.version)" }.joined(separator: ", ")
        return names.count <= 48 ? names : counted(layer.wheels.count, "wheel")
    }

    /// What a layer will have at most: wheels are taken as they are, files may be deflated.
    private func estimate(of recipe: LayerRecipe) -> String {
        switch recipe {
        case .wheels(let layer):
            if let part = layer.part { return "<" + formatted(bytes: part.size) }
            let sizes = layer.wheels.map(\.wheel.size)
            guard !sizes.contains(nil) else { return "?" }
            return "~" + formatted(bytes: sizes.reduce(0) { $0 + ($1 ?? 0) })
        // What comes of a wheel's modules is seen when they are compiled.
        case .bytecode: return "?"
        case .files(let layer):
            return "<"
                + formatted(
                    bytes: layer.entries.reduce(1024) { sum, entry in
                        if case .file(_, let size) = entry.kind { sum + size + 512 } else { sum + 512 }
                    })
        }
    }
}
