import OCI
import Spec

/// Plans a configuration step: it adds no layer.
struct ConfigurationStepPlanner: StepPlanner {
    let step: ConfigurationStep

    func plan(into draft: inout PlanDraft) throws {
        for variable in step.environment {
            guard !variable.name.isEmpty, !variable.name.contains("=") else {
                throw BuildError(
                    .invalidSpec, "'\(variable.name)' is not the name of an environment variable",
                    hints: ["write NAME=value"])
            }
            draft.execution.setEnvironment(variable.name, variable.value)
        }
        if let entrypoint = step.entrypoint {
            draft.execution.entrypoint = entrypoint
            // The base's arguments were meant for the base's entry point.
            if step.command == nil { draft.execution.cmd = nil }
        }
        if let command = step.command { draft.execution.cmd = command }
        if let user = step.user { draft.execution.user = user }
        if let directory = step.workingDirectory {
            guard directory.hasPrefix("/") else {
                throw BuildError(
                    .invalidSpec, "the working directory '\(directory)' is not absolute",
                    hints: ["start it with a slash"])
            }
            draft.execution.workingDir = directory
        }
        if !step.labels.isEmpty {
            draft.execution.labels = (draft.execution.labels ?? [:]).merging(step.labels) { _, new in new }
        }
        for port in step.exposedPorts {
            draft.execution.exposedPorts = (draft.execution.exposedPorts ?? [:]).merging([
                port: ImageConfiguration.Empty()
            ]) { first, _ in first }
        }
    }
}
