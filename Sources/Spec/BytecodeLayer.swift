/// A layer of the bytecode of wheels' modules: what Python would otherwise compile at the first import in each container.
///
/// It lies above the layer of its wheels, and follows from these, the scheme and the interpreter alone.
public struct BytecodeLayer: Sendable, Hashable, Codable {
    /// The wheels, as the layer of their own has them.
    public var modules: WheelLayer
    /// The full version of the interpreter that compiles, `3.11.2`: of one minor version each can read what the others
    /// compiled, but they do not all write the same bytes.
    public var python: String

    /// Takes the parts.
    public init(modules: WheelLayer, python: String) {
        self.modules = modules
        self.python = python
    }
}

extension LayerRecipe {
    /// The wheels that the layer is made of; nil for one that is made of files.
    public var wheelLayer: WheelLayer? {
        switch self {
        case .wheels(let layer): layer
        case .bytecode(let layer): layer.modules
        case .files: nil
        }
    }
}
