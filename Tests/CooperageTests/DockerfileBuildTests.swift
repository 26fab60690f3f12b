import Content
import Foundation
import Images
import OCI
import RegistryTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Builds by `-f` as users call them, with the built executable: here and on a real server, for one platform and several.
@Suite struct DockerfileBuildTests {
    private static let dockerfile = """
        ARG BASE
        FROM $BASE AS packages
        WORKDIR /srv/app
        COPY requirements.txt .
        RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
        FROM packages AS app
        ARG VERSION=1
        ENV VERSION=$VERSION
        COPY . .
        RUN chmod -R a+rX . && chown 7:8 main.py
        USER 7:8
        CMD ["python", "main.py"]

        """

    /// A context with its wheels beside it, and a base in a registry.
    private func command(_ registry: DockerRegistry, platforms: String = "linux/amd64") async throws -> Command {
        var command = try Command([
            "Dockerfile": Self.dockerfile, "requirements.txt": "--no-index\nalpha\n", "limits.txt": "alpha<2\n",
            "main.py": "print('hello')\n",
            "Dockerfile.dockerignore": "*.log\n", "left.log": "out",
        ])
        let root = command.directory.path
        try await BaseFixture.write(
            to: root.appending("base"), platforms: platforms.split(separator: ",").map { try Platform($0) })
        for name in ["links", "made"] { try FileSystem.makeDirectory(root.appending(name)) }
        for wheel in [try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "1.0")] {
            try wheel.write(to: root.appending("links"))
        }
        try FileSystem.write([], to: root.appending("none.txt"))
        let pushed = try await command.runAside([
            "build", ".", "--base", "../base", "--code", "none", "-r", "../none.txt", "--platform", platforms, "-t",
            "\(registry.host)/team/base:1",
            "--push", "-q",
        ])
        #expect(pushed.status == 0, "\(pushed.error)")
        command.environment["BASE"] = "\(registry.host)/team/base:1"
        return command
    }

    private func build(_ more: String...) -> [String] {
        ["build", "-f", "Dockerfile", ".", "--build-arg", "BASE", "--find-links", "../links"] + more
    }

    private func image(_ layout: String, _ command: Command, for platform: String = "linux/amd64") async throws -> Image
    {
        try await OCILayout(command.directory.path.pushing(FilePath("made/\(layout)"))).image(
            for: try Platform(platform))
    }

    @Test func targetsArgumentsAndOutputs() async throws {
        try await DockerRegistry.run { registry in
            let command = try await command(registry)
            let name = "\(registry.host)/team/app:1"
            let built = try await command.runAside(
                build(
                    "--build-arg", "VERSION=2", "-o", "type=oci,dest=../made/app", "-t", name, "--push", "--label",
                    "l=v", "--metadata-file", "../made/metadata.json"))
            #expect(built.status == 0, "\(built.error)")
            #expect(built.error.contains("notice: line 5: RUN pip install -r requirements.txt → python layers\n"))
            #expect(built.error.contains("notice: line 10: RUN chown 7:8 main.py → files\n"))
            let app = try await image("app", command)
            let digest = app.descriptor.digest
            #expect(built.output == "\(registry.host)/team/app@\(digest)\n")
            #expect(try await RegistryContents(registry).digest("team/app:1") == digest.description)
            let execution = try #require(app.configuration.config)
            #expect(execution.env?.contains("VERSION=2") == true)
            #expect(execution.workingDir == "/srv/app" && execution.user == "7:8")
            #expect(execution.cmd == ["python", "main.py"] && execution.labels?["l"] == "v")
            // The wheels, a layer for each instruction that leaves files; modes are changed in the layer itself.
            let titles = (app.configuration.history ?? []).compactMap(\.comment)
            #expect(titles.last == "COPY . ." && titles.contains("python: alpha 1.0"), "\(titles)")

            // Nothing changed is nothing made, and the same image.
            let again = try await command.runAside(
                build("--build-arg", "VERSION=2", "-o", "type=oci,dest=../made/again", "--label", "l=v", "-q"))
            #expect(again.status == 0, "\(again.error)")
            #expect(try await image("again", command).descriptor.digest == digest)
            let plan = try await command.runAside(["plan"] + build("--build-arg", "VERSION=2", "-q").dropFirst())
            #expect(plan.output.contains(", 0 to make\n"), "\(plan.output)")

            let packages = try await command.runAside(
                build("--target", "packages", "-o", "type=oci,dest=../made/packages", "-q"))
            #expect(packages.status == 0, "\(packages.error)")
            let lower = try #require(try await image("packages", command).configuration.config)
            #expect(lower.cmd == nil || lower.cmd == ["python3"])
            #expect(lower.env?.contains { $0.hasPrefix("VERSION=") } == false && lower.workingDir == "/srv/app")
        }
    }

    /// Each platform has its own base, arguments and layers.
    @Test func platforms() async throws {
        try await DockerRegistry.run { registry in
            let platforms = "linux/amd64,linux/arm64"
            let command = try await command(registry, platforms: platforms)
            let both = try await command.runAside(
                build("--platform", platforms, "-o", "type=oci,dest=../made/same", "-q"))
            #expect(both.status == 0, "\(both.error)")
            let text = Self.dockerfile.replacing("ARG VERSION=1", with: "ARG TARGETARCH\nARG VERSION=$TARGETARCH")
            try FileSystem.write(text.utf8, to: command.context.appending("Dockerfile"))
            let own = try await command.runAside(
                build(
                    "--platform", platforms, "-o", "type=oci,dest=../made/own", "-t", "\(registry.host)/team/own:1",
                    "--push", "-q"))
            #expect(own.status == 0, "\(own.error)")
            for layout in ["same", "own"] {
                for platform in ["linux/amd64", "linux/arm64"] {
                    let image = try await image(layout, command, for: platform)
                    #expect(image.configuration.platform.description == platform)
                    let version = layout == "own" ? String(platform.dropFirst("linux/".count)) : "1"
                    #expect(image.configuration.config?.env?.contains("VERSION=\(version)") == true)
                    // Each is the one that a build for it alone comes to.
                    let alone = try await command.runAside(
                        build("--platform", platform, "-o", "type=oci,dest=../made/alone", "-q")
                            + (layout == "same" ? ["--build-arg", "VERSION=1"] : []))
                    #expect(alone.status == 0, "\(alone.error)")
                    if layout == "own" {
                        #expect(
                            try await self.image("alone", command, for: platform).descriptor.digest
                                == image.descriptor.digest)
                    }
                }
            }
            let fixed = text.replacing("FROM $BASE", with: "FROM --platform=linux/s390x $BASE")
            try FileSystem.write(fixed.utf8, to: command.context.appending("Dockerfile"))
            let refused = try await command.runAside(build("--platform", platforms, "-o", "type=image", "-q"))
            #expect(refused.status != 0)
        }
    }

    /// On a server the same build is the same image.
    @Test func aServerBuildsTheSame() async throws {
        try await DockerRegistry.run { registry in
            let platforms = "linux/amd64,linux/arm64"
            var command = try await command(registry, platforms: platforms)
            try await ServerSite.run { service in
                command.environment["COOPERAGE_TOKEN"] = service.token
                let server = ["--server", service.origin(0)]
                for (name, flags) in [
                    ("app", ["--build-arg", "VERSION=3"]), ("packages", ["--target", "packages"]),
                    ("both", ["--platform", platforms]),
                ] {
                    let here = try await command.runAside(build("-o", "type=oci,dest=../made/\(name)") + flags)
                    #expect(here.status == 0, "\(here.error)")
                    let there = try await command.runAside(
                        build("-o", "type=oci,dest=../made/\(name)-there") + flags + server)
                    #expect(there.status == 0, "\(there.error)")
                    #expect(there.output == here.output && here.output.hasPrefix("sha256:"), "\(name)")
                    // The lines are told here, wherever they are built.
                    #expect(
                        there.error.contains("notice: line 5: RUN pip install -r requirements.txt → python layers\n"))
                }
                let pushed = try await command.runAside(
                    build("-t", "\(registry.host)/team/there:1", "--push", "-q") + server)
                #expect(pushed.status == 0, "\(pushed.error)")
                let digest = try #require(try await RegistryContents(registry).digest("team/there:1"))
                #expect(pushed.output == "\(registry.host)/team/there@\(digest)\n")

                let text = Self.dockerfile.replacing("ARG VERSION=1", with: "ARG TARGETARCH\nARG VERSION=$TARGETARCH")
                try FileSystem.write(text.utf8, to: command.context.appending("Dockerfile"))
                let different = try await command.runAside(
                    build("--platform", platforms, "-o", "type=image", "-q") + server)
                #expect(different.status == 1)
                #expect(
                    different.error == """
                        error: the Dockerfile comes to another build on each of its 2 platforms
                        hint: build for one --platform at a time

                        """)
            }
        }
    }

    /// What stages, environments and options come to on a server, too.
    @Test(arguments: [
        """
        ARG BASE
        FROM $BASE AS builder
        WORKDIR /build
        COPY requirements.txt .
        RUN python3 -m venv /srv/v && /srv/v/bin/pip install -r requirements.txt
        RUN pip install --no-index --no-deps alpha
        COPY main.py .
        FROM $BASE AS files
        FROM $BASE
        COPY --from=builder /srv/v /srv/v
        COPY --from=builder /build/main.py /app/
        COPY --from=files /opt/venv/pyvenv.cfg /copied/
        ENV PATH=/srv/v/bin:$PATH
        CMD ["python", "/app/main.py"]

        """,
        "FROM scratch\nCOPY main.py /main.py\n",
        """
        ARG BASE
        FROM $BASE
        WORKDIR /srv/app
        RUN --mount=type=bind,source=requirements.txt,target=r.txt pip install -r r.txt
        COPY limits.txt .
        RUN pip install --no-index --no-deps --upgrade -c limits.txt alpha
        ENV UV_COMPILE_BYTECODE=1
        RUN uv pip install --system --no-index beta

        """,
    ])
    func aServerFollowsWhatIsFollowedHere(_ dockerfile: String) async throws {
        try await DockerRegistry.run { registry in
            var command = try await command(registry)
            try FileSystem.write(dockerfile.utf8, to: command.context.appending("Dockerfile"))
            try await ServerSite.run { service in
                command.environment["COOPERAGE_TOKEN"] = service.token
                let here = try await command.runAside(build("-o", "type=oci,dest=../made/here", "-q"))
                #expect(here.status == 0, "\(here.error)")
                var known: [[String]] = []
                for number in 1...2 {
                    let there = try await command.runAside(
                        build("-o", "type=oci,dest=../made/there-\(number)", "--server", service.origin(0)))
                    #expect(there.status == 0, "\(there.error)")
                    #expect(there.output == here.output && here.output.hasPrefix("sha256:"), "\(there.error)")
                    known.append(try service.files().filter { $0.contains("resolution") }.sorted())
                }
                // Where the context lies on a server differs from build to build, and no answer is known by that.
                #expect(known[0] == known[1] && known[0].isEmpty == !dockerfile.contains("pip"), "\(known)")
            }
        }
    }

    /// The names of bases are the server's, and so is what they start with.
    @Test func aServersCatalogIsTheServers() async throws {
        try await DockerRegistry.run { registry in
            var command = try await command(registry)
            let bases = command.directory.path.appending("bases")
            try FileSystem.makeDirectory(bases)
            let definition = """
                name: ours
                description: a base of this server
                source: {image: "\(registry.host)/team/base:1"}
                python: {version: "3.11", environment: /opt/venv}
                """
            try FileSystem.write(definition.utf8, to: bases.appending("ours.yaml"))
            var settings = ServerSite.Settings()
            settings.further = "base_images: [\(bases)]"
            try await ServerSite.run(settings) { service in
                command.environment["COOPERAGE_TOKEN"] = service.token
                let server = ["--server", service.origin(0)]
                try FileSystem.write(
                    "FROM ours\nENV PATH=/srv/bin:$PATH\nCOPY main.py /\n".utf8,
                    to: command.context.appending("Dockerfile"))
                let built = try await command.runAside(build("-o", "type=oci,dest=../made/ours", "-q") + server)
                #expect(built.status == 0, "\(built.error)")
                let path = try await image("ours", command).configuration.config?.env?.first { $0.hasPrefix("PATH=") }
                #expect(path?.hasPrefix("PATH=/srv/bin:/opt/venv/bin:") == true, "\(path ?? "")")
                // Of an entry that is made, the server knows what it will be; what is refused here comes later.
                try FileSystem.write(
                    "FROM python-3.11\nENV PATH=/srv/bin:$PATH\nRUN make\n".utf8,
                    to: command.context.appending("Dockerfile"))
                let refused = try await command.runAside(build("-o", "type=image", "-q") + server)
                #expect(refused.status == 1 && refused.error.contains("Dockerfile:3"), "\(refused.error)")
            }
        }
    }

    /// A project by its lock, code and all, as uv's own guide has it.
    @Test func aServerSyncsAProject() async throws {
        let dockerfile = """
            ARG BASE
            FROM $BASE AS builder
            WORKDIR /srv/app
            RUN --mount=type=bind,source=uv.lock,target=uv.lock \\
                --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\
                uv sync --locked --no-install-project --no-dev
            COPY . .
            RUN uv sync --locked --no-dev
            FROM $BASE
            COPY --from=builder --chown=7:8 /srv/app /srv/app
            ENV PATH="/srv/app/.venv/bin:$PATH"

            """
        try await DockerRegistry.run { registry in
            var command = try await command(registry)
            let root = command.directory.path
            try SourceFixture("proj-x", "0.1", requires: ["alpha"])
                .write(to: command.context, log: root.appending("built.log"))
            let links = command.context.appending("links")
            try FileSystem.makeDirectory(links)
            for wheel in [try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "1.0")] {
                try wheel.write(to: links)
            }
            let file = command.context.appending("pyproject.toml")
            let more = "requires-python = \">=3.8\"\n[tool.uv]\nno-index = true\nfind-links = [\"links\"]\n"
            let project = String(decoding: try FileSystem.read(file), as: UTF8.self)
            try FileSystem.write((project + more).utf8, to: file)
            try await runAside(
                "uv", ["lock", "--quiet", "--project", command.context.string, "--python", "/usr/bin/python3"])
            try FileSystem.write(dockerfile.utf8, to: command.context.appending("Dockerfile"))
            try FileSystem.write(
                "Dockerfile*\nbuild\n__pycache__\n".utf8, to: command.context.appending("Dockerfile.dockerignore"))
            try await ServerSite.run { service in
                command.environment["COOPERAGE_TOKEN"] = service.token
                let here = try await command.runAside(
                    ["build", "-f", "Dockerfile", ".", "--build-arg", "BASE", "-o", "type=oci,dest=../made/here", "-q"])
                #expect(here.status == 0, "\(here.error)")
                let allowed = try await SiteClient(service).call(
                    .put, "/api/v1/projects/default", body: Array(#"{"allow_source_builds": true}"#.utf8))
                #expect(allowed.isSuccess, "\(allowed.text)")
                let there = try await command.runAside([
                    "build", "-f", "Dockerfile", ".", "--build-arg", "BASE", "-o", "type=oci,dest=../made/there", "-q",
                    "--server", service.origin(0),
                ])
                #expect(there.status == 0, "\(there.error)")
                #expect(there.output == here.output && here.output.hasPrefix("sha256:"), "\(there.error)")
            }
        }
    }

    @Test func whatCannotBeFollowedIsTold() async throws {
        let command = try Command(["Dockerfile": "FROM scratch AS x\nFROM a:1\n  RUN make &&  \\\n   true\n"])
        let outcome = try command("build", "-f", "Dockerfile", ".", "--target", "y")
        #expect(outcome.status == 1)
        #expect(
            outcome.error == """
                error: 'Dockerfile' has no stage 'y'
                hint: its stages are 'x', '1'

                """)
    }
}
