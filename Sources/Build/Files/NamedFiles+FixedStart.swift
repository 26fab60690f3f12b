import Layers
import Spec

extension NamedFiles {
    /// The path without slashes at its ends; of a pattern the parts before the first one that may match several names.
    var fixedStart: String {
        LayerPath.parts(LayerPath.normalised(path)).prefix { !isPattern || !Self.isPattern($0) }.joined(separator: "/")
    }
}
