import Build
import Content
import Diagnostics
import Images
import OCI
import Python
import Service
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Service
@testable import ServiceClient

/// What goes to a server of a build's files.
@Suite struct RemoteInputsTests {
    private let directory: TemporaryDirectory
    private var root: FilePath { directory.path }

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let path = root.pushing(FilePath(name))
            try FileSystem.makeDirectory(path.removingLastComponent())
            try FileSystem.write(text.utf8, to: path)
        }
    }

    private func inputs(
        base: BaseSource = .catalog("python-3.11"), manifests: [String] = [], findLinks: [String] = [],
        excluded: [String] = [], environment: [String: String] = [:], context: String = "app"
    ) throws -> RemoteInputs {
        let python = PythonStep(
            manifests: manifests.map { root.pushing(FilePath($0)).string },
            indexes: PackageIndexes(
                findLinks: findLinks.map { $0.contains("://") ? $0 : root.pushing(FilePath($0)).string }))
        return try RemoteInputs(
            base: base, python: manifests.isEmpty && findLinks.isEmpty ? nil : python,
            files: FilesStep(
                source: root.appending(context).string, destination: "/app", excluded: excluded),
            context: root.appending(context), in: root, environment: environment)
    }

    private func paths(_ inputs: RemoteInputs) -> [String] { inputs.context.manifest.entries.map(\.path) }

    /// What the server makes of it.
    private func served(_ inputs: RemoteInputs, excluded: [String] = []) throws -> [ContextFiles.Item] {
        let store = try DirectoryBlobStore(root.appending("served"))
        for digest in inputs.context.digests {
            let blob = try #require(inputs.context.blob(digest))
            #expect(try store.put(blob.readAll()).digest == digest)
        }
        try inputs.context.manifest.check(ContextLimits())
        let reserved = inputs.context.usesReserved ? [inputs.context.reserved] : []
        return try ContextFiles(ManifestSource(inputs.context.manifest, store: store), excluded: excluded + reserved)
            .items
    }

    // MARK: Sources

    @Test(arguments: ["app/requirements.txt", "more/requirements.txt"])
    func sourcesOfThisMachineGoAlong(_ manifest: String) throws {
        let isInside = manifest.hasPrefix("app/")
        let start = isInside ? "." : "../app"
        try write([
            manifest: "-e \(start)/pkg\nother @ \(start)/other-1.tar.gz\n", "app/main.py": "",
            "app/pkg/pyproject.toml": "[project]\nname = \"pkg\"\n", "app/pkg/src/pkg.py": "x",
            "app/pkg/src/__pycache__/pkg.pyc": "x", "app/other-1.tar.gz": "o", "app/.dockerignore": "pkg\n*.gz\n",
        ])
        let inputs = try inputs(manifests: [manifest])
        let place = isInside ? "" : ".cooperage/outside/app/"
        let all = paths(inputs)
        for name in ["pkg/pyproject.toml", "pkg/src/pkg.py", "other-1.tar.gz"] {
            #expect(all.contains(place + name), "\(all)")
        }
        #expect(!all.contains { $0.hasSuffix(".pyc") })
        // They are none of the code.
        #expect(try !served(inputs, excluded: ["pkg", "*.gz"]).contains { $0.path.hasSuffix("pkg.py") })
        let lock = inputs.located("directory = { path = \"\(place)pkg\", editable = true }")
        #expect(lock == "directory = { path = \"\(root)/app/pkg\", editable = true }")
    }

    // MARK: Code

    @Test(arguments: [nil, "*.log\n", ".dockerignore\n*.log\n", "*\n!src\n!src/deep/keep.log\n", "requirements.txt\n"])
    func theServerSeesTheSameCode(_ ignore: String?) throws {
        try write([
            "app/main.py": "print()", "app/a.log": "", "app/src/deep/keep.log": "k", "app/src/x.py": "x",
            "app/requirements.txt": "alpha\n", "app/out/image": "o", "app/.git/HEAD": "ref", "app/empty/.keep": "",
        ])
        if let ignore { try write(["app/.dockerignore": ignore]) }
        try FileSystem.makeLink(root.pushing("app/link"), to: "src/x.py")
        let inputs = try inputs(manifests: ["app/requirements.txt"], excluded: ["out"])
        let here = try ContextFiles(root.appending("app"), excluded: ["out"]).items
        #expect(try served(inputs, excluded: ["out"]) == here)
        #expect(inputs.manifests == ["requirements.txt"])
        #expect(paths(inputs).contains("requirements.txt"))
        #expect(paths(inputs).contains(".dockerignore") == (ignore != nil))
        #expect(!inputs.context.usesReserved)
    }

    @Test func rulesThatAreALinkAreRefused() throws {
        try write(["app/main.py": "", "rules": "*.log\n"])
        try FileSystem.makeLink(root.pushing("app/.dockerignore"), to: "../rules")
        #expect(throws: ClientError.self) { try inputs() }
    }

    // MARK: Requirements

    @Test func filesThatNameEachOtherKeepTheirPlaces() throws {
        try write([
            "app/main.py": "", "app/requirements.txt": "-r ../common/base.txt\nalpha\n",
            "common/base.txt": "-c limits/c.txt\n./wheels/beta-1.0-py3-none-any.whl\n-f links\n",
            "common/limits/c.txt": "beta<2\n", "common/wheels/beta-1.0-py3-none-any.whl": "wheel",
            "common/links/gamma-1.0-py3-none-any.whl": "wheel 2", "common/links/notes.txt": "",
        ])
        let inputs = try inputs(manifests: ["app/requirements.txt"])
        let start = ".cooperage/outside"
        #expect(inputs.manifests == ["\(start)/app/requirements.txt"])
        #expect(
            paths(inputs) == [
                "\(start)/app/requirements.txt", "\(start)/common/base.txt", "\(start)/common/limits/c.txt",
                "\(start)/common/links", "\(start)/common/links/gamma-1.0-py3-none-any.whl",
                "\(start)/common/wheels/beta-1.0-py3-none-any.whl", "\(start)/uv.toml", "main.py", "requirements.txt",
            ])
        #expect(try served(inputs).map(\.path) == ["main.py", "requirements.txt"])
        #expect(
            inputs.located("path = \"\(start)/common/links/g%2B.whl\"\nname = \"x\"\n")
                == "url = \"file://\(root)/common/links/g%2B.whl\"\nname = \"x\"\n")
    }

    @Test func whereItLiesHereMakesNoDifference() throws {
        var manifests: [ContextManifest] = []
        for place in ["one", "two/deeper"] {
            try write([
                "\(place)/app/main.py": "m", "\(place)/reqs.txt": "alpha\n", "\(place)/links/a-1-py3-none-any.whl": "w",
            ])
            manifests.append(
                try inputs(manifests: ["\(place)/reqs.txt"], findLinks: ["\(place)/links"], context: "\(place)/app")
                    .context.manifest)
        }
        #expect(manifests[0] == manifests[1])
        #expect(manifests[0].entries.count == 5)
    }

    @Test func aManifestBehindALinkIsCopied() throws {
        try write(["shared/requirements.txt": "alpha\n", "app/main.py": ""])
        try FileSystem.makeLink(root.pushing("app/requirements.txt"), to: "../shared/requirements.txt")
        let inputs = try inputs(manifests: ["app/requirements.txt"])
        #expect(inputs.manifests == [".cooperage/outside/requirements.txt"])
        let entries = inputs.context.manifest.entries
        #expect(entries.first { $0.path == "requirements.txt" }?.kind == .link)
        #expect(entries.first { $0.path == ".cooperage/outside/requirements.txt" }?.kind == .file)
    }

    @Test func uvsConfigurationAboveTheContextGoesAlong() throws {
        try write([
            "pyproject.toml": "[tool.uv]\nindex-strategy = \"first-index\"\n", "app/main.py": "",
            "app/requirements.txt": "alpha\n",
        ])
        let inputs = try inputs(manifests: ["app/requirements.txt"])
        #expect(inputs.manifests == [".cooperage/outside/app/requirements.txt"])
        #expect(paths(inputs).contains(".cooperage/outside/pyproject.toml"))
        #expect(!paths(inputs).contains(".cooperage/outside/uv.toml"))
    }

    @Test(arguments: [
        ("-r /etc/requirements.txt\n", "no requirements file"), ("-f /srv/wheels\n", "'/srv/wheels' is a place"),
        ("alpha @ file:///srv/alpha-1.0-py3-none-any.whl\n", "is a place of this machine"),
        ("alpha\n--extra-index-url https://user:${TOKEN}@example.org/simple\n", "takes a variable"),
    ])
    func whatMeansSomethingHereAloneIsRefused(_ text: String, _ why: String) throws {
        try write(["app/requirements.txt": text])
        let error = #expect(throws: PythonError.self) {
            try inputs(manifests: ["app/requirements.txt"], environment: ["TOKEN": "hunter2"])
        }
        #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.context.first?.value.hasSuffix("requirements.txt:\(text.contains("TOKEN") ? 2 : 1)") == true)
    }

    @Test func filesWithPasswordsAreTold() throws {
        try write(["app/requirements.txt": "--index-url https://user:hunter2@example.org/simple\nalpha\n"])
        let inputs = try inputs(manifests: ["app/requirements.txt"])
        #expect(inputs.filesWithCredentials == [root.pushing("app/requirements.txt")])
    }

    @Test func directoriesOfWheels() throws {
        try write([
            "app/links/a-1-py3-none-any.whl": "a", "app/.dockerignore": "links\n", "outside/b-1-py3-none-any.whl": "b",
            "outside/b.tar.gz": "no wheel", "file.html": "",
        ])
        let inputs = try inputs(findLinks: ["app/links", "outside", "https://example.org/links/"])
        #expect(inputs.findLinks == ["links", ".cooperage/links/1", "https://example.org/links/"])
        #expect(
            paths(inputs) == [
                ".cooperage/links/1", ".cooperage/links/1/b-1-py3-none-any.whl", ".dockerignore", "links",
                "links/a-1-py3-none-any.whl",
            ])
        #expect(inputs.located("path = \"links/a.whl\"") == "url = \"file://\(root)/app/links/a.whl\"")
        #expect(inputs.located("path = \".cooperage/links/1/b.whl\"") == "url = \"file://\(root)/outside/b.whl\"")
        #expect(throws: ClientError.self) { try self.inputs(findLinks: ["file.html"]) }
    }

    // MARK: Bases

    @Test func aLayoutGoesUpByItsBlobs() async throws {
        try write(["app/main.py": "", "app/.cooperage/taken": ""])
        try await BaseFixture.write(to: root.appending("base"))
        let inputs = try inputs(base: .layout(path: root.appending("base").string))
        #expect(inputs.context.reserved == ".cooperage-1")
        #expect(inputs.base == .layout(path: ".cooperage-1/base"))
        let there = try FileSystem.names(in: root.pushing("base/blobs/sha256"))
        #expect(there.count > 2)
        for name in there { #expect(inputs.context.digests.contains(try Digest("sha256:\(name)"))) }
        #expect(try served(inputs).map(\.path) == [".cooperage", ".cooperage/taken", "main.py"])
    }

    @Test func aLayoutInTheContextStaysWhereItIs() async throws {
        try write(["app/main.py": "", "app/.dockerignore": "base\n"])
        try await BaseFixture.write(to: root.pushing("app/base"))
        let inputs = try inputs(base: .layout(path: root.pushing("app/base").string))
        #expect(inputs.base == .layout(path: "base"))
        #expect(paths(inputs).contains("base/oci-layout"))
        #expect(try served(inputs).map(\.path) == [".dockerignore", "main.py"])
    }

    @Test func anArchiveBecomesALayout() async throws {
        let image = try BaseFixture.image(in: directory.store("base-store"))
        let file = try TemporaryFile(besides: root.appending("base.tar"))
        try await DockerArchiveWriter.write(image, tags: []) { try file.write($0) }
        try file.commit(to: root.appending("base.tar"))
        let base = try await BaseSource.archive(path: root.appending("base.tar").string).unpacked(
            in: root.appending("scratch"))
        guard case .layout(let path) = base else {
            Issue.record("\(base)")
            return
        }
        let unpacked = try await OCILayout(FilePath(path)).image(for: nil)
        #expect(unpacked.configurationBytes == image.configurationBytes)
    }
}
