import Diagnostics
import OCI
import Spec

/// Plans a configuration step: it adds no layer.
struct ConfigurationStepPlanner: StepPlanner {
    let step: ConfigurationStep

    func plan(into draft: inout PlanDraft) throws {
        draft.execution = try draft.execution.applying(step)
    }
}

extension ImageConfiguration.Execution {
    /// These settings with a step's on top.
    /// - Throws: `BuildError` (`invalid_spec`) with the value at fault.
    func applying(_ step: ConfigurationStep) throws(BuildError) -> Self {
        var result = self
        for variable in step.environment {
            guard !variable.name.isEmpty, !variable.name.contains("=") else {
                throw BuildError(
                    .invalidSpec, "'\(variable.name)' is not the name of an environment variable",
                    hints: ["write NAME=value"])
            }
            result.setEnvironment(variable.name, variable.value)
        }
        if let entrypoint = step.entrypoint {
            result.entrypoint = entrypoint
            // The base's arguments were meant for the base's entry point.
            if step.command == nil { result.cmd = nil }
        }
        if let command = step.command { result.cmd = command }
        if let user = step.user { result.user = user }
        if let directory = step.workingDirectory {
            guard directory.hasPrefix("/") else {
                throw BuildError(
                    .invalidSpec, "the working directory '\(directory)' is not absolute",
                    hints: ["start it with a slash"])
            }
            result.workingDir = directory
        }
        if !step.labels.isEmpty { result.labels = (result.labels ?? [:]).merging(step.labels) { _, new in new } }
        for port in step.exposedPorts {
            result.exposedPorts = (result.exposedPorts ?? [:]).merging([port: .init()]) { $1 }
        }
        if let further = step.further { result.apply(further) }
        return result
    }

    private mutating func apply(_ further: FurtherConfiguration) {
        for path in further.volumes { volumes = (volumes ?? [:]).merging([path: .init()]) { $1 } }
        if let signal = further.stopSignal { stopSignal = signal }
        if let words = further.shell { shell = words }
        if let healthcheck = further.healthcheck { self.healthcheck = healthcheck }
        if !further.onBuild.isEmpty { onBuild = further.onBuild }
    }
}
