import Diagnostics
import Layers
import OCI
import Spec

// Packages that another stage installs: a copy takes them whole, to the place where they are there, or not at all. Then the
// layers of their wheels come to this stage, and no file is copied.

extension FileChanger {
    /// Takes the packages that are in a source.
    /// - Returns: whether nothing else is to be copied of it.
    mutating func takePackages(_ named: NamedFiles, of stage: StageSource, _ copy: FileCopy) throws -> Bool {
        let path = named.fixedStart
        var isDone = false
        for environment in stage.environments {
            func holds(_ directory: String) -> Bool { directory == path || LayerPath.isBelow(path, directory) }
            let isPart = environment.roots.contains { holds($0) || LayerPath.isBelow($0, path) }
            if isPart {
                guard environment.roots.allSatisfy(holds), !named.isPattern else {
                    throw problem(
                        "'\(named.path)' is a part of the packages that \(stage.name) installs in '/\(environment.roots[0])'",
                        hints: ["packages are taken whole: copy '/\(environment.roots[0])'"])
                }
                try take(environment, in: path, of: stage, copy)
                isDone = true
            } else if let commands = environment.commands, holds(commands) || LayerPath.isBelow(commands, path) {
                // They come with their packages.
                let isOne = LayerPath.isBelow(commands, path)
                if isOne, stage.kind(of: path) != nil { continue }
                commandsTaken.append(
                    (
                        environment,
                        problem(
                            "'\(named.path)' holds commands of the packages that \(stage.name) installs",
                            hints: ["take the packages as well: copy '/\(environment.roots[0])'"])
                    ))
                if isOne { isDone = true }
            }
        }
        return isDone && stage.kind(of: path) == nil
    }

    private mutating func take(
        _ environment: StageEnvironment, in path: String, of stage: StageSource, _ copy: FileCopy
    ) throws {
        guard copy.excluded.isEmpty, copy.mode == nil, !copy.keepsParents else {
            throw problem(
                "the packages of \(stage.name) stay as their wheels have them",
                hints: ["leave out --chmod, --exclude and --parents"])
        }
        guard try resolved(copy.destination) == resolved("/" + path) else {
            throw problem(
                "the packages of \(stage.name) in '/\(environment.roots[0])' would come to another place, and they are made "
                    + "for this one", hints: ["copy '/\(path)' to '/\(path)'"])
        }
        let named = try copy.owner.map { try copyOwner($0) }.map { SchemeOwner(uid: $0.0, gid: $0.1) }
        let owner = (named ?? environment.owner).flatMap { $0 == SchemeOwner(uid: 0, gid: 0) ? nil : $0 }
        if let known = taken.first(where: { $0.environment.isSame(as: environment) }) {
            guard known.owner == owner else { throw problem("it gives packages away that a line above takes, too") }
            return
        }
        taken.append(
            TakenEnvironment(
                environment: environment, owner: owner, title: instruction.title, place: instruction.place))
        packages = Set(packages + environment.directories).sorted()
        environments.formUnion([environment.prefix].compactMap(\.self))
    }

    /// Refuses commands of packages that no line takes.
    func checkTaken() throws(BuildError) {
        for (environment, problem) in commandsTaken
        where !taken.contains(where: { $0.environment.isSame(as: environment) }) {
            throw problem
        }
    }
}
