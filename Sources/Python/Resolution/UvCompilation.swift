import Content
import Diagnostics
import OCI
import Programs
import Spec
import SystemPackage

/// One question to uv: which wheels fulfil these manifests on this target?
struct UvCompilation: Sendable {
    let uv: UvTool
    let environment: UvEnvironment
    /// An absolute directory of our own for the time of the question.
    let scratch: FilePath
    let request: ResolutionRequest
    let inputs: ResolutionInputs
    /// Whether sources are taken where no wheel fits, which may run code of theirs to learn what they need.
    var allowsSourceBuilds = false

    /// uv's answer.
    /// - Throws: `PythonError` with uv's own words.
    func run() async throws -> PylockDocument {
        let lowering = LockLowering(
            uv: uv, environment: environment, scratch: scratch, selection: inputs.selection, isLocked: inputs.isLocked,
            credentials: inputs.credentials)
        let requirements = RequirementsLowering(inputs.requirements)
        let places = requirements.isNeeded ? try requirements.write(to: scratch) : [:]
        var sources: [String] = []
        var locked: [PylockDocument] = []
        for manifest in request.manifests {
            switch manifest.kind {
            case .requirements, .project:
                let path = try FileSystem.absolute(manifest.path)
                sources.append((places[path] ?? path).string)
            case .uvLock, .pylock:
                let lock = LoweredLock(try await lowering.document(of: manifest), name: manifest.path.string)
                locked.append(try await applicable(lock))
            }
        }
        if sources.isEmpty, locked.count == 1 { return locked[0] }

        // What the locks pin for this target becomes requirements among the others, so that uv reports conflicts.
        var locks: [LoweredLock] = []
        var pages: [String] = []
        for document in locked {
            if !allowsSourceBuilds { for package in document.packages { try WheelSelection.refuseSources(package) } }
            let lock = LoweredLock(document, name: "lock \(locks.count + 1)")
            locks.append(lock)
            let files = try lock.write(to: scratch, as: "lock-\(locks.count)", namesSources: allowsSourceBuilds)
            sources.append(files.requirements)
            pages.append(files.links)
        }
        if !request.offered.isEmpty { pages.append(try offeredPage()) }
        sources += Self.arguments(request.options)
        if request.upgrade { sources.append("--refresh") }
        // In a file, uv passes it over.
        if inputs.allowsPrereleases { sources += ["--prerelease", "allow"] }
        let document = try await compile(
            sources + inputs.selection.compileArguments(), environment: environment.withFindLinks(pages, alone: false),
            preferences: inputs.preferences)
        return locks.reduce(document) { $1.restoring($0) }
    }

    /// What an installer was told, as arguments.
    private static func arguments(_ options: InstallationOptions?) -> [String] {
        guard let options else { return [] }
        var arguments = options.leavesOutDependencies ? ["--no-deps"] : []
        let choices = [
            ("--prerelease", options.prerelease), ("--index-strategy", options.indexStrategy),
            ("--resolution", options.resolution),
        ]
        for case (let name, let value?) in choices { arguments += [name, value] }
        return arguments
    }

    /// A page of links with the wheels that were chosen before.
    private func offeredPage() throws -> String {
        var page = ""
        for wheel in request.offered.map(\.wheel) where !wheel.url.isEmpty {
            let place = wheel.url.prefix { $0 != "#" } + "#sha256=\(wheel.digest.encoded)"
            page += "<a href=\"\(LoweredLock.escaped(String(place)))\">\(LoweredLock.escaped(wheel.filename))</a>\n"
        }
        let path = scratch.appending("offered.html")
        try FileSystem.write(Array(page.utf8), to: path)
        return "file://" + PercentEncoding.path(path.string)
    }

    /// The part of a lock that is for the target. Locks name all that they need, so uv asks no index and no
    /// configuration.
    private func applicable(_ lock: LoweredLock) async throws -> PylockDocument {
        let files = try lock.write(to: scratch, as: "lock")
        let document = try await compile(
            [files.requirements, "--no-deps", "--no-index", "--no-config"],
            environment: environment.withFindLinks([files.links], alone: true))
        return try lock.checking(document, target: request.target)
    }

    private func compile(
        _ arguments: [String], environment: UvEnvironment, preferences: LockPreferences? = nil
    ) async throws -> PylockDocument {
        let answer = scratch.appending("pylock.toml")
        // uv keeps to the versions of a file that is there.
        try FileSystem.remove(answer)
        if let preferences { try FileSystem.write(preferences.pylockText.utf8, to: answer) }
        var all = [
            "pip", "compile", "--format", "pylock.toml", "--output-file", answer.string, "--no-header",
            "--no-universal",
            "--python-version", "\(request.target.version)", "--python-platform", try request.target.uvPlatform,
        ]
        if !allowsSourceBuilds { all += ["--only-binary", ":all:"] }
        if let python = interpreterBesideUv { all += ["--python", python.string] }
        let directory = try FileSystem.absolute(request.manifests.first?.directory ?? ".")
        let output = try await uv.run(all + arguments, environment: environment, directory: directory)
        guard output.succeeded else {
            throw UvFailure.error(from: output, doing: "resolve the requirements", without: inputs.credentials)
        }
        return try PylockDocument(
            text: String(decoding: try FileSystem.read(answer), as: UTF8.self), name: "uv's answer")
    }

    /// A Python that was installed together with uv, so that none is needed on the PATH and no broken one there
    /// matters. uv asks it nothing that the target does not answer.
    private var interpreterBesideUv: FilePath? {
        let directory = uv.path.removingLastComponent()
        guard FileSystem.exists(directory.removingLastComponent().appending("pyvenv.cfg")) else { return nil }
        let python = directory.appending("python")
        return isExecutable(python) ? python : nil
    }
}
