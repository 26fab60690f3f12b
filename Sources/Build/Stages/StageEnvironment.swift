import Layers
import Python
import Spec

/// An environment of Python packages that a stage installs. Its files are in no list: its wheels have them.
struct StageEnvironment: Sendable {
    /// The stage.
    let stage: String
    /// What installs it.
    let step: PythonStep
    /// What the stage's base makes of that.
    let planned: PlannedEnvironment
    /// Whose it is in the stage; nil means root.
    var owner: SchemeOwner?

    private var scheme: InstallScheme { planned.environment.scheme }

    /// The directories that whoever wants the packages has to take: of an environment that the step makes the whole of it.
    var roots: [String] {
        let paths = planned.new == nil ? [scheme.purelib, scheme.platlib] : [scheme.prefix]
        return Set(paths.map { LayerPath.normalised($0) }).sorted()
    }

    /// Where the step makes all that is there; nil for an environment of the base.
    var prefix: String? { planned.new == nil ? nil : LayerPath.normalised(scheme.prefix) }

    /// Where the packages' commands are, beside what the base has there; nil where they are in `roots`.
    var commands: String? {
        let path = LayerPath.normalised(scheme.scripts)
        return roots.contains { $0 == path || LayerPath.isBelow($0, path) } ? nil : path
    }

    /// All directories that hold files of the packages.
    var directories: [String] { roots + [commands].compactMap(\.self) }

    /// Whether both are one.
    func isSame(as other: StageEnvironment) -> Bool { stage == other.stage && step == other.step }
}
