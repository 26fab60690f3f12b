import Layers
import OCI
import Python
import Spec

/// A plan in the making: what the steps so far add to the base. Each step's planner takes it one step further.
struct PlanDraft {
    /// What the stage starts from.
    let base: BaseImage
    /// What every entry and the configuration carry as their time.
    let timestamp: Timestamp
    /// The layers so far, lowest first.
    var layers: [PlannedLayer] = []
    /// What a container starts with.
    var execution: ImageConfiguration.Execution
    /// Where the recipes' contents come from. Not part of the plan: another machine may have them elsewhere.
    var inputs = PlanInputs()
    /// What the Python steps were resolved to.
    var locks: [Lock] = []
    /// The environments that the Python steps have made or filled.
    var environments: [(place: PythonPlace?, environment: PythonEnvironment)] = []

    init(base: BaseImage, timestamp: Timestamp) {
        self.base = base
        self.timestamp = timestamp
        execution = base.configuration.config ?? ImageConfiguration.Execution()
        // Meant for this build, and not for those upon its image. Whoever reads Dockerfiles follows them.
        execution.onBuild = nil
    }

    mutating func append(_ title: String, _ recipe: LayerRecipe) throws {
        layers.append(PlannedLayer(title: title, key: try recipe.key(), recipe: recipe))
    }

    mutating func insertAboveBase(_ title: String, _ recipe: LayerRecipe) throws {
        layers.insert(PlannedLayer(title: title, key: try recipe.key(), recipe: recipe), at: 0)
    }
}

/// Where the contents that a plan names by digest can be had.
struct PlanInputs: Sendable {
    /// The files.
    var files = FileContents()
    /// The wheels, by digest.
    var wheels: [Digest: LockedWheel] = [:]
    /// The interpreters that compile bytecode, by their versions.
    var interpreters: [String: BytecodeInterpreter] = [:]
    /// The locks that the user wants written, by path.
    var lockFiles: [String: String] = [:]
    /// What the wheels' indexes ask for.
    var credentials = URLCredentials()
    /// The ids of the secrets that the steps asked for.
    var usedSecrets: Set<String> = []
}

/// Plans one kind of step: (tree so far + inputs) → layers + configuration.
protocol StepPlanner: Sendable {
    /// Adds what the step brings.
    func plan(into draft: inout PlanDraft) async throws
}
