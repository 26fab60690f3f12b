import Diagnostics
import OCI
import Spec
import Testing

@testable import Dockerfile

/// Which environment the commands of a Dockerfile make and mean.
@Suite struct EnvironmentTests {
    private static let base: ImageConfiguration.Execution = {
        var base = ImageConfiguration.Execution()
        base.env = ["PATH=/usr/local/bin:/usr/bin"]
        return base
    }()

    /// The places in the order of the steps, each with its requirements.
    private static func places(_ lines: String, base: ImageConfiguration.Execution? = base) throws -> [String] {
        try lowered("WORKDIR /app\n" + lines, base: base).environments.map { packages in
            let names = packages.requirements.joined(separator: " ")
            switch packages.place {
            case nil: return "base: \(names)"
            case .prefix(let path): return "prefix \(path): \(names)"
            case .user(let path): return "user \(path): \(names)"
            case .virtual(let environment): return "\(environment.maker) \(environment.path): \(names)"
            }
        }
    }

    @Test(arguments: [
        // Made, and nothing goes into it.
        ("RUN python3 -m venv /opt/venv", ["venv /opt/venv: "]),
        ("RUN python3 -m venv a b", ["venv /app/a: ", "venv /app/b: "]),
        ("RUN uv venv", ["uv /app/.venv: "]), ("RUN virtualenv -q env", ["virtualenv /app/env: "]),
        ("RUN uv venv /opt/venv\nRUN pip install x", ["uv /opt/venv: ", "base: x"]),
        // By PATH.
        ("RUN python -m venv /v\nENV PATH=/v/bin:$PATH\nRUN pip install x", ["venv /v: x"]),
        ("RUN python -m venv /v\nENV PATH=/x/bin:/v/bin:$PATH\nRUN python -m pip install x", ["venv /v: x"]),
        ("RUN python -m venv /v\nENV PATH=$PATH:/v/bin\nRUN pip install x", ["venv /v: ", "base: x"]),
        ("ENV VIRTUAL_ENV=/v\nRUN python -m venv $VIRTUAL_ENV\nRUN pip install x", ["venv /v: ", "base: x"]),
        (
            "ENV PATH=/v/bin:$PATH\nRUN pip install x\nRUN python -m venv /v\nRUN pip install y",
            ["base: x", "venv /v: y"]
        ),
        // By the program's path.
        ("RUN python -m venv /v && /v/bin/pip install x", ["venv /v: x"]),
        (
            "RUN python -m venv .venv && .venv/bin/python3 -m pip install x && ./.venv/bin/pip3 install y",
            ["venv /app/.venv: x y"]
        ),
        ("RUN /opt/conda/bin/pip install x", ["prefix /opt/conda: x"]),
        ("RUN python -m venv /v && cd /v && bin/pip install x", ["venv /v: x"]),
        // By activation, as long as the RUN lasts.
        ("RUN python -m venv /v && . /v/bin/activate && pip install x\nRUN pip install y", ["venv /v: x", "base: y"]),
        ("RUN python -m venv v && . v/bin/activate && uv pip install x", ["venv /app/v: x"]),
        // By uv's own rules.
        ("RUN uv venv && uv pip install x", ["uv /app/.venv: x"]),
        ("RUN uv venv\nWORKDIR sub\nRUN uv pip install x", ["uv /app/.venv: x"]),
        ("RUN uv venv\nWORKDIR /srv\nRUN uv pip install x", ["uv /app/.venv: ", "base: x"]),
        ("RUN uv venv && pip install x", ["uv /app/.venv: ", "base: x"]),
        ("ENV VIRTUAL_ENV=/v\nRUN uv venv /v\nRUN uv pip install x", ["uv /v: x"]),
        ("ENV VIRTUAL_ENV=/v\nRUN uv venv /v && uv pip install --system x", ["uv /v: ", "base: x"]),
        ("ENV VIRTUAL_ENV=/v UV_SYSTEM_PYTHON=1\nRUN uv venv /v && uv pip install x", ["uv /v: ", "base: x"]),
        ("ENV VIRTUAL_ENV=/v\nRUN uv pip install x", ["prefix /v: x"]),
        ("RUN uv venv /v && uv pip install --python /v x && uv pip install -p /v/bin/python y", ["uv /v: x y"]),
        ("RUN python -m venv /v && /bin/uv pip install -p=/v x".replacing("-p=", with: "-p "), ["venv /v: x"]),
        ("ENV UV_PYTHON=/v/bin/python\nRUN uv venv -p 3.11 /v && uv pip install x", ["uv /v: x"]),
        ("COPY pyproject.toml .\nENV UV_PROJECT_ENVIRONMENT=/v\nRUN uv venv", ["uv /v: "]),
        ("ENV UV_PROJECT_ENVIRONMENT=/v\nRUN uv venv", ["uv /app/.venv: "]),
        // What has no pip is passed over by who looks for it.
        ("RUN uv venv /v\nENV PATH=/v/bin:$PATH\nRUN pip install x", ["uv /v: ", "base: x"]),
        ("RUN uv venv --seed /v\nENV PATH=/v/bin:$PATH\nRUN pip install x", ["uv /v: x"]),
        ("RUN python -m venv --without-pip /v && . /v/bin/activate && pip install x", ["venv /v: ", "base: x"]),
        ("RUN uv venv /v && uv pip install -p /v pip && /v/bin/pip install x", ["uv /v: x"]),
        // One user's.
        ("RUN pip install --user x", ["user /root/.local: x"]),
        ("ENV PYTHONUSERBASE=/u\nRUN pip install --user x", ["user /u: x"]),
    ])
    func placesOfPackages(_ lines: String, _ expected: [String]) throws {
        #expect(try Self.places(lines) == expected)
    }

