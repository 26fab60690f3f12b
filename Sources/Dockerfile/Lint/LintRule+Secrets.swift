extension LintRule {
    /// Secrets that the image, its history or whoever reads the Dockerfile would have. What they are is not said.
    static let secrets: [LintRule] = [
        LintRule("SecretsUsedInArgOrEnv", .warning, "secrets are no values of ARG and ENV") { subject in
            subject.document.instructions.flatMap { located in
                SecretValues.named(located).compactMap { name, value in
                    guard SecretNames.tell(name) else { return nil }
                    let isArgument = if case .argument = located.instruction { true } else { false }
                    if isArgument, value.isEmpty {
                        return subject.found(
                            "the build argument '\(name)' looks like a secret, which others can read in the history",
                            in: located, at: name, hints: [mountHint], severity: .note)
                    }
                    let isVariable = !isArgument && value.drop { $0 == "\"" }.hasPrefix("$")
                    guard isVariable || SecretNames.isLiteral(value) else { return nil }
                    return subject.found(
                        "\(located.keyword) gives '\(name)' a value, and it looks like a secret", in: located, at: name,
                        hints: [isArgument ? mountHint : "give it to the container when it starts"])
                }
            }
        },
        LintRule("credentials-in-url", .error, "a password in a URL is in the image's history") { subject in
            subject.texts().flatMap { located, text in
                SecretText(text).secrets.filter { $0.kind == .url }.map { _ in
                    subject.found(
                        "a URL holds a password", in: located, at: "://",
                        hints: [
                            "leave it out, and lend it by --secret id=netrc, or write ${NAME} and --secret id=NAME"
                        ])
                }.prefix(1)
            }
        },
        LintRule("known-token", .error, "a token of a well-known form is written out") { subject in
            subject.texts().flatMap { located, text in
                SecretText(text).secrets.filter { $0.kind == .token }.prefix(1).map { _ in
                    subject.found(
                        "\(located.keyword) holds a token", in: located,
                        hints: ["take it back where it was given out: others have read it"])
                }
            }
        },
        LintRule("secret-in-command", .error, "a command is given a secret that is written out") { subject in
            subject.document.instructions.flatMap { located -> [LintObservation] in
                guard case .run = located.instruction else { return [] }
                let secrets = SecretText(String(decoding: located.source.bytes, as: UTF8.self)).secrets
                return secrets.compactMap { secret in
                    switch secret.kind {
                    case .login:
                        return subject.found("a command is given a password", in: located, hints: [mountHint])
                    case .named(let name) where SecretNames.tellForSure(name):
                        return subject.found(
                            "a command is given a value for '\(name)'", in: located, at: name, hints: [mountHint])
                    default: return nil
                    }
                }
            }
        },
        LintRule("private-key-copied", .error, "a file that holds a secret goes into the image") { subject in
            subject.copies().flatMap { located, copy -> [LintObservation] in
                guard copy.from == nil else { return [] }
                return copy.sources.flatMap { source in
                    SecretFiles.named(by: source, in: subject).map { path in
                        subject.found(
                            source.hasSuffix(path)
                                ? "'\(path)' usually holds a secret"
                                : "'\(source)' brings '\(path)', which usually holds a secret",
                            in: located, at: source,
                            hints: ["name it in .dockerignore, and use --mount=type=secret where a build needs it"])
                    }
                }
            }
        },
    ]

    private static let mountHint = "use RUN --mount=type=secret, and lend it by --secret"
}

extension LintSubject {
    /// The instructions' texts with their heredocs.
    fileprivate func texts() -> [(LocatedInstruction, String)] {
        document.instructions.map { located in
            var text = String(decoding: located.source.bytes, as: UTF8.self)
            switch located.instruction {
            case .run(let run): text += run.heredocs.map { "\n" + $0.content }.joined()
            case .copy(let copy), .add(let copy): text += copy.heredocs.map { "\n" + $0.content }.joined()
            default: break
            }
            return (located, text)
        }
    }
}
