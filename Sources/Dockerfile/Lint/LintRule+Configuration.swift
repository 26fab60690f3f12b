extension LintRule {
    /// What a container starts with.
    static let configuration: [LintRule] = [
        LintRule(
            "MultipleInstructionsDisallowed", .warning, aliases: ["DL3012", "DL4003", "DL4004"],
            "of several CMD, ENTRYPOINT or HEALTHCHECK in a stage the last one counts"
        ) { subject in
            subject.document.stages.flatMap { stage -> [LintObservation] in
                ["CMD", "ENTRYPOINT", "HEALTHCHECK"].flatMap { keyword in
                    stage.instructions.filter { $0.keyword == keyword }.dropLast().map {
                        subject.found("a later \(keyword) of this stage replaces it", in: $0)
                    }
                }
            }
        },
        LintRule(
            "JSONArgsRecommended", .note, aliases: ["DL3025"],
            "a shell between the runtime and the program keeps signals"
        ) { subject in
            subject.document.instructions.compactMap { located in
                guard let text = located.shellForm, !text.hasPrefix("[") else { return nil }
                return subject.found(
                    "\(located.keyword) is given to a shell, which passes no signals on", in: located,
                    hints: [#"write a JSON array: \#(located.keyword) ["program", "argument"]"#])
            }
        },
        LintRule("json-like-shell-form", .warning, "an array that is no JSON is given to a shell, brackets and all") {
            subject in
            subject.document.instructions.compactMap { located in
                let text: String? =
                    if case .run(let run) = located.instruction, case .shell(let text) = run.form { text } else {
                        located.shellForm
                    }
                guard let text, text.hasPrefix("["), !text.hasPrefix("[["), text.hasSuffix("]"),
                    !text.hasPrefix("[ ") || text.contains(",")
                else { return nil }
                return subject.found(
                    "\(located.keyword) looks like a JSON array, and is none", in: located, at: "[",
                    hints: ["each word needs double quotes, and a comma between them"])
            }
        },
        LintRule("MaintainerDeprecated", .warning, aliases: ["DL4000"], "MAINTAINER is out of date") { subject in
            subject.document.instructions.compactMap { located in
                guard case .maintainer = located.instruction else { return nil }
                return subject.found(
                    "MAINTAINER is out of date, and shows nowhere", in: located,
                    hints: ["use LABEL org.opencontainers.image.authors=…"])
            }
        },
        LintRule(
            "WorkdirRelativePath", .warning, aliases: ["DL3000"], "a relative WORKDIR starts where the base alone knows"
        ) { subject in
            subject.instructionsWithoutWorkingDirectory().compactMap { located in
                guard case .workingDirectory(let path) = located.instruction, LintSubject.isRelative(path) else {
                    return nil
                }
                return subject.found(
                    "'\(path)' is relative, and no WORKDIR stands above", in: located, at: path,
                    hints: ["write it with a slash at its start"])
            }
        },
        LintRule("last-user-root", .note, aliases: ["DL3002"], "containers need root seldom") { subject in
            guard let stage = subject.document.stages.last,
                let located = stage.instructions.last(where: { $0.keyword == "USER" }),
                case .user(let user) = located.instruction, LoweringState.isRoot(user)
            else { return [] }
            return [subject.found("containers start as root", in: located, at: user)]
        },
        LintRule(
            "env-of-same-line", .warning, aliases: ["DL3044"], "values of a line see what was set above it, not in it"
        ) { subject in
            subject.document.instructions.flatMap { located -> [LintObservation] in
                guard case .environment(let values) = located.instruction else { return [] }
                return values.indices.flatMap { number -> [LintObservation] in
                    let used = VariableUse.plain(in: values[number].value, escape: subject.document.directives.escape)
                    let earlier = Set(values[..<number].map(\.name))
                    return used.filter { earlier.contains($0) && $0 != values[number].name }.map { name in
                        subject.found(
                            "'\(values[number].name)' sees '\(name)' as it was before this line", in: located,
                            at: values[number].name + "=", hints: ["write a second ENV"])
                    }
                }
            }
        },
        LintRule(
            "ExposeInvalidFormat", .warning, aliases: ["DL3011"],
            "EXPOSE names ports of the container, and nothing else"
        ) { subject in
            subject.ports { port in
                port.contains(":") ? "'\(port)' names an address or a port of the host, which has no effect" : nil
            }
        },
        LintRule("ExposeProtoCasing", .note, "protocols are in lower case") { subject in
            subject.ports { port in
                guard let slash = port.firstIndex(of: "/") else { return nil }
                let name = port[port.index(after: slash)...]
                return name != name.lowercased() ? "the protocol '\(name)' is not in lower case" : nil
            }
        },
    ]
}

extension LocatedInstruction {
    /// The text of a CMD or an ENTRYPOINT that goes to a shell.
    fileprivate var shellForm: String? {
        switch instruction {
        case .command(.shell(let text)), .entrypoint(.shell(let text)): text
        default: nil
        }
    }
}

extension LintSubject {
    fileprivate func ports(_ problem: (String) -> String?) -> [LintObservation] {
        document.instructions.flatMap { located -> [LintObservation] in
            guard case .expose(let ports) = located.instruction else { return [] }
            return ports.filter { !$0.contains("$") }.compactMap { port in
                problem(port).map { found($0, in: located, at: port) }
            }
        }
    }
}
