import Layers
import Spec

extension PlanDraft {
    /// Gives packages away that the steps so far have installed: their layers are made for their owner, rather than copied.
    mutating func give(_ tree: GivenTree) throws {
        for number in layers.indices {
            guard let recipe = layers[number].recipe.given(tree) else { continue }
            layers[number] = PlannedLayer(title: layers[number].title, key: try recipe.key(), recipe: recipe)
        }
    }
}

extension LayerRecipe {
    /// The recipe with another owner; nil where the tree has nothing of it.
    fileprivate func given(_ tree: GivenTree) -> LayerRecipe? {
        switch self {
        case .wheels(let layer): layer.given(tree).map { .wheels($0) }
        case .bytecode(var layer):
            layer.modules.given(tree).map { modules in
                layer.modules = modules
                return .bytecode(layer)
            }
        case .files(let layer): layer.given(tree).map { .files($0) }
        }
    }
}

extension WheelLayer {
    fileprivate func given(_ tree: GivenTree) -> WheelLayer? {
        guard tree.environments.contains(LayerPath.normalised(scheme.prefix)) else { return nil }
        var layer = self
        layer.scheme.owner = tree.owner(after: scheme.owner)
        return layer
    }
}

extension FileLayer {
    /// Of the layers of files those that make an environment are its packages' kin; what lines bring is changed where it is.
    fileprivate func given(_ tree: GivenTree) -> FileLayer? {
        let marks = Set(tree.environments.map { LayerPath.joined($0, "pyvenv.cfg") })
        guard entries.contains(where: { marks.contains($0.path) }) else { return nil }
        var layer = self
        for number in entries.indices where tree.holds(entries[number].path) {
            layer.entries[number].uid = tree.uid ?? entries[number].uid
            layer.entries[number].gid = tree.gid ?? entries[number].gid
        }
        return layer
    }
}
