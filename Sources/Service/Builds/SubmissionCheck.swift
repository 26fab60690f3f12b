import Build
import Content
import Diagnostics
import Dockerfile
import Layers
import OCI
import Spec
import Transfer

/// Looks a submission through before it is accepted: what is wrong in it, or against the project's policy, is told now
/// and not by a build that fails.
struct SubmissionCheck: Sendable {
    private let submission: BuildSubmission
    private let project: String
    let policy: ProjectPolicy
    private let contexts: ContextStorage

    init(_ submission: BuildSubmission, project: String, policy: ProjectPolicy, contexts: ContextStorage) {
        self.submission = submission
        self.project = project
        self.policy = policy
        self.contexts = contexts
    }

    /// - Returns: the context's files, where there is one.
    /// - Throws: `ServiceError` with the value at fault.
    @discardableResult
    func check() async throws -> ManifestSource? {
        try checkNames()
        try checkExecution()
        try checkPolicy()
        try check(submission.indexes.packageIndexes)
        try check(requirements: submission.packages)
        try check(submission.selection)
        if let changes = submission.changes {
            try check(changes)
            // Two resolutions of one environment would know nothing of each other.
            guard changes.environments.isEmpty || (submission.requirements + submission.packages).isEmpty else {
                throw refuse("packages are in 'changes' as well as in 'requirements' or 'packages'")
            }
        }
        return try await checkContext()
    }

    func refuse(_ why: String, hints: [String] = []) -> ServiceError {
        ServiceError(.invalidRequest, why, hints: hints)
    }

    private func checkNames() throws(ServiceError) {
        for tag in submission.tags where tag.digest != nil {
            throw refuse("'\(tag)' holds a digest, which an image gets only from its content")
        }
        guard !submission.pushes || !submission.tags.isEmpty else {
            throw refuse("an image is to be pushed, but it has no name", hints: ["name it in 'tags'"])
        }
        guard submission.pushes || submission.exports || submission.tags.isEmpty else {
            throw refuse("an image with a name is neither to be pushed nor kept", hints: ["set 'push' or 'export'"])
        }
        guard submission.tags.count <= 64, submission.platforms.count <= 16, submission.requirements.count <= 256,
            submission.files.count <= 256, submission.packages.count <= 1000
        else {
            throw refuse(
                "a build has at most 64 tags, 16 platforms, 256 manifests and lists of files, 1000 packages")
        }
        guard Set(submission.platforms.map(\.description)).count == submission.platforms.count else {
            throw refuse("a platform is there twice")
        }
        if let epoch = submission.sourceDateEpoch, !(0...253_402_300_799).contains(epoch) {
            throw refuse("'source_date_epoch' is \(epoch), and no second of the years 1970 to 9999")
        }
        if let limit = submission.layerLimit, limit < BuildSpec.smallestLayerLimit {
            throw refuse(
                "'max_layer_size' is \(limit), and layers of less than \(BuildSpec.smallestLayerLimit) bytes hold no image"
            )
        }
    }

    private func checkExecution() throws(ServiceError) {
        let execution = submission.execution
        for name in execution.environment.keys where name.isEmpty || name.contains("=") || name.utf8.contains(0) {
            throw refuse("'\(name)' is not the name of an environment variable")
        }
        for port in execution.ports {
            let parts = port.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, ["tcp", "udp", "sctp"].contains(parts[1]), let number = UInt16(parts[0]),
                number > 0,
                String(number) == parts[0]
            else { throw refuse("'\(port)' is not a port", hints: ["write it as '8080/tcp'"]) }
        }
        let paths =
            [("code_destination", submission.codeDestination), ("workdir", execution.workingDirectory)]
            + submission.files.map { ("destination", $0.destination) }
        for (what, path) in paths {
            if let path, !path.hasPrefix("/") || path.utf8.contains(0) {
                throw refuse("'\(what)' is '\(path)', and not an absolute path")
            }
        }
    }

    /// A line of a manifest may be an option, a file or another manifest; a package is a requirement and nothing else.
    func check(requirements: [String]) throws(ServiceError) {
        for package in requirements {
            guard let first = package.unicodeScalars.first, first.isASCII,
                first.properties.isAlphabetic
                    || ("0"..."9").contains(first), package.utf8.count <= 1000,
                !package.unicodeScalars.contains(where: { $0.value < 0x20 })
            else {
                throw refuse(
                    "'\(redacted(url: package))' is not a requirement", hints: ["write it as 'fastapi>=0.115'"])
            }
        }
    }

