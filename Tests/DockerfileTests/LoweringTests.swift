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
        "ENV PIP_NO_DEPS=1\nRUN pip install a", "ENV PIP_CONSTRAINT=/c.txt\nRUN pip install a",
        "ARG UV_PRERELEASE=allow\nRUN uv pip install a", "USER me\nRUN pip install a", "USER me\nRUN mkdir /x",
        "RUN pip install a -i https://x\nRUN pip install b", "RUN --mount=type=secret,id=x pip install a",
        "RUN --network=none pip install a", "SHELL [\"python\", \"-c\"]\nRUN pip install a",
        "RUN chmod -R a+rw /usr/lib", "RUN <<EOF python\nprint()\nEOF", "RUN <<EOF\n#!/usr/bin/python\nEOF",
    ])
    func refusesCommands(_ lines: String) throws {
        #expect(try #require(failure { try lowered(lines) }).code == .unsupportedCommand)
    }

    // MARK: Files

    @Test(arguments: [
        ("COPY . .", "/app", []), ("COPY . /srv/", "/srv", []), ("COPY ./ ./x", "/app/x", []),
        ("COPY main.py .", "/app", ["*", "!main.py"]), ("COPY main.py /app", "/app", ["*", "!main.py"]),
        ("COPY main.py /main.py", "/", ["*", "!main.py"]), ("COPY src src", "/app", ["*", "!src"]),
        ("COPY src/ /x/src/", "/x", ["*", "!src"]),
        ("COPY a/b/c.py /x/a/b/", "/x", ["*", "!a", "a/*", "!a/b", "a/b/*", "!a/b/c.py"]),
        ("COPY *.py .", "/app", ["*", "!*.py"]), ("COPY a.py b.py ./", "/app", ["*", "!a.py", "!b.py"]),
        ("COPY [\"my file.txt\", \"/d/\"]", "/d", ["*", "!my file.txt"]),
        ("COPY --exclude=*.md . .", "/app", ["*.md"]), ("COPY --link --chown=0:0 . .", "/app", []),
        ("ADD main.py .", "/app", ["*", "!main.py"]), ("COPY $D/x.py $D/", "/app", ["*", "!d", "d/*", "!d/x.py"]),
        ("COPY --parents a/x.py a/y.py ./", "/app", ["*", "!a", "a/*", "!a/x.py", "!a/y.py"]),
    ])
    func copies(_ line: String, _ destination: String, _ excluded: [String]) throws {
        let result = try lowered("WORKDIR /app\nENV D=d\n" + line)
        #expect(result.files.map(\.destination) == [destination])
        #expect(result.files.map(\.exclusions) == [excluded])
    }

    @Test(arguments: [
        ("COPY --from=x a b", "COPY: files cannot be taken from another image, 'x', yet", 6),
        ("COPY --chown=me . .", "COPY: files belong to root, and cannot be given to 'me' yet", 6),
        (
            "COPY --chmod=777 . .",
            "COPY: modes cannot be set to '777' yet: files have 0644, or 0755 where the context has them executable", 6
        ),
        ("COPY ../x .", "COPY: '../x' leads out of the context", 6),
        (
            "COPY a.py b.py",
            "COPY: the file 'a.py' cannot become '/app/b.py' yet: files keep their paths in the context", 6
        ),
        (
            "COPY src .",
            "COPY: what is in the directory 'src' cannot become '/app' yet: files keep their paths in the context", 6
        ),
        ("ADD https://x/y /z", "ADD: nothing is fetched from 'https://x/y'", 5),
        ("ADD a.tar.gz /", "ADD: archives cannot be unpacked yet: 'a.tar.gz'", 5),
        ("VOLUME /x", "VOLUME: volumes cannot be declared yet", 1),
        ("ONBUILD RUN x", "ONBUILD: instructions for images built on this one cannot be kept", 1),
        ("STOPSIGNAL 9", "STOPSIGNAL: the stop signal cannot be set yet", 1),
        ("HEALTHCHECK NONE", "HEALTHCHECK: health checks cannot be declared yet", 1),
    ])
    func refusals(_ line: String, _ message: String, _ column: Int) throws {
        let error = try #require(failure { try lowered("WORKDIR /app\n" + line) })
        #expect(error.code == .unsupportedInstruction)
        #expect(error.message == message)
        #expect(error.place == "Dockerfile:3:\(column)")
    }

    @Test func theContextTellsFilesFromDirectories() throws {
        let entries: [String: DockerfileLowering.ContextEntry] = ["app": .file, "v1.2": .directory]
        #expect(try lowered("COPY app /x/", entries: entries).files.map(\.exclusions) == [["*", "!app"]])
        #expect(failure { try lowered("COPY v1.2 /x/", entries: entries) }?.code == .unsupportedInstruction)
        let error = try #require(failure { try lowered("COPY gone.py /x/", entries: entries) })
        #expect(error.code == .sourceNotFound && error.message == "the context holds no 'gone.py'")
    }

    @Test func directoriesThatNoFilesBringAreMade() throws {
        #expect(try lowered("WORKDIR /a\nWORKDIR b").directories == ["/a/b"])
        #expect(try lowered("WORKDIR /a\nCOPY . .").directories == [])
        #expect(try lowered("WORKDIR /a\nRUN mkdir -p x/y z\nCOPY . .").directories == ["/a/x/y", "/a/z"])
        #expect(try lowered("WORKDIR /").directories == [])
        #expect(failure { try lowered("WORKDIR a") }?.code == .unknownValue)
        #expect(try lowered("WORKDIR a", base: .init()).directories == ["/a"])
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

    @Test func aBaseOfAnotherUserRefusesWhatNeedsRoot() throws {
        var base = ImageConfiguration.Execution()
        base.user = "app"
        let lines = "WORKDIR /app\nCOPY . .\nRUN chmod -R a+rw ."
        #expect(failure { try lowered(lines, base: base) }?.place == "Dockerfile:4:1")
        #expect(try lowered(lines).linesForRootOnly.map(\.description) == ["line 4"])
    }

    @Test func remarksShowNoSecrets() throws {
        let result = try lowered("ENV TOKEN=secret\nRUN pip install a --index-url https://me:secret@host/simple")
        #expect(!result.remarks.map(\.description).joined().contains("secret"))
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
        let result = try lowered("COPY \(sources) /x/")
        #expect(result.files.map(\.exclusions.count) == [2001])
    }
}
