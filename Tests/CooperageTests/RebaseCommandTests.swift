import Content
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

/// `rebase` and `--max-layer-size`, as the command has them.
@Suite struct RebaseCommandTests {
    /// A command whose context has a base, and another one beside it.
    private func command(_ variant: BaseFixture.Variant = .init(python: "3.11.9", files: ["etc/motd": "new\n"]))
        async throws -> Command
    {
        let command = try Command(["app/main.py": "print(1)\n"])
        try await BaseFixture.write(to: command.context.appending("old"))
        try await BaseFixture.write(to: command.context.appending("new"), variant: variant)
        return command
    }

    private func digest(_ command: Command, _ layout: String) async throws -> String {
        try await OCILayout(command.context.appending(layout)).root().digest.description
    }

    @Test func aLayoutIsRebased() async throws {
        let command = try await command()
        for (base, output) in [("old", "image"), ("new", "direct")] {
            let built = try await command.runAside([
                "build", "app", "--base", "./\(base)", "-o", "type=oci,dest=\(output)", "-q",
            ])
            #expect(built.status == 0, "\(built.error)")
        }
        let outcome = try await command.runAside([
            "rebase", "image", "--old-base", "./old", "--new-base", "oci:new", "-t", "oci:rebased", "-t", "image.tar",
        ])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output == "\(try await digest(command, "direct"))\n")
        #expect(try await digest(command, "rebased") == digest(command, "direct"))
        #expect(FileSystem.exists(command.context.appending("image.tar")))
    }

    @Test func whatDoesNotFitIsTold() async throws {
        let command = try await command(.init(glibcMinor: 31))
        let built = try await command.runAside(["build", "app", "--base", "./old", "-o", "type=oci,dest=image", "-q"])
        #expect(built.status == 0, "\(built.error)")
        let arguments = ["rebase", "image", "--old-base", "./old", "--new-base", "./new", "-t", "oci:rebased"]
        let refused = try await command.runAside(arguments)
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(
            refused.error.contains(
                """
                error: the image does not go with the base './new': it was made for glibc 2.36, and the base has glibc \
                2.31, which lacks what came later
                hint: build it anew on that base
                hint: --force leaves out the check

                """), "\(refused.error)")
        #expect(!FileSystem.exists(command.context.appending("rebased")))
        #expect(try await command.runAside(arguments + ["--force"]).status == 0)
        let unsaid = try await command.runAside(["rebase", "image", "--new-base", "./new", "-t", "oci:other"])
        #expect(unsaid.status == 1 && unsaid.error.contains("does not say what it was built on"))
        let placeless = try await command.runAside(["rebase", "image", "--new-base", "./new"])
        #expect(placeless.status == 1 && placeless.error.contains("nothing says where the rebased image goes"))
        let baseless = try await command.runAside(["rebase", "image"])
        #expect(baseless.status == 2 && baseless.error.contains("--new-base"))
    }

    @Test func layersAreDividedBySize() async throws {
        let command = try await command()
        for number in 0..<5 {
            try command.directory.write(
                sampleBytes(600_000, seed: UInt64(number)), to: "context/app/noise\(number).bin")
        }
        let flags = ["app", "--base", "./old", "--max-layer-size", "1500kB"]
        let plan = try await command.runAside(["plan"] + flags + ["-q"])
        #expect(plan.status == 0, "\(plan.error)")
        for part in 1...3 { #expect(plan.output.contains("code: 6 files in /app (\(part) of 3)"), "\(plan.output)") }
        let built = try await command.runAside(["build"] + flags + ["-o", "type=oci,dest=image", "-q"])
        #expect(built.status == 0, "\(built.error)")
        let image = try await OCILayout(command.context.appending("image")).image(for: nil)
        #expect(image.manifest.layers.count == 5)
        for layer in image.manifest.layers { #expect(layer.size <= 1_500_000) }
        #expect(try await ImageValidator.problems(of: image) == [])

        try command.directory.write(sampleBytes(1_700_000), to: "context/app/model.bin")
        let refused = try await command.runAside(["build"] + flags + ["-o", "type=image", "-q"])
        #expect(refused.status == 1)
        #expect(refused.error.contains("error: the file '/opt/app/model.bin' has 17"), "\(refused.error)")
        #expect(refused.error.contains("and a layer may have no more than 1500000"))
        let wrong = try await command.runAside(["plan", "app", "--base", "./old", "--max-layer-size", "10G"])
        #expect(wrong.status == 2 || wrong.status == 1)
        #expect(wrong.error.contains("'10G' is no size of a layer") && wrong.error.contains("--max-layer-size"))
    }
}
