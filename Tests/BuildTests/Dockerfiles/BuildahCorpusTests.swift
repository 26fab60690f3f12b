import Content
import Foundation
import Images
import OCI
import RegistryTesting
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Dockerfiles of platforms and frameworks as they are sent (`Tests/Fixtures/dockerfiles`), built by buildah, which runs pip
/// and uv, and by us, who run neither: packages, scripts, files and configuration have to be the same.
@Suite(.serialized) struct BuildahCorpusTests {
    /// Those that are compared; a few in `make test`, all with `COOPERAGE_TEST_LARGE=1`. The rest needs what buildah 1.28
    /// does not know (heredocs, `--parents`), or ends with an error here.
    static let sample = ["zenml-pip", "mlflow"]
    static let all =
        sample + [
            "zenml-all-uv", "zenml-environment", "zenml-settings", "zenml-no-code", "fastapi", "flask", "streamlit",
        ]

    /// What installers write about themselves, and themselves: Cooperage installs without them.
    private static func isListed(_ path: String, _ ours: String?, _ theirs: String?) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        if parts.contains(where: { $0.hasSuffix(".dist-info") }) {
            if ["RECORD", "INSTALLER", "REQUESTED"].contains(parts.last) { return true }
        }
        // uv leaves its lock in an environment, and other scripts to activate it; its configuration names uv.
        if path.hasSuffix("venv/.lock") || path == "srv/venv/pyvenv.cfg" || path.hasPrefix("srv/venv/bin/") {
            return path.hasSuffix("venv/.lock") || path.hasPrefix("srv/venv/bin/activate")
                || path.hasPrefix("srv/venv/bin/deactivate") || path.hasPrefix("srv/venv/bin/pydoc")
                || (ours != nil && theirs != nil)
        }
        // Each installer has a text of its own for console scripts; they are there, and can be run.
        if parts.count == 4, path.hasPrefix("opt/venv/bin/"), let ours, let theirs {
            return ours.hasPrefix("file 755 0:0 ") && theirs.hasPrefix("file 755 0:0 ")
        }
        let installers = ["uv", "uvx", "setuptools", "wheel"]
        return path.hasPrefix("root/.cache") || path == "root/.cache" || path.hasPrefix("tmp/")
            || parts.contains { part in
                installers.contains { part == $0 || part == "\($0).py" || part.hasPrefix("\($0)-") }
            }
    }

    /// A stage that only installs, and one that takes what it installed: the samples of uv's documentation.
    private static let stages = """
        FROM BASE AS builder
        USER root
        ENV UV_DEFAULT_INDEX=<URL>
        COPY --chmod=755 uv /usr/local/bin/
        COPY requirements.txt /tmp/
        RUN uv venv /srv/venv && uv pip install --python /srv/venv -r /tmp/requirements.txt
        FROM BASE
        USER root
        COPY --from=builder /srv/venv /srv/venv
        ENV PATH=/srv/venv/bin:$PATH VIRTUAL_ENV=/srv/venv
        COPY app /srv/app
        CMD ["uvicorn", "app.main:app"]
        """

    /// One that gives away what it installed, with what is around it.
    private static let owned = """
        FROM BASE
        USER root
        ENV UV_DEFAULT_INDEX=<URL>
        COPY --chmod=755 uv /usr/local/bin/
        COPY requirements.txt /tmp/
        COPY app /srv/app
        RUN uv venv /srv/venv && uv pip install --python /srv/venv -r /tmp/requirements.txt
        RUN chown -R 7:8 /srv && chmod -R a+rX /srv
        USER 7:8
        """

    private static let names = ["local", "stack_integration", "deployment", "integration", "pyproject", "user"]

    /// A context of all of them.
    private static var files: [String: String] {
        var files = [
            "requirements.txt": "fastapi\nflask==3.0\nstreamlit>=1\n", "app/main.py": "app = None\n", "shop.py": "",
            "streamlit_app.py": "print()\n",
        ]
        for (number, name) in names.enumerated() {
            files[".zenml_\(name)_requirements"] = "part-\(number)\n" + (number == 5 ? "fastapi\n" : "")
        }
        return files
    }

    /// Wheels with what installers do something about: scripts, data, several requirements.
    private static func wheels() throws -> [WheelFixture] {
        func scripts(_ name: String, _ version: String) -> [(name: String, bytes: [UInt8])] {
            let text = "[console_scripts]\n\(name) = \(name):main\n"
            return [("\(name)-\(version).dist-info/entry_points.txt", Array(text.utf8))]
        }
        var wheels = [
            try WheelFixture("fastapi", "0.110", requires: ["uvicorn[standard]"], files: scripts("fastapi", "0.110")),
            try WheelFixture("flask", "3.0", requires: ["jinja2"], files: scripts("flask", "3.0")),
            try WheelFixture("flask", "3.1", requires: ["jinja2"]), try WheelFixture("jinja2", "3.1"),
            try WheelFixture("streamlit", "1.30", requires: ["jinja2<4"], files: scripts("streamlit", "1.30")),
            try WheelFixture("mlflow", "2.14.1", requires: ["flask"], files: scripts("mlflow", "2.14.1")),
            try WheelFixture("psycopg2-binary", "2.9"),
            try WheelFixture(
                "uvicorn", "0.30", requires: ["httptools; extra == 'standard'\nProvides-Extra: standard"],
                files: scripts("uvicorn", "0.30") + [
                    ("uvicorn-0.30.data/data/share/uvicorn/x.txt", Array("data".utf8))
                ]), try WheelFixture("httptools", "0.6"),
            // Older than what the base has, so that pip keeps its own.
            try WheelFixture("pip", "0.1"), try WheelFixture("setuptools", "1.0"), try WheelFixture("wheel", "1.0"),
            try WheelFixture("uv", "0.1"),
        ]
        for number in names.indices {
            wheels.append(
                try WheelFixture("part-\(number)", "1.0", requires: number == 0 ? ["jinja2>=3"] : []))
        }
        return wheels
    }

    /// The program that `RUN pip install uv` would bring, where the index has a package of this name alone.
    private static func uv() throws -> [UInt8] {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
            FilePath("\($0)/uv")
        }
        let program = try #require(paths.first { FileSystem.exists($0) }, "uv is on the PATH")
        return try FileSystem.read(program, limit: 1 << 28)
    }

    @Test(
        .enabled(
            if: BuildahTests.obstacle == nil, "buildah cannot work: \(BuildahTests.obstacle ?? "")"))
    func packagesAreWherePipPutsThem() async throws {
        let directory = try TemporaryDirectory()
        let base = directory.path.appending("base")
        try await BuildahTests.writeCatalogBase(to: base)
        let names = BuildahTests.isLarge ? Self.all : Self.sample
        let files = try Self.files.mapValues { Array($0.utf8) }.merging(["uv": Self.uv()]) { $1 }
        let index = PackageIndex(wheels: try Self.wheels(), tellsLengths: true)
        let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .pushing("Fixtures/dockerfiles")
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let url = "http://\(server.host)/simple"
            let texts = try names.map { name in
                let text = String(
                    decoding: try FileSystem.read(fixtures.appending("\(name).Dockerfile")), as: UTF8.self)
                // What stands above FROM and FROM itself are the comparison's.
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                    .drop { !$0.hasPrefix("FROM") }.dropFirst().joined(separator: "\n")
                let program = name == "zenml-all-uv" ? "COPY --chmod=755 uv /usr/local/bin/\n" : ""
                return "USER root\n\(program)ENV PIP_INDEX_URL=\(url) UV_DEFAULT_INDEX=\(url)\n\(lines)"
            }
            try await BuildahTests().compare(
                texts + [Self.stages, Self.owned].map { $0.replacing("<URL>", with: url) }, on: base, in: directory,
                files: files,
                isListed: Self.isListed)
        }
    }
}
