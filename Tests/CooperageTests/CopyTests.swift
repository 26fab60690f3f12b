import Content
import Diagnostics
import Foundation
import Images
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing
import Transfer

/// `copy` and `tag` between docker-registries, layouts and archives, read by skopeo.
@Suite struct CopyTests {
    private static let platforms = ["amd64", "arm64"].map { Platform(os: "linux", architecture: $0) }
    private let registries = RegistryClient(client: HTTPClient())

    private func command() async throws -> Command {
        let command = try Command()
        try await BaseFixture.write(to: command.context.appending("images"), platforms: Self.platforms)
        return command
    }

    /// Copies, and tells the digest reference and how many bytes were uploaded.
    private func copy(_ command: Command, _ arguments: String...) async throws -> (reference: String, uploaded: Int?) {
        struct Result: Decodable {
            var uploaded_bytes: Int?
        }
        let outcome = try await command.runAside(["copy", "--progress", "json"] + arguments)
        #expect(outcome.status == 0, "\(outcome.error)")
        let last = try #require(outcome.error.split(separator: "\n").last)
        let result = try JSONDecoder().decode(Result.self, from: Data(last.utf8))
        return (String(outcome.output.dropLast()), result.uploaded_bytes)
    }

    private func raw(_ image: String) async throws -> Digest {
        try Digester.digest(of: try await runAside("skopeo", ["inspect", "--raw", "--tls-verify=false", image]))
    }

    @Test func anIndexStaysTheSameWhereverItGoes() async throws {
        let command = try await command()
        let root = try await OCILayout(command.context.appending("images")).root()
        try await DockerRegistry.run { first in
            try await DockerRegistry.run { second in
                let name = "\(first.host)/team/app"
                let start = try await copy(command, "images", "\(name):1")
                #expect(start.reference == "\(name)@\(root.digest)")
                #expect(try #require(start.uploaded) > 0)
                #expect(try await raw("docker://\(name):1") == root.digest)
                // What is there is not sent again, and within a registry nothing but documents is.
                #expect(try await copy(command, "images", "\(name):2").uploaded == 0)
                #expect(try await copy(command, "\(name):2", "\(first.host)/other/app:1").uploaded == 0)
                // Without the cache of before, from one registry to another and to a layout.
                var other = command
                other.environment["COOPERAGE_CACHE_DIR"] = command.directory.path.appending("other").string
                let moved = try await copy(other, "\(name):1", "\(second.host)/app:1")
                #expect(moved.uploaded == start.uploaded)
                #expect(try await raw("docker://\(second.host)/app:1") == root.digest)
                #expect(try await copy(other, "\(second.host)/app:1", "oci:out").reference == root.digest.description)
                #expect(try await OCILayout(command.context.appending("out")).root().digest == root.digest)
                for platform in Self.platforms {
                    let image = try await OCILayout(command.context.appending("out")).image(for: platform)
                    #expect(try await ImageValidator.problems(of: ImageSet(image)) == [])
                }
            }
        }
    }

    @Test func onePlatformGoesAlone() async throws {
        let command = try await command()
        let image = try await OCILayout(command.context.appending("images")).image(for: Self.platforms[1])
        try await DockerRegistry.run { registry in
            let name = "\(registry.host)/app"
            let one = try await copy(command, "--platform", "linux/arm64", "./images", "\(name):arm")
            #expect(one.reference == "\(name)@\(image.descriptor.digest)")
            // An archive has no manifest of its own: what it holds is the same.
            _ = try await copy(command, "\(name):arm", "image.tar")
            let told = try await runAside(
                "skopeo", ["inspect", "--config", "--raw", "docker-archive:\(command.context.appending("image.tar"))"])
            #expect(try Digester.digest(of: told) == image.manifest.config.digest)
            let back = try await copy(command, "image.tar", "\(name):back")
            #expect(back.uploaded == 0)
            let outcome = try await command.runAside(["copy", "images", "all.tar"])
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("a docker archive holds one image, not an index over 2"))
        }
    }

    @Test func anImageGetsFurtherNames() async throws {
        let command = try await command()
        try await DockerRegistry.run { registry in
            let name = "\(registry.host)/team/app"
            let copied = try await copy(command, "images", "\(name):1")
            let outcome = try await command.runAside(["tag", "\(name):1", "stable", "\(name):latest"])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output == "\(copied.reference)\n")
            #expect(try await registries.tags(of: Reference(name)).sorted() == ["1", "latest", "stable"])
            for (target, words) in [
                ("\(registry.host)/other:1", "is in another repository than"), (copied.reference, "holds a digest"),
            ] {
                let refused = try await command.runAside(["tag", "\(name):1", target])
                #expect(refused.status == 1 && refused.error.contains(words), "\(refused.error)")
            }
            let missing = try await command.runAside(["tag", "\(name):none", "x"])
            #expect(missing.status == 1 && missing.error.contains("MANIFEST_UNKNOWN"), "\(missing.error)")
        }
    }

    @Test func theDoctorTellsWhatARegistryDoes() async throws {
        let command = try Command()
        try await DockerRegistry.run { registry in
            let outcome = try await command.runAside(["doctor", "\(registry.host)/team/app"])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(
                outcome.output == """
                    ASPECT     VERDICT  DETAIL
                    auth       yes      open to everybody
                    profile    unknown  registry
                    limits     unknown  none told
                    pull       unknown  there is no such repository yet
                    push       yes      an upload was opened
                    chunks     yes      of any size
                    resume     yes      tells what it has
                    bodies     yes      more than 4 MiB in a request
                    mount      yes      from another repository
                    zstd       yes      a manifest with such a layer was taken
                    delete     yes      what was pushed is gone again
                    referrers  no       kept under a tag by clients

                    """)
        }
        let outcome = try await command.runAside(["doctor", "127.0.0.1:1/app"])
        #expect(outcome.status == 3 && outcome.output.isEmpty, "\(outcome.error)")
    }

    @Test func whatTheDoctorFoundOutCountsLater() async throws {
        let command = try await command()
        try await DockerRegistry.run { registry in
            let name = "\(registry.host)/team/app"
            let outcome = try await command.runAside(["doctor", "--store", name])
            let kept = "what pushes to \(registry.host) go by is kept in DIR/.config/cooperage/registries.toml\n"
            #expect(outcome.status == 0 && outcome.error == kept, "\(outcome.error)")
            let file = command.directory.path.pushing(".config/cooperage/registries.toml")
            let text = String(decoding: try FileSystem.read(file), as: UTF8.self)
            #expect(text.contains("host = '\(registry.host)'") || text.contains("host = \"\(registry.host)\""))
            #expect(text.contains("mounts = true") && text.contains("uploads"), "\(text)")
            #expect(try await copy(command, "images", "\(name):1").reference.hasPrefix("\(name)@"))
            // One that cannot be followed is told, not passed over.
            try FileSystem.write(text.replacing("chunked", with: "slowly").utf8, to: file)
            let wrong = try await command.runAside(["copy", "images", "\(name):2"])
            #expect(wrong.status == 1 && wrong.error.contains("'registry[0].uploads' is 'slowly'"), "\(wrong.error)")
        }
    }
}
