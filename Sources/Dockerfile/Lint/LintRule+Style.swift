extension LintRule {
    /// How it is written.
    static let style: [LintRule] = [
        LintRule("FromAsCasing", .note, "FROM and AS are written alike") { subject in
            subject.document.stages.compactMap { stage in
                let words = stage.location.source.bytes.split { $0.isBlank }.map(\.text)
                guard stage.name != nil, words.count >= 4, let from = words.first else { return nil }
                let `as` = words[words.count - 2]
                guard (from == from.uppercased()) != (`as` == `as`.uppercased()) else { return nil }
                return subject.found("'\(from)' and '\(`as`)' are written differently", in: stage.location, at: `as`)
            }
        },
        LintRule("ConsistentInstructionCasing", .note, "all instructions are written alike") { subject in
            let written = subject.document.instructions.map { located in
                (located, located.source.bytes.drop { $0.isBlank }.prefix { !$0.isBlank }.text)
            }
            let upper = written.count { $0.1 == $0.1.uppercased() }
            let lower = written.count { $0.1 == $0.1.lowercased() }
            let isUpper = upper >= lower
            return written.compactMap { located, name in
                let expected = isUpper ? name.uppercased() : name.lowercased()
                guard name != expected else { return nil }
                return subject.found("'\(name)' is '\(expected)' elsewhere in this file", in: located)
            }
        },
        LintRule(
            "LegacyKeyValueFormat", .note, "ENV and LABEL have '=' between a name and its value"
        ) { subject in
            subject.document.instructions.compactMap { located in
                let values: [NamedValue]
                switch located.instruction {
                case .environment(let named), .label(let named): values = named
                default: return nil
                }
                // Where the first word has none, the rest of the line is the value.
                let words = located.source.bytes.split { $0.isBlank }
                guard values.count == 1, words.count > 2, !words[1].contains(UInt8(ascii: "=")) else { return nil }
                return subject.found(
                    "\(located.keyword) '\(values[0].name)' is written without '='", in: located, at: values[0].name,
                    hints: ["write \(located.keyword) \(values[0].name)=…"])
            }
        },
        LintRule("NoEmptyContinuation", .note, "no line is empty between those that continue each other") { subject in
            subject.document.instructions.compactMap { located in
                // The lines of heredocs follow those of the instruction.
                let heredocs: [Heredoc] =
                    switch located.instruction {
                    case .run(let run): run.heredocs
                    case .copy(let copy), .add(let copy): copy.heredocs
                    default: []
                    }
                let below = heredocs.reduce(0) { sum, heredoc in sum + heredoc.content.utf8.count { $0 == .newline } + 1
                }
                let last = located.lines.last - below
                guard located.lines.first < last,
                    let empty = (located.lines.first...last).first(where: {
                        subject.document.text.lines[$0 - 1].trimmingNewline.allSatisfy(\.isBlank)
                    })
                else { return nil }
                return LintObservation(
                    line: empty, column: 1, message: "an empty line stands between lines of \(located.keyword)",
                    hints: ["take it out: later versions of BuildKit refuse it"])
            }
        },
    ]
}
