extension LintRule {
    /// What is copied, and where to.
    static let copies: [LintRule] = [
        LintRule("CopyIgnoredFile", .warning, "what the ignore file leaves out is not there to be copied") { subject in
            subject.copies().flatMap { located, copy -> [LintObservation] in
                guard copy.from == nil else { return [] }
                return copy.sources.compactMap { source in
                    guard !source.contains("$"), !source.contains("://"), let path = ImagePath.relative(source),
                        !path.isEmpty, subject.lowering.contextEntry?(path) != nil, subject.isIgnored(path)
                    else { return nil }
                    return subject.found("the ignore file leaves '\(path)' out", in: located, at: source)
                }
            }
        },
        LintRule("add-in-place-of-copy", .note, aliases: ["DL3020"], "COPY does less than ADD, and says so") {
            subject in
            subject.copies().flatMap { located, copy -> [LintObservation] in
                guard case .add = located.instruction else { return [] }
                let isPlain = copy.sources.allSatisfy { source in
                    !source.contains("://") && !source.hasPrefix("git@") && !source.contains("$")
                        && !source.contains { "*?[".contains($0) }
                        && ![".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2", ".zst"].contains(
                            where: source.lowercased().hasSuffix)
                }
                return isPlain ? [subject.found("ADD of what COPY would take", in: located)] : []
            }
        },
        LintRule(
            "copy-into-unmarked-directory", .warning, aliases: ["DL3021"],
            "several sources need a directory, which a slash at its end marks"
        ) { subject in
            subject.copies().compactMap { located, copy in
                let target = copy.destination
                guard copy.sources.count + copy.heredocs.count > 1, !target.hasSuffix("/"), !target.contains("$"),
                    ![".", ".."].contains(ImagePath.name(target))
                else { return nil }
                return subject.found(
                    "'\(target)' is not marked as a directory, and \(copy.sources.count + copy.heredocs.count) sources go there",
                    in: located, at: target, isLast: true,
                    hints: ["write '\(target)/'; older builders refuse it without the slash"])
            }
        },
        LintRule(
            "relative-destination", .warning, aliases: ["DL3045"], "without WORKDIR the base alone tells where files go"
        ) { subject in
            subject.instructionsWithoutWorkingDirectory().compactMap { located in
                let destination: String
                switch located.instruction {
                case .copy(let copy), .add(let copy): destination = copy.destination
                default: return nil
                }
                guard LintSubject.isRelative(destination) else { return nil }
                return subject.found(
                    "'\(destination)' is relative, and no WORKDIR stands above", in: located, at: destination,
                    isLast: true)
            }
        },
    ]
}

extension LintSubject {
    /// The instructions of all stages above which no WORKDIR stands, the first WORKDIR among them.
    func instructionsWithoutWorkingDirectory() -> [LocatedInstruction] {
        document.stages.filter { !setsWorkingDirectory(above: $0) }.flatMap { stage -> [LocatedInstruction] in
            let first = stage.instructions.firstIndex {
                if case .workingDirectory = $0.instruction { true } else { false }
            }
            return first.map { Array(stage.instructions[...$0]) } ?? stage.instructions
        }
    }

    /// Whether a path is relative as far as it is written: a variable or quotes may hide a slash.
    static func isRelative(_ path: String) -> Bool { !["/", "$", "\""].contains(where: path.hasPrefix) }

    /// Whether a stage starts in a directory that the Dockerfile says.
    private func setsWorkingDirectory(above stage: DockerfileStage) -> Bool {
        var next = parent(of: stage)
        while let stage = next {
            let isSet = stage.instructions.contains {
                if case .workingDirectory = $0.instruction { true } else { false }
            }
            if isSet { return true }
            next = parent(of: stage)
        }
        return false
    }
}
