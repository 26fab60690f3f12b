import Diagnostics
import Python
import Spec

/// An environment of another stage that a copy takes whole, to the place where it is there.
struct TakenEnvironment: Sendable {
    /// The environment.
    let environment: StageEnvironment
    /// Whose it becomes; nil means root.
    let owner: SchemeOwner?
    /// The instruction, and where it stands.
    let title: String
    let place: String

    /// Where its modules are.
    var purelib: String { environment.planned.environment.scheme.purelib }

    /// What it comes to on the base of the stage that takes it: the packages are those for the other stage's Python.
    /// - Throws: `BuildError` (`invalid_spec`) where that Python is another one.
    func planned(on base: BaseImage) async throws -> PlannedEnvironment {
        let theirs = environment.planned
        var ours: PlannedEnvironment
        do {
            ours = try await base.environment(at: environment.step.place)
        } catch let error as PythonError {
            throw problem("this stage has no Python that they are for: \(error.message)", hints: error.hints)
        }
        let (there, here) = (theirs.environment, ours.environment)
        guard there.target.version.series == here.target.version.series else {
            throw problem("they are for Python \(there.target.version), and this stage has \(here.target.version)")
        }
        guard there.target.platform == here.target.platform, here.target.libc.runs(there.target.libc) else {
            throw problem(
                "they are for \(there.target.libc.shown) on \(there.target.platform), and this stage has "
                    + "\(here.target.libc.shown) on \(here.target.platform)")
        }
        for (path, other) in zip(there.scheme.places, here.scheme.places) where path != other {
            throw problem("what is at '\(path)' in \(environment.stage) is at '\(other)' in this stage")
        }
        guard theirs.new?.entries.filter(\.isLink) == ours.new?.entries.filter(\.isLink) else {
            throw problem("its interpreter is another one in this stage")
        }
        ours.environment.target = there.target
        ours.environment.scheme.owner = owner
        ours.new = theirs.new
        return ours
    }

    private func problem(_ message: String, hints: [String] = []) -> BuildError {
        BuildError(
            .invalidSpec, "\(title): the packages of \(environment.stage) cannot be taken: \(message)",
            context: [FailureContext("file", place)],
            hints: hints.isEmpty ? ["start both stages from bases with the same Python at the same place"] : hints)
    }
}

extension InstallScheme {
    /// What has to be where it is.
    fileprivate var places: [String] { [interpreter, purelib, platlib, scripts] }
}

extension CLibrary {
    /// Whether programs for another one run with it.
    fileprivate func runs(_ other: CLibrary) -> Bool {
        switch (self, other) {
        case (.musl, .musl): true
        case (.glibc(let major, let minor), .glibc(let theirMajor, let theirMinor)):
            (major, minor) >= (theirMajor, theirMinor)
        default: false
        }
    }

    fileprivate var shown: String {
        switch self {
        case .musl: "musl"
        case .glibc(let major, let minor): "glibc \(major).\(minor)"
        }
    }
}
