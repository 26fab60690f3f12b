extension LintRule {
    /// How stages are named, and what they take from each other.
    static let stages: [LintRule] = [
        LintRule("StageNameCasing", .note, "names of stages are in lower case") { subject in
            subject.document.stages.compactMap { stage in
                guard let name = stage.writtenName, name != name.lowercased() else { return nil }
                return subject.found(
                    "the stage '\(name)' is not in lower case", in: stage.location, at: name,
                    hints: ["it is '\(name.lowercased())' wherever it is named"])
            }
        },
        LintRule("ReservedStageName", .warning, "'scratch' and 'context' mean something else") { subject in
            subject.document.stages.compactMap { stage in
                guard let name = stage.name, ["scratch", "context"].contains(name) else { return nil }
                return subject.found("a stage is named '\(name)'", in: stage.location, at: stage.writtenName ?? name)
            }
        },
        LintRule(
            "copy-from-later-stage", .error, aliases: ["DL3022", "DL3023"], "files come from the stages above"
        ) { subject in
            subject.document.stages.flatMap { stage in
                stage.instructions.compactMap { located -> LintObservation? in
                    guard case .copy(let copy) = located.instruction, let from = copy.from else { return nil }
                    let named = subject.document.stages.filter { $0.name == from.lowercased() }
                    let isNumber = Int(from).map { $0 >= stage.index } ?? false
                    guard isNumber || (!named.isEmpty && named.allSatisfy { $0.index >= stage.index }) else {
                        return nil
                    }
                    let isOwn = from.lowercased() == stage.name || Int(from) == stage.index
                    return subject.found(
                        isOwn
                            ? "'\(from)' is the stage itself" : "the stage '\(from)' does not stand above this one",
                        in: located, at: "--from", hints: ["files are copied from stages above, or from images"])
                }
            }
        },
    ]
}
