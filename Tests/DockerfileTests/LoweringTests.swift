import Diagnostics
import OCI
import Spec
import Testing

@testable import Dockerfile

@Suite struct LoweringTests {
    // MARK: Stages and bases

    @Test func aNameOfTheCatalogIsTheCatalogs() throws {
        var lowering = DockerfileLowering(try DockerfileDocument("FROM python-3.11-slim"))
        #expect(try lowering.base().source == .registry(try Reference("python-3.11-slim")))
        lowering.catalogNames = ["python-3.11-slim"]
        #expect(try lowering.base().source == .catalog("python-3.11-slim"))
    }

    @Test func theTargetAndWhatItStartsFromAreBuilt() throws {
        let text =
            "FROM a AS one\nENV A=1\nCMD x\nFROM one AS two\nENV B=2\nENTRYPOINT [\"y\"]\nFROM c AS three\nRUN make"
        let document = try DockerfileDocument(text)
        let two = try DockerfileLowering(document, target: "TWO").lowered()
        #expect(two.base == .registry(try Reference("a")))
        #expect(two.configuration.environment.map(\.name) == ["A", "B"])
        // An entry point drops the arguments of the stage below.
        #expect(two.configuration.command == nil && two.configuration.entrypoint == ["y"])
        let one = try DockerfileLowering(document, target: "0").lowered()
        #expect(one.configuration.command == ["/bin/sh", "-c", "x"])
        let error = try #require(failure { try DockerfileLowering(document, target: "four").lowered() })
        #expect(error.code == .unknownStage && error.hints == ["its stages are 'one', 'two', 'three'"])
    }

