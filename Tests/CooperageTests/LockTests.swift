import Content
import Foundation
import OCI
import SystemPackage
import TestSupport
import Testing

/// Locks by the built executable, and builds by them. No network.
@Suite struct LockTests {
    private func command(_ files: [String: String] = [:]) async throws -> Command {
        let command = try Command(["requirements.txt": "--no-index\nalpha\n", "main.py": ""].merging(files) { $1 })
        let root = command.directory.path
        try await BaseFixture.write(
            to: root.appending("base"), platforms: try ["linux/amd64", "linux/arm64"].map { try Platform($0) })
        try FileSystem.makeDirectory(root.appending("links"))
        for wheel in [try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "1.0")] {
            try wheel.write(to: root.appending("links"))
        }
        return command
    }

    private func run(_ command: Command, _ verb: String, _ more: String..., platform: String = "linux/amd64") throws
        -> Command.Outcome
    {
        try command.run(
            [verb, ".", "--base", "../base", "--platform", platform, "--find-links", "../links"] + more)
    }

    private func release(_ version: String, _ command: Command) throws {
        try WheelFixture("beta", version).write(to: command.directory.path.appending("links"))
    }

    private func text(_ command: Command, _ name: String = "pylock.toml") throws -> String {
        try command.text(command.context.appending(name))
    }

    @Test func lockAndBuildByIt() async throws {
        let command = try await command()
        let missing = try run(command, "build", "--locked")
        #expect(missing.status == 1)
        #expect(missing.error.contains("there is no lock './pylock.toml'"), "\(missing.error)")
        #expect(missing.error.contains("hint: write it by 'cooperage lock'"))

        let first = try run(command, "lock", "--progress", "plain")
        #expect(first.status == 0, "\(first.error)")
        #expect(first.output == "")
        let target = "CPython 3.11.2, linux/amd64, glibc 2.36"
        #expect(
            first.error.hasSuffix(
                "Added alpha v1.0\nAdded beta v1.0\nLocked 2 packages in './pylock.toml' for \(target)\n"),
            "\(first.error)")
        let lock = try text(command)
        #expect(lock.contains("path = \"../links/beta-1.0-py3-none-any.whl\""))

        let built = try run(command, "build", "--locked", "-q")
        #expect(built.status == 0, "\(built.error)")
        try release("2.0", command)
        let again = try run(command, "lock", "--progress", "plain")
        #expect(again.error.hasSuffix("\nUnchanged: 2 packages in './pylock.toml' for \(target)\n"), "\(again.error)")
        #expect(try text(command) == lock)
        #expect(try run(command, "build", "--locked", "-q").output == built.output)
        #expect(try run(command, "build", "-q", "-r", "requirements.txt").output != built.output)
        // The lock alone is a manifest, too.
        #expect(try run(command, "build", "-q", "-r", "pylock.toml").output == built.output)

        let upgraded = try run(command, "lock", "--upgrade", "--progress", "json")
        let result = #"{"changes":["Updated beta v1.0 -> v2.0"],"event":"result","file":"./pylock.toml","packages":2}"#
        #expect(upgraded.error.hasSuffix(result + "\n"), "\(upgraded.error)")
        #expect(try run(command, "build", "--locked", "-q").output != built.output)
    }

    @Test func aLockThatDoesNotFit() async throws {
        let command = try await command()
        #expect(try run(command, "lock", "-q").status == 0)
        try release("2.0", command)
        try FileSystem.write("--no-index\nalpha\nbeta>1\n".utf8, to: command.context.appending("requirements.txt"))
        let outcome = try run(command, "build", "--locked")
        #expect(outcome.status == 1)
        #expect(
            outcome.error.contains(
                "error: the lock './pylock.toml' does not fit the manifests any more\n    Update beta v1.0 -> v2.0\n"),
            "\(outcome.error)")
        #expect(outcome.error.contains("hint: write it anew by 'cooperage lock'"))
        #expect(try run(command, "plan", "--locked").status == 1)
        #expect(try run(command, "lock", "-q").status == 0)
        #expect(try run(command, "build", "--locked", "-q").status == 0)
    }

    @Test func severalPlatformsAndStandardOutput() async throws {
        let command = try await command(["serving.in": "--no-index\nbeta\n"])
        let both = "linux/amd64,linux/arm64"
        #expect(try run(command, "lock", "-q", "-r", "serving.in", platform: both).status == 0)
        let lock = try text(command, "pylock.serving.toml")
        #expect(lock.contains("x86_64") && lock.contains("aarch64") && !lock.contains("marker"))
        for platform in [both, "linux/amd64", "linux/arm64"] {
            let built = try run(command, "build", "-q", "-r", "serving.in", "--locked", platform: platform)
            #expect(built.status == 0, "\(built.error)")
        }
        let shown = try run(command, "lock", "-q", "-r", "serving.in", "-o", "-")
        #expect(shown.output.hasPrefix("lock-version = \"1.0\"\n") && shown.error == "")
        let named = try run(command, "lock", "-q", "-r", "serving.in", "-o", "../pylock.other.toml")
        #expect(named.status == 0, "\(named.error)")
        #expect(FileSystem.exists(command.directory.path.appending("pylock.other.toml")))
        #expect(try run(command, "lock", "-o", "lock.toml").status == 2)
    }

    @Test func groupsAndExtras() async throws {
        let command = try await command([
            "pyproject.toml": """
            [project]
            name = "project"
            version = "1"
            dependencies = []
            [project.optional-dependencies]
            more = ["alpha"]
            [dependency-groups]
            dev = ["beta"]
            [tool.uv]
            no-index = true
            """
        ])
        func packages(_ more: String...) throws -> [Substring] {
            let outcome = try command.run(
                ["lock", ".", "--base", "../base", "--platform", "linux/amd64", "--find-links", "../links", "-q"]
                    + ["-r", "pyproject.toml", "-o", "-"] + more)
            #expect(outcome.status == 0, "\(outcome.error)")
            return outcome.output.split(separator: "\n").filter { $0.hasPrefix("name = ") && !$0.contains(".whl") }
        }
        #expect(try packages() == [])
        #expect(try packages("--group", "dev") == ["name = \"beta\""])
        #expect(try packages("--all-extras") == ["name = \"alpha\"", "name = \"beta\""])
        #expect(try packages("--extra", "more").count == 2)
        let unknown = try run(command, "build", "-r", "pyproject.toml", "--group", "nope")
        #expect(unknown.status == 1)
        #expect(unknown.error.contains("'nope' is no dependency group of"), "\(unknown.error)")
        #expect(unknown.error.contains("hint: there is dev\n"), "\(unknown.error)")
    }

    /// User information of an index gets nowhere.
    @Test func secretsStayOut() async throws {
        let command = try await command()
        let outcome = try run(
            command, "lock", "--index-url", "http://planted:s3cret@127.0.0.1:1/simple", "--progress", "plain")
        #expect(outcome.status == 0, "\(outcome.error)")
        let all = try text(command) + outcome.error + outcome.output
        #expect(!all.contains("s3cret") && !all.contains("planted"))
    }
}
