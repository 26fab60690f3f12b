import Content
import Diagnostics
import SystemPackage

/// One question to uv: which wheels fulfil these manifests on this target?
struct UvCompilation: Sendable {
    let uv: UvTool
    let environment: UvEnvironment
    /// An absolute directory of our own for the time of the question.
    let scratch: FilePath
    let manifests: [Manifest]
    let target: PythonTarget

    /// uv's answer.
    /// - Throws: `PythonError` with uv's own words.
    func run(isUpgrade: Bool) async throws -> PylockDocument {
        let answer = scratch.appending("pylock.toml")
        var arguments = [
            "pip", "compile", "--format", "pylock.toml", "--output-file", answer.string, "--no-header",
            "--no-universal",
            "--python-version", "\(target.version)", "--python-platform", try target.uvPlatform,
            "--only-binary", ":all:",
        ]
        if isUpgrade { arguments.append("--refresh") }
        if let python = interpreterBesideUv { arguments += ["--python", python.string] }

        let directory = try FileSystem.absolute(manifests.first?.directory ?? ".")
        let lowering = LockLowering(uv: uv, environment: environment, scratch: scratch)
        var isLocked = true
        for manifest in manifests {
            switch manifest.kind {
            case .requirements, .project:
                isLocked = false
                arguments.append(try FileSystem.absolute(manifest.path).string)
            case .uvLock, .pylock:
                arguments += try await lowering.lower(manifest)
            }
        }
        // Locks name all that they need, so uv only has to decide which part of them is for this target.
        if isLocked { arguments += ["--no-deps", "--no-index"] }

        let output = try await uv.run(arguments, environment: environment, directory: directory)
        guard output.succeeded else { throw UvFailure.error(from: output, doing: "resolve the requirements") }
        let text = String(decoding: try FileSystem.read(answer), as: UTF8.self)
        let document = try PylockDocument(text: text, name: "uv's answer")
        return try lowering.checking(document, manifests: manifests)
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
