import OCI

extension LintRule {
    /// What `FROM` names.
    static let bases: [LintRule] = [
        LintRule(
            "unpinned-base", .warning, aliases: ["DL3006", "DL3007"], "a base without a tag, or 'latest', changes"
        ) {
            subject in
            subject.references().compactMap { stage, reference in
                guard reference.digest == nil else { return nil }
                switch reference.tag {
                case nil:
                    return subject.found(
                        "the base '\(stage.from.image)' has no tag, which means 'latest'", in: stage.location,
                        at: stage.from.image, hints: ["name a version, as in \(reference.repository.lastPart):1.2"])
                case "latest":
                    return subject.found(
                        "the base '\(stage.from.image)' is whatever is the latest", in: stage.location,
                        at: stage.from.image, hints: ["name a version, or a digest"])
                default: return nil
                }
            }
        },
        LintRule("base-without-digest", .note, "a tag may name another image tomorrow") { subject in
            subject.references().compactMap { stage, reference in
                guard reference.digest == nil, let tag = reference.tag, tag != "latest" else { return nil }
                return subject.found(
                    "the base '\(stage.from.image)' has no digest", in: stage.location, at: stage.from.image,
                    hints: ["the same digest of the image needs the same base: write \(tag)@sha256:…"])
            }
        },
        LintRule("UndefinedArgInFrom", .warning, "FROM uses arguments that are declared before it") { subject in
            let declared = subject.globalNames
            return subject.document.stages.flatMap { stage in
                [stage.from.image, stage.from.platform ?? ""].flatMap { text in
                    VariableUse.plain(in: text, escape: subject.document.directives.escape).filter {
                        !declared.contains($0)
                    }.map { name in
                        subject.found(
                            "no ARG before the first FROM declares '\(name)'", in: stage.location, at: "$",
                            hints: ["write 'ARG \(name)=…' above it"])
                    }
                }
            }
        },
        LintRule("InvalidDefaultArgInFrom", .warning, "the base is named without build arguments, too") { subject in
            var plain = subject.lowering
            plain = DockerfileLowering(subject.document, target: plain.target, platform: plain.platform)
            let declared = subject.globalNames
            return zip(subject.document.stages, plain.images()).compactMap { stage, image in
                let names = VariableUse.plain(in: stage.from.image, escape: subject.document.directives.escape)
                guard !names.isEmpty, names.allSatisfy(declared.contains), let image, (try? Reference(image)) == nil
                else { return nil }
                return subject.found(
                    "without build arguments the base '\(stage.from.image)' is no image's name", in: stage.location,
                    at: stage.from.image, hints: ["give its ARG a default"])
            }
        },
        LintRule(
            "RedundantTargetPlatform", .note, "the platform that is built for is the one that FROM takes without it"
        ) { subject in
            subject.document.stages.compactMap { stage in
                guard let text = stage.from.platform, ["$TARGETPLATFORM", "${TARGETPLATFORM}"].contains(text) else {
                    return nil
                }
                return subject.found(
                    "'--platform=\(text)' says what holds anyway", in: stage.location, at: "--platform")
            }
        },
        LintRule(
            "FromPlatformFlagConstDisallowed", .note, aliases: ["DL3029"],
            "a platform that is written out keeps the image from being built for others"
        ) { subject in
            subject.document.stages.compactMap { stage in
                guard let text = stage.from.platform, !text.contains("$") else { return nil }
                // A stage that is named for its platform is one of several.
                if let name = stage.name, let last = text.split(separator: "/").last, name.contains(last) { return nil }
                return subject.found(
                    "the base is '\(text)', whatever is built for", in: stage.location, at: "--platform",
                    hints: ["leave it to --platform of the build"])
            }
        },
    ]
}

extension LintSubject {
    /// The stages that start from an image of a registry, and which.
    fileprivate func references() -> [(DockerfileStage, Reference)] {
        document.stages.compactMap { stage in
            guard let image = images[stage.index], parent(of: stage) == nil, image != "scratch",
                !lowering.catalogNames.contains(image), let reference = try? Reference(image)
            else { return nil }
            return (stage, reference)
        }
    }

    /// The names that `FROM` may use.
    fileprivate var globalNames: Set<String> {
        var names = Set(
            BuildArguments(given: [:], target: lowering.platform, stage: "").automatic.keys)
        for located in document.globalArguments {
            guard case .argument(let declarations) = located.instruction else { continue }
            names.formUnion(declarations.map(\.name))
        }
        return names
    }
}

extension String {
    fileprivate var lastPart: Substring { split(separator: "/").last ?? self[...] }
}