    @Test func aPlatformIsDemanded() throws {
        let document = try DockerfileDocument("FROM --platform=linux/arm64 a")
        let amd = Platform(os: "linux", architecture: "amd64")
        let arm = Platform(os: "linux", architecture: "arm64")
        #expect(try DockerfileLowering(document, platform: amd).lowered().platform == arm)
        #expect(try DockerfileLowering(document, platform: arm).lowered().platform == nil)
        let target = try DockerfileDocument("FROM --platform=$TARGETPLATFORM a")
        #expect(try DockerfileLowering(target, platform: arm).lowered().platform == nil)
        #expect(
            failure { try DockerfileLowering(DockerfileDocument("FROM --platform=a/b/c/d x")).base() }?.code
                == .invalidBase)
    }

    @Test func anEmptyBaseIsRefused() throws {
        let error = try #require(failure { try DockerfileLowering(DockerfileDocument("ARG B\nFROM $B")).base() })
        #expect(error.code == .invalidBase && error.place == "Dockerfile:2:6")
    }

    // MARK: Packages

    @Test(arguments: [
        ("COPY requirements.txt .\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt", "requirements.txt"),
        ("COPY a/r.txt a/r.txt\nRUN pip install -r /app/a/r.txt", "a/r.txt"),
        ("COPY . /src\nRUN pip install -r /src/x/../dev.txt", "dev.txt"),
        ("COPY requirements*.txt ./\nRUN pip install -r requirements-dev.txt", "requirements-dev.txt"),
        ("COPY . .\nRUN cd sub && pip install -r r.txt", "sub/r.txt"),
        ("COPY . .\nWORKDIR sub\nRUN pip install -r r.txt", "sub/r.txt"),
        ("RUN --mount=type=bind,source=r.txt,target=/tmp/x.txt pip install -r /tmp/x.txt", "r.txt"),
        ("RUN --mount=target=/all pip install -r /all/d/r.txt", "d/r.txt"),
        ("COPY --parents d/r.txt .\nRUN pip install -r d/r.txt", "d/r.txt"),
    ])
    func findsTheRequirementsFile(_ lines: String, _ path: String) throws {
        #expect(try lowered("WORKDIR /app\n" + lines).packages?.requirementsFiles == [path])
    }

    @Test func aMissingRequirementsFileIsNamed() throws {
        let error = try #require(failure { try lowered("WORKDIR /app\nRUN pip install -r r.txt\nCOPY . .") })
        #expect(error.code == .requirementsNotFound)
        #expect(error.message == "no line above puts the requirements file '/app/r.txt' into the image")
        #expect(error.place == "Dockerfile:3:20")
        // A RUN's directory ends with it.
        #expect(failure { try lowered("WORKDIR /app\nCOPY . .\nRUN cd /x\nRUN pip install -r r.txt") } == nil)
    }

    @Test func installationsAreOne() throws {
        let result = try lowered(
            """
            WORKDIR /app
            COPY a.txt b.txt ./
            ENV PIP_EXTRA_INDEX_URL="https://x https://y" PIP_NO_CACHE_DIR=1
            RUN pip install -r a.txt && pip install -r b.txt flask
            RUN pip install flask gunicorn
            """)
        let packages = try #require(result.packages)
        #expect(packages.requirementsFiles == ["a.txt", "b.txt"])
        #expect(packages.requirementsText(context: "/c") == "flask\ngunicorn\n")
        #expect(packages.indexes.extraIndexURLs == ["https://x", "https://y"])
        #expect(failure { try result.buildSpec(context: "c") }?.code == .requirementsNotFound)
        let spec = try result.buildSpec(context: "/ctx", requirementsFile: "/tmp/inline.txt")
        guard case .python(let step) = spec.stages[0].steps[0] else { throw Unexpected() }
        #expect(step.manifests == ["/ctx/a.txt", "/ctx/b.txt", "/tmp/inline.txt"])
    }

    @Test func aRequirementsFileMayHaveAnyName() throws {
        let result = try lowered("WORKDIR /app\nCOPY . .\nRUN pip install -r .zenml_user -r a.in flask")
        let packages = try #require(result.packages)
        #expect(packages.requirementsFiles == [".zenml_user", "a.in"])
        #expect(packages.requirementsText(context: "/c") == "-r /c/.zenml_user\nflask\n")
        #expect(packages.requirementsText(context: "") == "-r .zenml_user\nflask\n")
        let spec = try result.buildSpec(context: "", requirementsFile: "all.txt")
        #expect(spec.stages[0].steps.first == .python(PythonStep(manifests: ["a.in", "all.txt"])))
    }

    @Test(arguments: [
        "ENV PIP_NO_DEPS=1\nRUN pip install a", "ENV PIP_CONSTRAINT=https://x/c.txt\nRUN pip install a",
        "ARG UV_PRERELEASE=perhaps\nRUN uv pip install a", "USER me\nRUN pip install a", "USER me\nRUN mkdir /x",
        "ENV UV_FROB=1\nCOPY uv.lock pyproject.toml /\nRUN uv sync", "RUN --mount=type=secret,id=x pip install a",
        "RUN --network=none pip install a", "SHELL [\"python\", \"-c\"]\nRUN pip install a",
        "RUN <<EOF python\nprint()\nEOF", "RUN <<EOF\n#!/usr/bin/python\nEOF",
    ])
    func refusesCommands(_ lines: String) throws {
        #expect(try #require(failure { try lowered(lines) }).code == .unsupportedCommand)
    }

    // MARK: Files

    private static func copy(
        _ sources: [String], _ destination: String, into: Bool = false, excluded: [String] = [], parents: Bool = false,
        owner: String? = nil, mode: String? = nil, unpacks: Bool? = nil
    ) -> FileChange {
        .copy(
            FileCopy(
                sources: sources.map { source in NamedFiles(source, isPattern: source.contains { "*?[\\".contains($0) })
                },
                destination: destination, isIntoDirectory: into, excluded: excluded, keepsParents: parents,
                owner: owner.map { FileOwner($0) }, mode: mode, unpacks: unpacks))
    }

    @Test(
        arguments: [
            ("COPY . .", [copy([""], "/app", into: true)]), ("COPY . /srv/", [copy([""], "/srv", into: true)]),
            ("COPY ./ ./x", [copy([""], "/app/x")]), ("COPY main.py .", [copy(["main.py"], "/app", into: true)]),
            ("COPY a.py b.py", [copy(["a.py"], "/app/b.py")]), ("COPY src .", [copy(["src"], "/app", into: true)]),
            ("COPY a b c/", [copy(["a", "b"], "/app/c", into: true)]),
            ("COPY *.py sub/*.txt ./", [copy(["*.py", "sub/*.txt"], "/app", into: true)]),
            ("COPY [\"my file.txt\", \"/d/\"]", [copy(["my file.txt"], "/d", into: true)]),
            ("COPY --exclude=*.md . .", [copy([""], "/app", into: true, excluded: ["*.md"])]),
            ("COPY --link --chown=0:0 . .", [copy([""], "/app", into: true, owner: "0:0")]),
            (
                "COPY --chown=me --chmod=u=rwX,go= a .",
                [copy(["a"], "/app", into: true, owner: "me", mode: "u=rwX,go=")]
            ),
            ("ADD main.py .", [copy(["main.py"], "/app", into: true, unpacks: true)]),
            ("ADD --unpack=false a*.tgz /x/", [copy(["a*.tgz"], "/x", into: true)]),
            (
                "ADD --chown=me a.tar https://x/y/z%20a.txt?token=1 /x/",
                [
                    copy(["a.tar"], "/x", into: true, owner: "me", unpacks: true),
                    .download(
                        FileDownload(
                            url: "https://x/y/z%20a.txt?token=1", name: "z a.txt", destination: "/x",
                            isIntoDirectory: true, owner: FileOwner("me"))),
                ]
            ),
            (
                "ADD --unpack --chmod=644 https://x /x",
                [
                    .download(
                        FileDownload(
                            url: "https://x", name: nil, destination: "/x", isIntoDirectory: false, mode: "644",
                            unpacks: true))
                ]
            ),
            ("COPY $D/x.py $D/", [copy(["d/x.py"], "/app/d", into: true)]),
            ("COPY --parents a/x.py b/./c ./", [copy(["a/x.py", "b/./c"], "/app", into: true, parents: true)]),
            (
                "COPY <<EOF <<'B' /d/\na $D \"q\"\nEOF\n$D\nB",
                [
                    .write(FileText(path: "/d/", name: "EOF", text: "a d \"q\"\n", makesParents: true)),
                    .write(FileText(path: "/d/", name: "B", text: "$D\n", makesParents: true)),
                ]
            ),
        ] as [(String, [FileChange])])
    func copies(_ line: String, _ changes: [FileChange]) throws {
        let result = try lowered("WORKDIR /app\nENV D=d\n" + line)
        #expect(result.instructions.last?.changes == changes)
        #expect(result.instructions.last?.place == "Dockerfile:4")
    }

    @Test(arguments: [
        ("COPY --from=scratch a b", "COPY: 'scratch' of --from has no files", 6),
        ("COPY ../x .", "COPY: '../x' leads out of the context", 6),
        ("ADD ftp://x/y /z", "ADD: nothing is fetched from 'ftp://x/y'", 5),
        (
            "ADD https://me:s3cret@x/y.git#main /z",
            "ADD: git repositories cannot be added yet: 'https://x/y.git'", 5
        ),
        ("ADD git@github.com:a/b.git /z", "ADD: git repositories cannot be added yet: 'git@github.com:a/b.git'", 5),
        ("ADD --checksum=sha256:\(String(repeating: "a", count: 64)) a /z", "ADD: --checksum is of one URL", 5),
    ])
    func refusals(_ line: String, _ message: String, _ column: Int) throws {
        let error = try #require(failure { try lowered("WORKDIR /app\n" + line) })
        #expect(error.code == .unsupportedInstruction)
        #expect(error.message == message)
        #expect(error.place == "Dockerfile:3:\(column)")
    }

    @Test(arguments: [
        ("ADD --checksum=sha512:ab https://x/y /z", "'ab' is not the hexadecimal form of a sha512 digest"),
        ("COPY --chmod=rwx a b", "'rwx' is no mode"), ("COPY --chown=: a b", "--chown names nobody"),
        ("STOPSIGNAL a b", "'a b' is not a signal"),
        ("HEALTHCHECK --interval=3 CMD x", "'3' is not a time of a millisecond or more"),
        ("HEALTHCHECK --retries=x CMD x", "'x' is not a number of retries"),
    ])
    func invalidValues(_ line: String, _ message: String) throws {
        #expect(
            try #require(failure { try lowered(line.hasPrefix("COPY") ? "WORKDIR /a\n" + line : line) }).message
                == message)
    }

    @Test func theContextTellsWhatIsThere() throws {
        let entries: [String: DockerfileLowering.ContextEntry] = [
            "app": .file, "v1.2": .directory, "v1.2/r.txt": .file,
        ]
        let error = try #require(failure { try lowered("COPY gone.py /x/", entries: entries) })
        #expect(error.code == .sourceNotFound && error.message == "the context holds no 'gone.py'")
        let packages = try lowered("COPY v1.2 /x/\nRUN pip install -r /x/r.txt", entries: entries).packages
        #expect(packages?.requirementsFiles == ["v1.2/r.txt"])
    }

    @Test func commandsOfALineAreOneInstruction() throws {
        let result = try lowered("WORKDIR /a\nARG T=secret\nRUN mkdir b && cd b && echo $T > c && rm -f /tmp/*")
        #expect(
            result.instructions.map(\.title) == ["WORKDIR /a", "RUN mkdir b && cd b && echo $T > c && rm -f /tmp/*"])
        #expect(
            result.instructions.last?.changes == [
                .directory(NewDirectory(path: "/a/b", makesParents: false)),
                .write(FileText(path: "/a/b/c", text: "secret\n")),
                .remove(
                    FileRemoval(files: [NamedFiles("/tmp/*", isPattern: true)], isRecursive: false, isForced: true)),
            ])
        #expect(try lowered("WORKDIR /").instructions == [])
        #expect(failure { try lowered("WORKDIR a") }?.code == .unknownValue)
        #expect(try lowered("WORKDIR a", base: .init()).configuration.workingDirectory == "/a")
    }

    // MARK: Configuration

    @Test func configurationIsWhatDockerSays() throws {
        let result = try lowered(
            """
            CMD ["old"]
            ENTRYPOINT exec app
            SHELL ["/bin/bash", "-c"]
            CMD run
            EXPOSE 80 53/UDP 7000-7001
            LABEL a="b c" d=e
            USER 1000:1000
            """)
        #expect(result.configuration.entrypoint == ["/bin/sh", "-c", "exec app"])
        #expect(result.configuration.command == ["/bin/bash", "-c", "run"])
        #expect(result.configuration.exposedPorts == ["80/tcp", "53/udp", "7000/tcp", "7001/tcp"])
        #expect(result.configuration.labels == ["a": "b c", "d": "e"])
        #expect(result.configuration.user == "1000:1000")
        #expect(failure { try lowered("EXPOSE 0") }?.message == "'0' is not a port")
    }

    @Test func whatOnlyDockerfilesSayIsKept() throws {
        let result = try lowered(
            """
            VOLUME ["/data", "/log"]
            STOPSIGNAL SIGINT
            SHELL ["/bin/bash", "-c"]
            HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl x
            ONBUILD COPY . .
            """)
        var check = ImageConfiguration.Healthcheck()
        (check.test, check.interval, check.timeout, check.retries) =
            (["CMD-SHELL", "curl x"], 90_000_000_000, 500_000_000, 3)
        #expect(
            result.configuration.further
                == FurtherConfiguration(
                    volumes: ["/data", "/log"], stopSignal: "SIGINT", shell: ["/bin/bash", "-c"], healthcheck: check,
                    onBuild: ["COPY . ."]))
        #expect(try lowered("HEALTHCHECK NONE").configuration.further?.healthcheck?.test == ["NONE"])
    }

    @Test func whatTheBaseKeepsForOthersIsFollowed() throws {
        var base = ImageConfiguration.Execution()
        base.onBuild = ["COPY a /b/", "ENV X=1"]
        let result = try lowered("WORKDIR /app", base: base)
        #expect(result.instructions.map(\.title) == ["COPY a /b/", "WORKDIR /app"])
        #expect(result.configuration.environment.map(\.name) == ["X"])
        base.onBuild = ["RUN make"]
        #expect(
            failure { try lowered("WORKDIR /app", base: base) }?.place
                == "ONBUILD of docker.io/library/python:3.11:2:5")
        let text = "FROM a AS one\nONBUILD ENV Y=2\nFROM one\nLABEL a=b"
        let two = try DockerfileLowering(try DockerfileDocument(text)).lowered()
        #expect(two.configuration.environment.map(\.name) == ["Y"] && two.configuration.further == nil)
    }

    @Test func aBaseOfAnotherUserRefusesWhatNeedsRoot() throws {
        var base = ImageConfiguration.Execution()
        base.user = "app"
        let lines = "WORKDIR /app\nCOPY . .\nRUN chmod -R a+rw ."
        #expect(failure { try lowered(lines, base: base) }?.place == "Dockerfile:4:5")
        #expect(failure { try lowered("USER root\n" + lines, base: base) } == nil)
    }

    @Test func remarksShowNoSecrets() throws {
        let result = try lowered("ENV TOKEN=secret\nRUN pip install a --index-url https://me:secret@host/simple")
        #expect(!result.remarks.map(\.description).joined().contains("secret"))
        let added = try lowered("ADD https://me:secret@host/x?sig=secret /x/")
        #expect(!"\(added.remarks) \(added.instructions.map(\.title))".contains("secret"))
        #expect(result.packages?.indexes.indexURL == "https://me:secret@host/simple")
    }
}

