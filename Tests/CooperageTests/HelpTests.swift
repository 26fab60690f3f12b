import Content
import Foundation
import SystemPackage
import Testing

/// The help texts as they are; `COOPERAGE_UPDATE_SNAPSHOTS=1 swift test --filter CooperageTests` writes them anew.
@Suite struct HelpTests {
    private static let snapshots = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Fixtures").appending("help")

    @Test(arguments: [
        [], ["build"], ["plan"], ["lock"], ["lint"], ["base"], ["base", "list"], ["base", "build"], ["inspect"],
        ["copy"],
        ["tag"], ["rebase"], ["doctor"], ["cache"], ["cache", "du"], ["cache", "prune"], ["serve"], ["login"],
        ["logout"],
        ["builds"], ["builds", "list"],
        ["builds", "show"], ["builds", "logs"], ["builds", "cancel"], ["builds", "retry"], ["completion"],
    ])
    func help(_ verb: [String]) throws {
        let outcome = try Command().run(verb + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
        let file = Self.snapshots.appending((["help"] + verb).joined(separator: "-") + ".txt")
        if ProcessInfo.processInfo.environment["COOPERAGE_UPDATE_SNAPSHOTS"] == "1" {
            try FileSystem.write(outcome.output.utf8, to: file)
        }
        #expect(outcome.output == String(decoding: try FileSystem.read(file), as: UTF8.self))
    }

    @Test func noArgumentsShowTheHelp() throws {
        let command = try Command()
        #expect(try command().output == command("--help").output)
        #expect(try command("help", "build").output == command("build", "--help").output)
    }

    @Test func version() throws {
        let outcome = try Command()("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.firstMatch(of: /^cooperage \d+\.\d+\.\d+\n$/) != nil)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) throws {
        let command = try Command()
        let outcome = try command("completion", shell)
        #expect(outcome.status == 0)
        for word in ["metadata-file", "inspect", "python-3.11", "quiet"] { #expect(outcome.output.contains(word)) }
        #expect(try command("--generate-completion-script", shell).output == outcome.output)
    }

    @Test func everyFlagOfTheIssueIsThere() throws {
        let help = try Command()("build", "--help").output
        for flag in [
            "-t, --tag", "-f, --file", "--push", "-o, --output", "--platform", "--label", "--annotation", "--no-cache",
            "--metadata-file", "--iidfile", "--progress", "--base", "-r, --requirements", "--env", "--entrypoint",
            "--cmd", "--user", "--workdir", "--index-url", "--extra-index-url", "--find-links", "--lock-file", "--pull",
            "--upgrade", "--insecure-registry", "-q, --quiet", "--server", "--code", "--code-root", "--locked",
            "--group",
            "--extra", "--all-extras",
            "--max-layer-size",
            "--sbom", "--sbom-format", "--attest", "--secret", "--keyring-provider",
        ] {
            #expect(help.contains("  \(flag) "), "\(flag) is missing")
        }
    }
}
