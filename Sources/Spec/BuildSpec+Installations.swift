extension BuildSpec {
    /// Adds to each installation of a Dockerfile what is said beside it: a first index goes before only where it has none,
    /// bytecode is made of all where it is asked for.
    /// - Parameter given: an installation of nothing.
    public mutating func add(toInstallations given: PythonStep) {
        for stage in stages.indices {
            for number in stages[stage].steps.indices {
                guard case .python(var step) = stages[stage].steps[number] else { continue }
                step.add(given)
                for number in (step.parts ?? []).indices { step.parts?[number].add(given) }
                if given.compilesBytecode {
                    step.compilesBytecode = true
                    // Whoever asks for it beside the Dockerfile wants it in any case.
                    step.options?.hasOptionalBytecode = false
                }
                stages[stage].steps[number] = .python(step)
            }
        }
    }
}

extension PythonStep {
    fileprivate mutating func add(_ given: PythonStep) {
        indexes.indexURL = indexes.indexURL ?? given.indexes.indexURL
        indexes.extraIndexURLs += given.indexes.extraIndexURLs
        indexes.findLinks += given.indexes.findLinks
        indexes.excludeNewer = given.indexes.excludeNewer
        upgrade = given.upgrade
        allowsSourceBuilds = given.allowsSourceBuilds
    }
}