    /// Names of groups and extras, as packaging has them: one is an argument of uv's.
    func check(_ selection: PackageSelection) throws(ServiceError) {
        let sync = selection.sync
        let names =
            selection.groups + selection.extras + (sync?.excludedGroups ?? []) + (sync?.onlyGroups ?? [])
            + (sync?.excludedExtras ?? [])
        guard names.count <= 256 else { throw refuse("a build has at most 256 groups and extras") }
        for name in names { try check(name: name, is: "a dependency group or an extra") }
    }

    /// A name that becomes an argument of uv's.
    func check(name: String, is what: String) throws(ServiceError) {
        let isWord = name.utf8.allSatisfy { byte in
            let scalar = Unicode.Scalar(byte)
            return scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                || "._-".unicodeScalars.contains(scalar)
        }
        guard isWord, (1...200).contains(name.utf8.count), let first = name.first, !"._-".contains(first) else {
            throw refuse("'\(name)' is not the name of \(what)")
        }
    }

    private func checkPolicy() throws(ServiceError) {
        if submission.pushes {
            for tag in submission.tags where !PolicyPattern.allow(policy.targets, tag.name) {
                throw against("pushing to '\(tag.name)'", policy.targets)
            }
        }
        switch submission.base {
        case .catalog(let name): try check(base: name)
        case .reference(let reference): try check(base: reference.name)
        case .layout: try check(base: "layout")
        case .scratch: try check(base: "scratch")
        }
    }

    /// Refuses what images may not start from, nor take files from.
    func check(base: String) throws(ServiceError) {
        guard PolicyPattern.allow(policy.bases, base) else { throw against("the base '\(base)'", policy.bases) }
    }

    func against(_ what: String, _ allowed: [String]) -> ServiceError {
        ServiceError(
            .againstPolicy, "the policy of the project '\(project)' does not allow \(what)",
            hints: ["it allows \(allowed.joined(separator: ", "))"])
    }

    func check(_ indexes: PackageIndexes) throws(ServiceError) {
        let pages = indexes.findLinks.filter { $0.contains("://") }
        for text in [indexes.indexURL].compactMap(\.self) + indexes.extraIndexURLs + pages {
            let url: HTTPURL
            do {
                url = try HTTPURL(text)
            } catch {
                throw refuse("the index '\(redacted(url: text))' is not an http or https URL")
            }
            guard url.userInformation == nil else {
                throw refuse(
                    "the URL of the index '\(url)' holds a user and a password",
                    hints: ["send them as 'secrets', where they are encrypted"])
            }
            guard !url.text.contains(where: { $0.isWhitespace || $0 == "," }) else {
                throw refuse("the index '\(url)' is not one URL")
            }
            guard PolicyPattern.allow(policy.indexes, url.text) else {
                throw against("the index '\(url)'", policy.indexes)
            }
        }
        // uv takes the default index where none is named.
        if let date = indexes.excludeNewer, date.utf8.count > 40 || date.utf8.contains(where: { $0 < 0x20 }) {
            throw refuse("'exclude_newer' is not a date")
        }
    }

    private func checkContext() async throws -> ManifestSource? {
        let installations = submission.changes?.allInstallations ?? []
        var directories = (submission.indexes.findLinks + installations.flatMap(\.indexes.findLinks)).filter {
            !$0.contains("://")
        }
        if case .layout(let path) = submission.base { directories.append(path) }
        let needsOne =
            !submission.requirements.isEmpty || submission.lock != nil || submission.codeDestination != nil
            || !directories.isEmpty
            || !submission.files.isEmpty || submission.changes != nil
        guard let digest = submission.context else {
            guard !needsOne else {
                throw refuse(
                    "code, requirements and directories are of a context, and none is named",
                    hints: ["upload one, and name its digest in 'context'"])
            }
            return nil
        }
        // The check may come long after the upload.
        let source = ManifestSource(
            try await contexts.use(digest, project: project), store: try contexts.store(of: project))
        let files = submission.requirements + [submission.lock].compactMap(\.self) + installations.flatMap(\.files)
        for path in files {
            guard source.kind(of: try relative(path)) == .file else {
                throw refuse("the context holds no file '\(path)'", hints: ["paths start at the context"])
            }
        }
        for path in directories where path != "." && !path.isEmpty {
            guard source.kind(of: try relative(path)) == .directory else {
                throw refuse("the context holds no directory '\(path)'", hints: ["paths start at the context"])
            }
        }
        return source
    }

    func relative(_ path: String) throws(ServiceError) -> String {
        do throws(LayerError) {
            return try LayerPath.checked(path, origin: "the submission")
        } catch {
            throw ServiceError(.invalidRequest, error.message, cause: error)
        }
    }
}
