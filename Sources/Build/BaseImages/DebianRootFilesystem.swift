public import Content
public import Diagnostics
public import OCI
import Subprocess
public import SystemPackage

/// A Debian root file system, made by `mmdebstrap` as a child process, with root or without.
///
/// What is done inside is in `base-images/debian/build`, a shell script that this program carries. Its tar goes into a
/// file and not into a stream: only the exit code tells whether the tar is whole.
public struct DebianRootFilesystem: Sendable {
    private let variables: [(name: String, value: String)]
    private let suite: String

    /// Takes the parts of a definition.
    /// - Parameter platform: what the image will run on. A foreign architecture needs qemu-user-static and binfmt.
    /// - Throws: `BaseImageError` if Debian has no such platform.
    public init(
        _ release: DebianRelease, python: BasePython?, user: BaseUser?, workingDirectory: String?, platform: Platform
    ) throws(BaseImageError) {
        let architectures = ["amd64": "amd64", "arm64": "arm64"]
        guard platform.os == "linux", let architecture = architectures[platform.architecture] else {
            throw BaseImageError(
                .invalidDefinition, "no Debian base image is made for \(platform)",
                hints: ["Debian bases are made for linux/amd64 and linux/arm64"])
        }
        suite = release.suite
        variables = [
            ("SUITE", release.suite),
            ("COMPONENTS", release.components.joined(separator: ",")),
            ("PACKAGES", release.packages.joined(separator: ",")),
            ("ARCH", architecture),
            ("PYTHON", python.map { "python\($0.version)" } ?? ""),
            ("ENVIRONMENT", python?.environment ?? ""),
            ("USER_NAME", user?.name ?? ""),
            ("USER_UID", user.map { "\($0.uid)" } ?? ""),
            ("USER_GID", user.map { "\($0.gid)" } ?? ""),
            ("USER_HOME", user?.home ?? ""),
            ("WORKDIR", workingDirectory ?? ""),
        ]
    }

    /// What stands for everything that this program adds to the result. The versions of Debian's packages are not in
    /// it: they follow from the mirror, and who keeps a result under this key keeps its versions.
    public func key() throws(ContentError) -> Digest {
        var key = KeyBuilder(kind: "debian-root-filesystem", formatVersion: 1)
        key.append(EmbeddedBaseImages.debianRecipe)
        key.append(variables) { key, variable in
            key.append(variable.name)
            key.append(variable.value)
        }
        return try key.digest()
    }

    /// Makes it: an uncompressed tar without device nodes, its entries sorted by name.
    ///
    /// A cancelled task stops the child with all of its own, which takes up to two seconds, since mmdebstrap then removes
    /// what it unpacked.
    /// - Parameters:
    ///   - path: the file to write. It is replaced; it is gone again if the making fails.
    ///   - progress: called with each line that mmdebstrap writes.
    /// - Throws: `BaseImageError` (`root_filesystem_failed`) with mmdebstrap's last words, or `CancellationError`.
    public func write(to path: FilePath, progress: @escaping @Sendable (String) -> Void = { _ in }) async throws {
        do {
            try await runRecipe(output: path, progress: progress)
        } catch {
            try? FileSystem.remove(path)
            try Task.checkCancellation()
            throw error
        }
    }

    private func runRecipe(output path: FilePath, progress: @escaping @Sendable (String) -> Void) async throws {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
        } catch {
            throw BaseImageError(.rootFilesystem, "'\(path)' cannot be written", cause: error)
        }
        var options = PlatformOptions()
        // A session of its own: apt, dpkg and the packages' scripts are to end with it, and a Ctrl-C at the terminal is
        // to reach us alone.
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(10))
        ]
        let environment = Dictionary(
            uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.name), Optional($0.value)) })
        let result = try await run(
            .path("/bin/sh"), arguments: ["-c", EmbeddedBaseImages.debianRecipe],
            environment: .inherit.updating(environment), platformOptions: options, input: .none,
            output: .fileDescriptor(file, closeAfterSpawningProcess: true), error: .sequence
        ) { execution in
            var lastLines: [String] = []
            for try await line in execution.standardError.strings() {
                let line = line.last?.isNewline == true ? String(line.dropLast()) : line
                progress(line)
                lastLines = lastLines.suffix(11) + [line]
            }
            return lastLines
        }
        try Task.checkCancellation()
        guard result.terminationStatus.isSuccess else {
            throw failure(result.closureResult, status: "\(result.terminationStatus)")
        }
    }

    private func failure(_ lastLines: [String], status: String) -> BaseImageError {
        let words = lastLines.joined(separator: "\n")
        let causes: [(sign: String, hint: String)] = [
            ("mmdebstrap: not found", "install Debian's package mmdebstrap, or run scripts/setup example"),
            ("newuidmap", "install Debian's package uidmap"),
            (
                "/etc/sub",
                "give the user a range: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 NAME"
            ),
            ("Unable to locate package", "look the package up at https://packages.debian.org/\(suite)/"),
            ("does not have a Release file", "is '\(suite)' the code name of a Debian release?"),
            ("NO_PUBKEY", "install Debian's package debian-archive-keyring"),
            ("Could not resolve", "is there a way to the mirror? a proxy is taken from apt's configuration"),
            ("No space left", "mmdebstrap unpacks in $TMPDIR or /tmp, about 400 MB"),
            ("cannot mount", "root in a container needs CAP_SYS_ADMIN; a user without root needs no such right"),
        ]
        return BaseImageError(
            .rootFilesystem, "mmdebstrap could not make the root file system of Debian '\(suite)' (\(status))",
            context: [FailureContext("output", words)],
            hints: causes.filter { words.contains($0.sign) }.map(\.hint))
    }
}
