import Diagnostics
import Foundation
import OCI
import Spec
import Testing

@testable import Dockerfile

/// What commands install, as steps of a build.
@Suite struct InstallationTests {
    private static func steps(_ lines: String) throws -> [PythonStep] {
        let spec = try lowered("WORKDIR /app\n" + lines).buildSpec(context: "/c", requirementsFile: "/t/r.txt")
        return spec.stages[0].steps.compactMap { if case .python(let step) = $0 { step } else { nil } }
    }

    private static func texts(_ lines: String) throws -> [String: String] {
        let texts = try lowered("WORKDIR /app\n" + lines).requirementsTexts(file: "/t/r.txt", context: "/c")
        return Dictionary(uniqueKeysWithValues: texts.map { ($0.path, $0.text) })
    }

    // MARK: Together, or one after the other

    @Test func plainOnesAreResolvedTogetherFirst() throws {
        let lines = "COPY a.txt .\nRUN pip install -r a.txt x\nRUN pip install y"
        let step = try #require(try Self.steps(lines).first)
        #expect(step.manifests == ["/c/a.txt", "/t/r.txt"])
        #expect(step.parts?.map(\.manifests) == [["/c/a.txt", "/t/r.1.txt"], ["/t/r.2.txt"]])
        #expect(try Self.texts(lines) == ["/t/r.txt": "x\ny\n", "/t/r.1.txt": "x\n", "/t/r.2.txt": "y\n"])
        // The same once more is nothing new.
        #expect(try Self.steps("RUN pip install y\nRUN pip install y").first?.parts == nil)
    }

    @Test(arguments: [
        "RUN pip install x\nRUN pip install --no-deps y", "RUN pip install x\nRUN pip install --pre y",
        "RUN pip install x -i https://a\nRUN pip install y", "RUN pip install x\nRUN pip install -U y",
        "COPY c.txt .\nRUN pip install -c c.txt x\nRUN pip install y", "COPY . .\nRUN pip install x\nRUN pip install .",
        "ENV UV_RESOLUTION=lowest\nRUN pip install x\nRUN uv pip install y",
    ])
    func whatIsAboutOneAloneIsDoneInTurn(_ lines: String) throws {
        let step = try #require(try Self.steps(lines).first)
        #expect(step.manifests.isEmpty && step.parts?.count == 2)
    }