    @Test func anEnvironmentOfTheBaseIsTheBases() throws {
        var base = Self.base
        base.env = ["PATH=/opt/venv/bin:/usr/bin", "VIRTUAL_ENV=/opt/venv"]
        for lines in [
            "RUN pip install x", "RUN uv pip install x", "RUN /opt/venv/bin/pip install x",
            "RUN uv venv /app/.venv\nRUN uv pip install x", "RUN . /opt/venv/bin/activate && pip install x",
        ] { #expect(try Self.places(lines, base: base).last == "base: x", "\(lines)") }
    }

    @Test func whatIsAskedForIsKept() throws {
        func made(_ line: String) throws -> VirtualEnvironment? {
            guard case .virtual(let environment) = try lowered("RUN \(line)").environments.first?.place else {
                return nil
            }
            return environment
        }
        #expect(
            try made("python3.11 -m venv --system-site-packages --prompt 'a b' --upgrade-deps --without-pip /v")
                == VirtualEnvironment(path: "/v", program: "python3.11", seesBase: true, prompt: "a b"))
        #expect(
            try made("/usr/bin/python3 -m venv /v") == VirtualEnvironment(path: "/v", program: "/usr/bin/python3"))
        #expect(try made("uv venv -p 3.12 --seed /v") == VirtualEnvironment(path: "/v", maker: .uv, version: "3.12"))
        #expect(
            try made("uv venv --python python3.12 /v")
                == VirtualEnvironment(path: "/v", maker: .uv, program: "python3.12", version: "3.12"))
        #expect(
            try made("virtualenv --python=/usr/bin/python3 --no-pip /v")
                == VirtualEnvironment(path: "/v", maker: .virtualenv, program: "/usr/bin/python3"))
        // One that is made from within another is made with the interpreter behind it.
        let both = try lowered("RUN python3 -m venv /a && /a/bin/python -m venv /b").environments
        #expect(both.last?.place == .virtual(VirtualEnvironment(path: "/b")))
    }

    @Test(arguments: [
        ("RUN python -m venv", "it names no directory"),
        ("RUN python -m venv --copies /v", "--copies copies the interpreter, and environments lead to the base's"),
        ("RUN python -m venv --upgrade /v", "--upgrade changes an environment that is there"),
        ("RUN python -m venv --frobnicate /v", "its option --frobnicate is not known"),
        ("RUN python -m venv \"/v*\"".replacing("\"", with: ""), "'/v*' is no directory for an environment"),
        ("RUN python -m venv /v --prompt 'a\"b'", "the prompt 'a\"b' is not followed"),
        ("RUN uv venv --relocatable", "--relocatable makes scripts that find their environment, which is not followed"),
        ("RUN uv venv -p pypy", "'pypy' names a Python in a way that is not known"),
        ("RUN uv venv a b", "it names several directories"), ("RUN virtualenv", "it does not name one directory"),
        ("RUN python -m venv /v && uv venv /v", "a line above has made the environment '/v'"),
        ("USER me\nRUN python -m venv /v", "it runs as the user 'me': the environment would be that user's"),
        ("RUN . ./env.sh", "it reads a script that is not known"),
        (
            "RUN python -m venv /v && /v/bin/pip install --user x",
            "--user goes to a home, and not into the environment '/v'"
        ),
        ("RUN uv venv /v && /v/bin/pip install x", "the environment '/v' has no pip"),
        ("RUN uv venv /v && . /v/bin/activate && python -m pip install x", "the environment '/v' has no pip"),
        ("RUN uv pip install -p 3.12 x", "--python 3.12 names another Python than the base's first"),
        (
            "ENV UV_FROB=1\nRUN uv venv",
            "the variable UV_FROB is set, which changes what it does in a way that is not known"
        ),
    ])
    func refuses(_ lines: String, _ reason: String) throws {
        let error = try #require(failure { try lowered(lines) })
        #expect(
            error.code == .unsupportedCommand && error.message.hasSuffix("cannot be followed: \(reason)"), "\(error)")
    }

    @Test(arguments: ["/srv", "/srv/v", "/srv/*", "."])
    func whatIsGivenAwayGetsNoMorePackages(_ path: String) throws {
        let lines = "WORKDIR /srv\nRUN python3 -m venv v && chown -R 7:8 \(path)"
        #expect(try lowered(lines).instructions.count == 2)
        let place = path == "." ? "/srv" : path
        try refuses(
            lines + " && v/bin/pip install x", "a line above gives '\(place)' away, and with it '/srv/v'")
        try refuses(
            "WORKDIR /srv\nRUN mkdir -p /srv/v && chown -R 7:8 \(path)\nRUN python3 -m venv v",
            "a line above gives '\(place)' away, and with it '/srv/v'")
        #expect(try lowered(lines + "\nRUN python3 -m venv /w && /w/bin/pip install x").environments.count == 2)
    }

    @Test func eachEnvironmentIsAStep() throws {
        let result = try lowered(
            "WORKDIR /app\nCOPY a.txt .\nRUN pip install x\nRUN python -m venv /v && /v/bin/pip install -r a.txt y")
        let spec = try result.buildSpec(context: "/c", requirementsFile: "/t/own.txt")
        let steps = spec.stages[0].steps.compactMap { if case .python(let step) = $0 { step } else { nil } }
        #expect(steps.map(\.manifests) == [["/t/own.txt"], ["/c/a.txt", "/t/own-2.txt"]])
        #expect(steps.map(\.place?.path) == [nil, "/v"])
        #expect(
            result.requirementsTexts(file: "/t/own.txt", context: "/c").map { "\($0.path): \($0.text)" }
                == ["/t/own.txt: x\n", "/t/own-2.txt: y\n"])
        #expect(result.packages?.requirements == ["x"])
    }
}
