import Testing

/// What a user sees when something is wrong: exit code and standard error, to the letter.
@Suite struct ErrorTests {
    struct Situation: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let error: String
        var files: [String: String] = [:]
        var environment: [String: String] = [:]

        init(
            _ arguments: String..., status: Int32, files: [String: String] = [:], environment: [String: String] = [:],
            _ error: String
        ) {
            (self.arguments, self.status, self.error) = (arguments, status, error + "\n")
            (self.files, self.environment) = (files, environment)
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    private static let buildUsage = """
        Usage: cooperage build [<options>] [<context>]
          See 'cooperage build --help' for more information.
        """

    static let situations = [
        Situation(
            "build", "--bogus", status: 2,
            "error: Unknown option '--bogus'\n\(buildUsage)"),
        Situation(
            "bild", status: 2,
            """
            error: Unexpected argument 'bild'
            Usage: cooperage <subcommand>
              See 'cooperage --help' for more information.
            """),
        Situation(
            "build", "a", "b", status: 2, "error: Unexpected argument 'b'\n\(buildUsage)"),
        Situation(
            "build", "--tag", status: 2,
            "error: Missing value for '--tag <tag>'\nHelp:  --tag <tag>  A name of the image, registry/repository:tag. Repeatable.\n\(buildUsage)"
        ),
        Situation(
            "build", "--progress", "loud", status: 2,
            """
            error: The value 'loud' is invalid for '--progress <progress>'. Please provide one of 'auto', 'plain', 'json' or 'quiet'.
            Help:  --progress <progress>  How progress is shown, on standard error: live on a terminal, a line an event, JSON, or not at all.
            \(buildUsage)
            """),
        Situation(
            "build", "-f", "Dockerfile", status: 2,
            """
            error: there is no file 'Dockerfile'
              at flag --file
            hint: name the Dockerfile's own path
            """),
        Situation(
            "build", "--target", "x", status: 2,
            """
            error: it is of a Dockerfile, and none is named
              at flag --target
            hint: name one by -f, as in -f Dockerfile
            """),
        Situation(
            "build", "-f", "Dockerfile", "--base", "x", status: 2,
            """
            error: a Dockerfile says this itself
              at flag --base
            hint: write it into the Dockerfile, or leave out -f
            """),
        Situation(
            "build", "--workers", "0", status: 2, "error: '--workers 0' is not from 1 to 1024.\n\(buildUsage)"),
        Situation(
            "build", "-t", "Team/App:1", status: 2,
            """
            error: 'Team/App:1' is not an image reference: repository names are lower case
              at flag --tag
            hint: a reference reads [registry/]repository[:tag][@sha256:…], for example 127.0.0.1:5000/team/app:1
            """),
        Situation(
            "build", "--platform", "linux/amd64/v1/x", status: 2,
            """
            error: 'linux/amd64/v1/x' is not a platform
              at flag --platform
            hint: a platform reads os/architecture[/variant], for example linux/amd64
            """),
        Situation(
            "build", "-o", "out", status: 2,
            """
            error: 'out' is a place without a type
              at flag --output
            hint: write type=oci,dest=out for a layout, type=docker,dest=out for an archive
            """),
        Situation(
            "build", "-o", "type=oci,dest=out,compression=zstd", status: 2,
            """
            error: 'compression' is no key of an output of type 'oci'
              at flag --output
            hint: the keys are type, dest, name, push
            """),
        Situation(
            "build", "--push", status: 2,
            """
            error: an image without a name cannot be pushed
              at flag --push
            hint: name it by --tag, for example -t 127.0.0.1:5000/team/app:1
            """),
        Situation(
            "build", "--entrypoint", "[python]", status: 2,
            """
            error: '[python]' is not a JSON array of texts
              at flag --entrypoint
            hint: write '["python", "-m", "app"]', or the words without brackets: 'python -m app'
            """),
        Situation(
            "copy", "images", "127.0.0.1:1/app:1", status: 1,
            """
            error: 'images' is an entry of the catalog, and no image that lies anywhere
            hint: a directory is named oci:images; an entry is made by 'cooperage base build images'
            """),
        Situation(
            "copy", "oci:images", "out", status: 2,
            """
            error: 'out' may be a directory, or a repository of Docker Hub
              at flag <destination>
            hint: write oci:out or docker.io/library/out
            """),
        Situation(
            "tag", "127.0.0.1:1/app:1", "a b", status: 2,
            """
            error: '127.0.0.1:1/app:a b' is not an image reference: 'a b' is not a tag
              at flag <tag>
            hint: a reference reads [registry/]repository[:tag][@sha256:…], for example 127.0.0.1:5000/team/app:1
            """),
        Situation(
            "login", "https://builds.example.org", status: 2,
            """
            error: 'https://builds.example.org' is not the name of a registry
              at flag <registry>
            hint: a registry is host[:port], for example 127.0.0.1:5000; a build server is named by --server
            """),
        Situation(
            "login", "127.0.0.1:1", "-u", "me", status: 1,
            """
            error: standard input is no terminal at which a token could be typed
            hint: pipe it, and say --token-stdin, or --password-stdin for a registry
            """),
        Situation(
            "build", "nowhere", status: 1,
            """
            error: the context 'nowhere' does not exist
            hint: name a directory
            """),
        Situation(
            "build", "-", status: 1,
            """
            error: the context '-' does not exist
            hint: a context is a directory; fetch or unpack it first
            """),
        Situation(
            "build", "-r", "missing.txt", "--base", "./layout", status: 1,
            """
            error: there is no requirements file 'missing.txt'
              at flag --requirements
            hint: neither 'missing.txt' nor './missing.txt' exists
            """),
        Situation(
            "build", "--base", "./layout", status: 1,
            """
            error: './layout' is not an OCI layout
            hint: a layout directory holds the files oci-layout and index.json
            """),
        Situation(
            "build", "--base", "docker.io/Library/python", status: 2,
            """
            error: 'docker.io/Library/python' is not an image reference: repository names are lower case
              at flag --base
            hint: a reference reads [registry/]repository[:tag][@sha256:…], for example 127.0.0.1:5000/team/app:1
            """),
        Situation(
            "build", status: 1, files: ["cooperage.yaml": "base: python-3.11\nenvironment: {A: b}\nlables: {}\n"],
            """
            error: 'environment' is no setting
              at file ./cooperage.yaml:2
              at key environment
            hint: the settings are base, requirements, group, extra, all-extras, tag, platform, output, push, label, annotation, env, entrypoint, cmd, user, workdir, code, code-root, index-url, extra-index-url, find-links, lock-file, locked, exclude-newer, upgrade, allow-source-builds, compile-bytecode, max-layer-size, no-cache, pull, metadata-file, iidfile, sbom, sbom-format, attest
            """),
        Situation(
            "build", status: 1, files: ["cooperage.yaml": "platforms: [linux/amd64, what/ever/it/is]\n"],
            """
            error: 'what/ever/it/is' is not a platform
              at file ./cooperage.yaml:1
              at key platforms
            hint: a platform reads os/architecture[/variant], for example linux/amd64
            """),
        Situation(
            "plan", "--quiet", status: 1, environment: ["SOURCE_DATE_EPOCH": "yesterday"],
            """
            error: SOURCE_DATE_EPOCH is 'yesterday', which is no count of seconds since 1970
            hint: set it to a whole number, for example by $(git log -1 --format=%ct), or unset it
            """),
        Situation(
            "base", "list", status: 1, environment: ["COOPERAGE_BASE_IMAGES": "missing"],
            """
            error: the catalog 'missing' cannot be read
              caused by: cannot list 'missing': No such file or directory
            hint: COOPERAGE_BASE_IMAGES names directories of YAML files, separated by colons
            """),
        Situation(
            "inspect", "image.tar", "--quiet", status: 1,
            """
            error: the archive 'image.tar' does not exist
            hint: name a file
            """),
        Situation(
            "completion", "tcsh", status: 2,
            """
            error: The value 'tcsh' is invalid for '<shell>'. Please provide one of 'bash', 'zsh' or 'fish'.
            Help:  <shell>  The shell.
            Usage: cooperage completion bash|zsh|fish
              See 'cooperage completion --help' for more information.
            """),
    ]

    @Test(arguments: situations)
    func situation(_ situation: Situation) throws {
        var command = try Command(situation.files)
        command.environment.merge(situation.environment) { $1 }
        let outcome = try command.run(situation.arguments)
        #expect(outcome.status == situation.status)
        #expect(outcome.output == "")
        // What was chosen before is told before; here it is about the error.
        let error = outcome.error.split(separator: "\n", omittingEmptySubsequences: false).filter {
            !["notice: ", "warning: ", "base: "].contains(where: $0.hasPrefix)
        }
        #expect(error.joined(separator: "\n") == situation.error)
    }

    @Test func unknownBase() throws {
        let outcome = try Command()("build", "--base", "pyton-3.11")
        #expect(outcome.status == 1)
        #expect(
            outcome.error.hasPrefix(
                "error: no base image is called 'pyton-3.11'\n  at flag --base\nhint: the catalog has "))
    }

    @Test func aCacheThatCannotBeMade() throws {
        var command = try Command()
        command.environment["COOPERAGE_CACHE_DIR"] = "/sys/cooperage"
        let outcome = try command("build", "--base", "./layout", "--quiet")
        #expect(outcome.status == 3)
        #expect(outcome.error.hasPrefix("error: the cache cannot be used: "))
        #expect(outcome.error.hasSuffix("hint: name another directory by COOPERAGE_CACHE_DIR\n"))
    }

    @Test func errorsAsJSON() throws {
        let outcome = try Command()("build", "--base", "./layout", "--progress", "json")
        #expect(outcome.status == 1)
        #expect(
            outcome.error.hasSuffix(
                #"""
                {"causes":[],"code":"image_not_found","context":[],"event":"error","exit_code":1,"hints":["a layout directory holds the files oci-layout and index.json"],"message":"'./layout' is not an OCI layout"}

                """#))
        #expect(outcome.error.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }
}
