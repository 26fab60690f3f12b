import Content
import Foundation
import SystemPackage
import TestSupport
import Testing

/// `login` and `logout` at docker-registry, in the file that docker and podman read.
@Suite struct RegistryLoginTests {
    private static let secret = DockerRegistry.password

    private func file(_ command: Command) -> FilePath { command.directory.path.pushing(".docker/config.json") }

    private func document(_ command: Command) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(FileSystem.read(file(command)))) as? [String: Any])
    }

    private func logIn(_ command: Command, _ host: String, password: String = secret + "\n") async throws
        -> Command.Outcome
    {
        try await command.runAside(["login", host, "-u", DockerRegistry.user, "--password-stdin"], input: password)
    }

    @Test func aPasswordIsTriedKeptAndForgotten() async throws {
        let command = try Command()
        try await BaseFixture.write(to: command.context.appending("images"))
        // What others keep in the file stays.
        let before =
            #"{"auths": {"other.example": {"auth": "eDp5"}}, "HttpHeaders": {"A": "b"}, "detachKeys": "ctrl-q"}"#
        try command.directory.write(Array(before.utf8), to: ".docker/config.json")
        try await DockerRegistry.run(.password) { registry in
            let name = "\(registry.host)/team/app:1"
            let nobody = try await command.runAside(["copy", "images", name])
            #expect(nobody.status == 3 && nobody.error.contains("cooperage login \(registry.host)"), "\(nobody.error)")

            let wrong = try await logIn(command, registry.host, password: "not-this")
            #expect(wrong.status == 3 && wrong.error.contains("answers 401"), "\(wrong.error)")
            #expect(try FileSystem.read(file(command)) == Array(before.utf8))

            let outcome = try await logIn(command, registry.host)
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error == "notice: logged in to \(registry.host); kept by DIR/.docker/config.json\n")
            #expect(try (FileSystem.status(file(command))?.mode ?? 0) & 0o777 == 0o600)
            let after = try document(command)
            #expect(
                after["detachKeys"] as? String == "ctrl-q" && after["HttpHeaders"] as? [String: String] == ["A": "b"])
            let pair = Data("\(DockerRegistry.user):\(Self.secret)".utf8).base64EncodedString()
            #expect(
                after["auths"] as? [String: [String: String]] == [
                    "other.example": ["auth": "eDp5"], registry.host: ["auth": pair],
                ])
            let copied = try await command.runAside(["copy", "images", name])
            #expect(copied.status == 0, "\(copied.error)")
            // Others read it as their own.
            let told = try await runAside(
                "skopeo", ["login", "--get-login", "--authfile", file(command).string, registry.host])
            #expect(String(decoding: told, as: UTF8.self) == "\(DockerRegistry.user)\n")

            let out = try await command.runAside(["logout", registry.host])
            #expect(out.error == "notice: logged out of \(registry.host)\n")
            #expect(
                try document(command)["auths"] as? [String: [String: String]] == ["other.example": ["auth": "eDp5"]])
            let again = try await command.runAside(["logout", registry.host])
            #expect(again.status == 0 && again.error == "notice: there was no login at \(registry.host)\n")
            for text in [nobody, wrong, outcome, copied, out].map({ $0.error + $0.output }) {
                #expect(!text.contains(Self.secret) && !text.contains("not-this") && !text.contains(pair))
            }
        }
    }

    @Test func aHelperKeepsThePassword() async throws {
        var command = try Command()
        try await BaseFixture.write(to: command.context.appending("images"))
        let kept = command.directory.path.appending("kept")
        let script = """
            #!/bin/sh
            case $1 in
            store) cat > \(kept) ;;
            get) cat > /dev/null; cat \(kept) 2> /dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
            erase) cat > /dev/null; rm \(kept) ;;
            esac
            """
        let tools = command.directory.path.appending("tools")
        try FileSystem.makeDirectory(tools)
        try FileSystem.write(script.utf8, to: tools.appending("docker-credential-test"), mode: 0o755)
        command.environment["PATH"] = "\(tools):\(command.environment["PATH"] ?? "")"
        try command.directory.write(Array(#"{"credsStore": "test"}"#.utf8), to: ".docker/config.json")
        try await DockerRegistry.run(.password) { [command] registry in
            let outcome = try await logIn(command, registry.host)
            #expect(outcome.error == "notice: logged in to \(registry.host); kept by docker-credential-test\n")
            #expect(try document(command)["auths"] as? [String: [String: String]] == [registry.host: [:]])
            #expect(String(decoding: try FileSystem.read(kept), as: UTF8.self).contains(Self.secret))
            let copied = try await command.runAside(["copy", "images", "\(registry.host)/app:1"])
            #expect(copied.status == 0, "\(copied.error)")
            let out = try await command.runAside(["logout", registry.host])
            #expect(out.error == "notice: logged out of \(registry.host)\n")
            #expect(!FileSystem.exists(kept))
        }
    }

    @Test func aRegistryForEverybodyIsTold() async throws {
        var command = try Command()
        let named = command.directory.path.appending("auth.json")
        command.environment["REGISTRY_AUTH_FILE"] = named.string
        try await DockerRegistry.run { [command] registry in
            let outcome = try await logIn(command, registry.host)
            #expect(outcome.status == 0)
            #expect(outcome.error.contains("lets in everybody: the password was not tried"))
            #expect(try (FileSystem.status(named)?.mode ?? 0) & 0o777 == 0o600)
            #expect(!FileSystem.exists(file(command)))
        }
    }

    @Test(arguments: [
        ["login", "-u", "me"], ["login", "127.0.0.1:1", "--token-stdin"], ["login", "127.0.0.1:1", "--password-stdin"],
        ["login", "127.0.0.1:1", "--server", "http://127.0.0.1:2"],
        ["logout", "127.0.0.1:1", "--server", "http://127.0.0.1:2"],
    ])
    func aRegistryAndAServerAreTwoLogins(arguments: [String]) throws {
        let outcome = try Command().run(arguments)
        #expect(outcome.status == 2 && outcome.error.hasPrefix("error: "), "\(outcome.error)")
    }
}
