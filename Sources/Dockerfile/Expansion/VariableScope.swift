import OCI

/// The variables that instructions of a stage see: its `ENV`s and the base's over its `ARG`s.
struct VariableScope {
    /// What the base image sets; nil where the base is not known.
    let base: [String: String]?
    private(set) var environment: [String: String] = [:]
    private(set) var arguments: [String: String?] = [:]

    init(base: [String: String]?) { self.base = base }

    mutating func setEnvironment(_ name: String, _ value: String) { environment[name] = value }

    mutating func declareArgument(_ name: String, _ value: String?) { arguments[name] = value }

    /// What a variable holds.
    /// - Throws: `unknown_value` where only the base can tell.
    func value(_ name: String) throws(ExpansionProblem) -> String? {
        if let value = environment[name] ?? base?[name] { return value }
        if let value = arguments[name] { return value }
        // No image can set the shell's own parameters.
        guard base == nil, name.utf8.first.map({ $0 > UInt8(ascii: "9") }) ?? false else { return nil }
        throw ExpansionProblem(
            code: .unknownValue, message: "what '\(name)' holds, the base image alone may tell",
            hints: ["give the configuration of the base, or set '\(name)' by ARG or ENV"])
    }
}

/// What a build gives to `ARG`s: its own arguments, and those that each build has.
struct BuildArguments {
    /// What the client gave.
    let given: [String: String]
    /// What is there without a declaration before the first `FROM`, and by declaration in a stage.
    let automatic: [String: String]

    /// Arguments that a build may be given without an `ARG`: they are for what fetches, and leave no trace in the image.
    static let undeclared: Set<String> = Set(
        ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap { [$0, $0.lowercased()] }
            + ["SOURCE_DATE_EPOCH", "BUILDKIT_INLINE_CACHE", "BUILDKIT_SYNTAX", "BUILDKIT_MULTI_PLATFORM"])

    init(given: [String: String], target: Platform, stage: String) {
        self.given = given
        let build = Platform.host
        automatic = [
            "TARGETPLATFORM": target.description, "TARGETOS": target.os, "TARGETARCH": target.architecture,
            "TARGETVARIANT": target.variant ?? "", "BUILDPLATFORM": build.description, "BUILDOS": build.os,
            "BUILDARCH": build.architecture, "BUILDVARIANT": build.variant ?? "", "TARGETSTAGE": stage,
        ]
    }
}
