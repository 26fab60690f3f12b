import OCI
import Python
import Spec

// Who plans which kind of step, and what of the engine each is given.

extension BuildEngine {
    /// What the other stages of a spec, and images, have of files.
    func library(of spec: BuildSpec, platform: Platform) -> StageLibrary {
        StageLibrary(
            spec, platform: platform, cache: configuration.cache, fetcher: fetcher, context: configuration.contextSource
        ) { try await bases.resolve($0, platform: $1) }
    }

    private var fetcher: FileFetcher {
        FileFetcher(
            cache: configuration.cache, client: client, retrier: configuration.retrier,
            confinement: configuration.confinement, events: events)
    }

    func planner(of step: Step, of spec: BuildSpec, from library: StageLibrary) -> any StepPlanner {
        switch step {
        case .python(let step): pythonPlanner(of: step)
        case .files(let step): FilesStepPlanner(step: step, files: configuration.contextFiles, events: events)
        case .changes(let step):
            ChangesStepPlanner(
                step: step,
                follower: ChangesFollower(
                    context: configuration.contextSource, library: library, fetcher: fetcher,
                    stage: spec.stages.count - 1,
                    cache: configuration.cache, timestamp: spec.timestamp),
                python: { taken in
                    var planner = pythonPlanner(of: taken.environment.step)
                    planner.taken = taken
                    return planner
                }, events: events)
        case .configuration(let step): ConfigurationStepPlanner(step: step)
        }
    }

    private func pythonPlanner(of step: PythonStep) -> PythonStepPlanner {
        PythonStepPlanner(
            step: step, resolver: resolver, partition: configuration.partition,
            ignoresKnownResolutions: !configuration.usesCache, confinement: configuration.confinement,
            interpreter: { version in
                try await BytecodeInterpreter.find(
                    for: version, environment: configuration.environment, records: configuration.cache.records,
                    cache: configuration.cache.root)
            }, events: events)
    }
}