/// A Dockerfile may come from a stranger: no line of it takes more time or memory than it is worth.
@Suite struct BoundsTests {
    private static let lines: [String: String] = [
        "doubling": "ENV A=0123456789\n" + (0..<60).map { _ in "ENV A=$A$A" }.joined(separator: "\n"),
        "copies": "ENV A=\(repeated("x", 100_000))\n" + (0..<200).map { "ENV B\($0)=$A" }.joined(separator: "\n"),
        "searched": "ENV A=\(repeated("x", 10_000))\nENV B=${A//*y/}",
        "pattern": "ENV A=x B=${A##\(repeated("*y", 5000))}",
        "words": "ENV A=\"\(repeated("x ", 1000))\"\nRUN echo \(repeated("$A", 1000))",
        "braces": "RUN echo x\(repeated("{", 50_000)) |",
        "brackets": "RUN [\(repeated("[", 50_000))",
        "expansions": "USER \(repeated("${x:-", 50_000))",
        "sources": "COPY --from=x \(repeated("a ", 20_000))b/",
        "keyword": repeated("X", 300_000),
    ]

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(.timeLimit(.minutes(1)), arguments: lines.keys.sorted())
    func noLineIsTooMuch(_ name: String) throws {
        let text = try #require(Self.lines[name])
        #expect(failure { try lowered(text) } != nil)
    }

    @Test(.timeLimit(.minutes(1))) func allPortsCanBeExposed() throws {
        #expect(try lowered("EXPOSE 1-65535\nEXPOSE 1-65535").configuration.exposedPorts.count == 65535)
    }

    @Test(.timeLimit(.minutes(1))) func manySourcesAreOneStep() throws {
        let sources = (0..<2000).map { "f\($0).py" }.joined(separator: " ")
        #expect(try lowered("COPY \(sources) /x/").instructions.map(\.changes.count) == [1])
    }
}
