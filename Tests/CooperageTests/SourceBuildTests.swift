import Content
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Sources built by the built executable: whether, and what is said when they cannot be.
@Suite struct SourceBuildTests {
    private func command(_ project: SourceFixture) async throws -> (command: Command, log: FilePath) {
        let command = try Command(["requirements.txt": "--no-index\n-e ../pkg\n", "app.py": ""])
        let root = command.directory.path
        try await BaseFixture.write(to: root.appending("base"))
        let log = root.appending("built.log")
        try project.write(to: root.appending("pkg"), log: log)
        return (command, log)
    }

    private let arguments = ["build", ".", "--base", "../base", "-o", "type=image", "--progress", "plain"]

    @Test func theyAreBuiltUnlessSaidOtherwise() async throws {
        let (command, log) = try await command(SourceFixture("local-pkg", "1.2"))
        let refused = try command.run(arguments + ["--no-allow-source-builds"])
        #expect(refused.status == 1)
        #expect(refused.error.contains("local-pkg") && refused.error.contains("--allow-source-builds"))
        #expect(!FileSystem.exists(log))
        let outcome = try command.run(arguments)
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.error.contains("building a wheel of local-pkg from "))
        #expect(outcome.error.contains("warning: local-pkg is installed as it is now"))
        #expect(FileSystem.exists(log))
    }

    @Test func aBuildThatFailsIsTheRequestsFault() async throws {
        let (command, _) = try await command(
            SourceFixture("local-pkg", "1.2", prelude: "raise RuntimeError('no compiler here')"))
        let outcome = try command.run(arguments)
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("local-pkg cannot be built") && outcome.error.contains("no compiler here"))
    }
}
