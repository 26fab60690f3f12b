import Content
import SystemPackage

/// podman with a storage of its own, for the time of a test.
public struct ContainerRuntime: Sendable {
    /// What keeps containers from running here, in the kernel's words; nil if nothing does.
    public static let obstacle: String? = {
        do {
            try TestSupport.run("unshare", ["--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/proc"])
            return nil
        } catch {
            return "\(error)"
        }
    }()

    private let storage: [String]

    /// Runs something with an empty storage, and removes that.
    public static func run<Value: Sendable>(_ body: @Sendable (ContainerRuntime) async throws -> Value) async throws
        -> Value
    {
        let scratch = try TemporaryDirectory()
        // Without a --tmpdir of its own, podman keeps exit codes of every storage in /run/libpod, which the reset of another
        // test removes: a container that ends after that has no exit code ("container in state running").
        let runtime = ContainerRuntime(storage: [
            "--root", scratch.path.appending("storage").string, "--runroot", scratch.path.appending("run").string,
            "--tmpdir", scratch.path.appending("state").string,
            "--runtime", "runc", "--cgroup-manager", "cgroupfs",
        ])
        let result: Value
        do {
            result = try await body(runtime)
        } catch {
            try? await runtime.reset()
            throw error
        }
        try await runtime.reset()
        return result
    }

    // Mounts of its storage would outlive the directory.
    private func reset() async throws { try await runAside("podman", storage + ["system", "reset", "--force"]) }

    /// Runs a container to its end.
    /// - Parameters:
    ///   - image: as podman names it: a reference, or `oci:DIRECTORY`.
    ///   - command: in the place of the image's own; empty leaves that.
    /// - Returns: what it wrote to its standard output.
    public func output(of image: String, options: [String] = [], _ command: [String] = []) async throws -> String {
        let limits = ["--network", "host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
        let output = try await runAside(
            "podman", storage + ["run", "--rm", "--tls-verify=false"] + limits + options + [image] + command)
        return String(decoding: output, as: UTF8.self)
    }
}
