import Diagnostics

extension LintRule {
    /// What the reader and the lowering say: each refusal, not the first alone.
    static let lowering: [LintRule] = [
        LintRule("invalid-syntax", .error, "the line does not read as an instruction") { subject in
            subject.errors([.invalidSyntax, .invalidDirective, .unknownInstruction, .invalidExpansion])
        },
        LintRule("not-native", .error, "the instruction cannot be followed, so that no image is built") { subject in
            let lostFiles = subject.refusals.first { ["COPY", "ADD"].contains($0.keyword) }
            return subject.errors([.unsupportedInstruction, .unsupportedCommand])
                // Where a COPY is not followed, a file that is missing says nothing.
                + (lostFiles == nil ? subject.errors([.requirementsNotFound]) : [])
        },
        LintRule("missing-source", .error, "the context does not hold what is copied") { subject in
            subject.errors([.sourceNotFound])
        },
        LintRule("invalid-base", .error, "the name of the base is none") { subject in
            subject.errors([.invalidBase])
        },
        LintRule("DuplicateStageName", .error, aliases: ["DL3024"], "stages have names of their own") { subject in
            subject.errors([.duplicateStage])
        },
        LintRule("base-decides", .note, aliases: ["UndefinedVar"], "what the line means, the base alone tells") {
            subject in
            subject.errors([.unknownValue]).map { found in
                var found = found
                found.hints = ["'cooperage plan -f' looks the base up"]
                return found
            }
        },
        LintRule("unused-build-argument", .warning, "a build argument that no ARG declares has no effect") { subject in
            let declared = Set(
                subject.document.instructions.flatMap { located -> [String] in
                    guard case .argument(let declarations) = located.instruction else { return [] }
                    return declarations.map(\.name)
                })
            return subject.lowering.buildArguments.keys.sorted().compactMap { name in
                guard !declared.contains(name), !BuildArguments.undeclared.contains(name) else { return nil }
                let near = Diagnostics.nearest(to: name, among: declared.sorted())
                return LintObservation(
                    line: 1, column: 1, message: "no ARG declares the build argument '\(name)'",
                    hints: near.map { ["did you mean '\($0)'?"] } ?? [])
            }
        },
    ]
}

extension LintSubject {
    /// What was wrong with lines, of some kinds.
    fileprivate func errors(_ codes: Set<DockerfileErrorCode>) -> [LintObservation] {
        problems.filter { codes.contains($0.code) }.map { found($0) }
            + refusals.filter { codes.contains($0.error.code) }.map { found($0.error, lines: $0.lines) }
    }
}