    @Test func optionsBecomeLinesAndOptions() throws {
        let lines = """
            COPY . .
            ENV PIP_CONSTRAINT=all.txt
            RUN pip install --no-deps -c c.txt --require-hashes --pre x -e ./sub[a] .
            """
        let step = try #require(try Self.steps(lines).first)
        #expect(step.options?.leavesOutDependencies == true && step.options?.prerelease == "allow")
        #expect(step.options?.editableSources == [.init(directory: "/c/sub", place: "/app/sub")])
        #expect(
            try Self.texts(lines)["/t/r.txt"]
                == "--require-hashes\n-c /c/c.txt\n-c /c/all.txt\n/c/\n-e /c/sub[a]\nx\n")
    }

    @Test func bytecodeIsMadeWhereItIsAskedFor() throws {
        let asked = try #require(try Self.steps("ENV UV_COMPILE_BYTECODE=1\nRUN uv pip install x").first)
        #expect(asked.compilesBytecode && asked.options?.hasOptionalBytecode == true)
        for lines in [
            "ENV UV_COMPILE_BYTECODE=0\nRUN uv pip install x", "ENV UV_COMPILE_BYTECODE=1\nRUN pip install x",
        ] {
            let step = try #require(try Self.steps(lines).first)
            #expect(!step.compilesBytecode && step.options == nil)
        }
    }

    @Test func aChosenSetuptoolsIsARequirement() throws {
        #expect(
            try Self.texts("RUN pip install -U pip setuptools==70.0.0 wheel") == ["/t/r.txt": "setuptools==70.0.0\n"])
        #expect(try Self.steps("RUN pip install -U pip setuptools wheel") == [])
    }

    @Test func whatServersAreToldIsAllOfIt() throws {
        let lines = """
            WORKDIR /app
            COPY . .
            ENV UV_COMPILE_BYTECODE=1
            RUN pip install -U --no-deps --pre -c c.txt -i https://a.example/simple x -e ./sub[a]
            RUN python3 -m venv /v && /v/bin/pip install -r a.txt y
            RUN uv sync --frozen --no-default-groups --extra more
            """
        let told = try lowered(lines)
        #expect(told.environments.count == 3)
        let bytes = try JSONEncoder().encode(told.environments)
        #expect(try JSONDecoder().decode([LoweredDockerfile.Packages].self, from: bytes) == told.environments)
    }

    @Test func eachStageHasRequirementsOfItsOwn() throws {
        let document = try DockerfileDocument(
            "FROM base AS a\nRUN pip install x\nFROM base\nCOPY --from=a /x /x\nRUN pip install y\n")
        let (spec, texts) = try DockerfileLowering(document).lowered().build(
            context: "c", root: "/c", ignoreFile: nil, requirementsIn: "/t")
        #expect(texts.map { "\($0.path): \($0.text)" } == ["/t/requirements.txt: y\n", "/t/stage-0.txt: x\n"])
        let manifests = spec.stages.map { stage in
            stage.steps.compactMap { if case .python(let step) = $0 { step } else { nil } }.flatMap(\.manifests)
        }
        #expect(manifests == [["/t/stage-0.txt"], ["/t/requirements.txt"]])
    }

    @Test(arguments: [
        ("COPY . .", true), ("COPY --from=other:1 /a /b", false), ("RUN pip install x", false),
        ("COPY a.txt .\nRUN pip install -r a.txt", true),
        ("RUN --mount=type=bind,source=a.txt,target=a.txt pip install -r a.txt", false),
        ("RUN --mount=type=bind,target=. pip install .", true),
        ("RUN --mount=type=bind,target=. uv sync --frozen --no-install-project", true),
    ])
    func whatIsReadOfTheContext(_ lines: String, _ isMore: Bool) throws {
        #expect(try lowered("WORKDIR /app\n" + lines).readsContext == isMore)
    }

    // MARK: uv sync

    @Test func aProjectsEnvironmentIsMadeByItsLock() throws {
        let step = try #require(
            try Self.steps("COPY uv.lock pyproject.toml ./\nRUN uv sync --no-install-project --no-dev").first)
        #expect(step.place == .virtual(VirtualEnvironment(path: "/app/.venv", maker: .uv)))
        #expect(step.manifests == ["/c/uv.lock"] && step.requiredLock == "/c/uv.lock")
        #expect(step.selection.sync?.omission == .project && step.selection.sync?.excludedGroups == ["dev"])
        #expect(step.options?.isExact == true)
        #expect(step.options?.editableSources == [.init(directory: "/c/", place: "/app")])
    }

    @Test(arguments: [
        ("COPY . .\nRUN uv sync", "/app/.venv"),
        ("COPY . .\nENV UV_PROJECT_ENVIRONMENT=/opt/venv\nRUN uv sync", "/opt/venv"),
        ("COPY . .\nENV UV_PROJECT_ENVIRONMENT=env\nRUN cd sub && uv sync", "/app/env"),
        ("COPY . .\nRUN python -m venv /v && . /v/bin/activate && uv sync --active", "/v"),
        ("COPY . .\nRUN uv venv && uv sync", "/app/.venv"),
        (
            "RUN --mount=type=bind,source=p/uv.lock,target=uv.lock --mount=type=bind,source=p/pyproject.toml,target=pyproject.toml uv sync",
            "/app/.venv"
        ),
        ("COPY p /srv/p\nRUN uv sync --project /srv/p", "/srv/p/.venv"),
    ])
    func placesOfProjects(_ lines: String, _ path: String) throws {
        let entries: [String: DockerfileLowering.ContextEntry] = [
            "uv.lock": .file, "pyproject.toml": .file, "sub": .directory, "p": .directory, "p/uv.lock": .file,
            "p/pyproject.toml": .file,
        ]
        let result = try lowered("WORKDIR /app\n" + lines, entries: entries)
        #expect(result.environments.map(\.place?.path) == [path])
        #expect(result.environments[0].requirementsFiles.count == 1)
    }

    @Test func theLastSyncStands() throws {
        let lines = """
            COPY uv.lock pyproject.toml ./
            RUN uv sync --frozen --no-install-project
            COPY . .
            RUN uv sync --frozen --no-editable
            RUN uv pip install x
            """
        let step = try #require(try Self.steps(lines).first)
        #expect(step.parts?.map(\.manifests) == [["/c/uv.lock"], ["/t/r.2.txt"]])
        #expect(step.parts?.first?.selection.sync?.copiesCode == true)
        #expect(step.parts?.first?.selection.sync?.omission == nil && step.parts?.first?.lock == nil)
    }

    @Test func variablesOfUvSayTheSame() throws {
        let step = try #require(
            try Self.steps(
                """
                COPY . .
                ENV UV_FROZEN=1 UV_NO_DEV=true UV_NO_EDITABLE=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy \\
                    UV_PYTHON_DOWNLOADS=0 UV_TOOL_BIN_DIR=/usr/local/bin UV_PYTHON=python3.11
                RUN uv sync
                """
            ).first)
        #expect(step.lock == nil && step.compilesBytecode && step.selection.sync?.copiesCode == true)
        #expect(step.selection.sync?.excludedGroups == ["dev"])
        #expect(step.place == .virtual(VirtualEnvironment(path: "/app/.venv", maker: .uv, version: "3.11")))
    }

    @Test func aProjectHasToBeThere() throws {
        let none = try #require(failure { try lowered("WORKDIR /app\nRUN uv sync") })
        #expect(none.code == .requirementsNotFound)
        #expect(none.message == "no line above puts a 'pyproject.toml' into '/app' or a directory above it")
        let noLock = try #require(failure { try lowered("WORKDIR /app\nCOPY pyproject.toml .\nRUN uv sync") })
        #expect(noLock.message == "no line above puts the lock '/app/uv.lock' into the image")
        let apart = try #require(
            failure { try lowered("WORKDIR /app\nCOPY a/uv.lock b/pyproject.toml ./\nRUN uv sync") })
        #expect(apart.message.contains("do not lie beside each other in the context"))
    }
}
