import Build
import Diagnostics
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Interface

@Suite struct BuildRequestTests {
    @Test func nothingSaid() throws {
        let context = try SampleContext()
        let request = try context.request()
        #expect(request.spec.stages.map(\.base) == [.catalog("python-3.11")])
        #expect(request.python == nil)
        #expect(request.files?.destination == "/app")
        #expect(request.configuration == ConfigurationStep(workingDirectory: "/app"))
        #expect(request.spec.timestamp == .reproducible)
        #expect(request.outputs.isEmpty && request.tags.isEmpty && !request.staysInCache)
        #expect(request.usesCache && !request.pulls)
        #expect(
            request.notices == [
                "base: python-3.11, since none is given",
                "requirements: none, since the context has none of the usual files; name one by -r",
            ])
    }

    @Test(arguments: [
        (["uv.lock", "pylock.toml", "requirements.txt", "pyproject.toml"], "uv.lock"),
        (["pylock.toml", "requirements.txt", "pyproject.toml"], "pylock.toml"),
        (["requirements.txt", "pyproject.toml"], "requirements.txt"),
        (["pyproject.toml"], "pyproject.toml"),
    ])
    func usualManifests(_ files: [String], _ chosen: String) throws {
        let context = try SampleContext(Dictionary(uniqueKeysWithValues: files.map { ($0, "") }))
        let request = try context.request()
        let path = context.path.appending(chosen).string
        #expect(request.python?.manifests == [path])
        #expect(request.notices.contains("requirements: \(path)"))
    }

    @Test func manifestsOfFlagsAreInTheContextToo() throws {
        let context = try SampleContext(["requirements.txt": "", "other.txt": ""])
        var flags = Settings()
        flags.requirements = [.flag("other.txt"), .flag(context.path.appending("requirements.txt").string)]
        #expect(
            try context.request(flags).python?.manifests
                == ["other.txt", "requirements.txt"].map { context.path.appending($0).string })
        flags.requirements = [.flag("missing.txt", "--requirements")]
        let error = try #require(throws: InterfaceError.self) { try context.request(flags) }
        #expect(error.code == .manifestNotFound)
        #expect(error.message == "there is no requirements file 'missing.txt'")
        #expect(error.hints == ["neither 'missing.txt' nor '\(context.path)/missing.txt' exists"])
    }

    @Test func pathsOfAFileAreRelativeToIt() throws {
        let context = try SampleContext([
            "cooperage.yaml": """
            requirements: sub/r.txt
            find-links: [wheels, http://127.0.0.1/w]
            outputs: ["type=oci,dest=../out", "type=docker,dest=/image.tar"]
            lock-file: lock.toml
            metadata-file: meta.json
            iidfile: /iid
            """, "sub/r.txt": "",
        ])
        let request = try context.request()
        #expect(request.python?.manifests == [context.path.appending("sub/r.txt").string])
        #expect(request.python?.indexes.findLinks == ["\(context.path)/wheels", "http://127.0.0.1/w"])
        #expect(request.python?.lockFile == "\(context.path)/lock.toml")
        #expect(request.outputs == [.layout(context.path.appending("../out")), .dockerArchive("/image.tar")])
        #expect(request.metadataFile == context.path.appending("meta.json"))
        #expect(request.imageIDFile == "/iid")
    }

    @Test func flagsWin() throws {
        var context = try SampleContext([
            "cooperage.yaml": """
            base: python-3.11
            tags: [team/app:1, team/app:2]
            env: {A: file, B: file}
            labels: {a: file, b: file}
            annotations: {a: file}
            workdir: /file
            cmd: [file]
            user: file
            """
        ])
        context.environment = ["FROM_HERE": "here=1"]
        var flags = Settings()
        flags.base = .flag("docker.io/library/python:3.11")
        flags.tags = [.flag("team/app:3")]
        flags.environment = ["A=flag", "C=", "FROM_HERE", "NOWHERE"].map { .flag($0) }
        flags.labels = [.flag("a=flag"), .flag("bare")]
        flags.annotations = [.flag("manifest:a=flag"), .flag("x:y=z")]
        flags.workingDirectory = .flag("/flag")
        flags.command = Given(.text("a 'b c'"), .flag("--cmd"))
        let request = try context.request(flags)
        #expect(request.spec.stages.map(\.base) == [.registry(try Reference("docker.io/library/python:3.11"))])
        #expect(request.tags == [try Reference("team/app:3")])
        let configuration = try #require(request.configuration)
        #expect(
            configuration.environment.map { "\($0.name)=\($0.value)" } == [
                "A=flag", "B=file", "C=", "FROM_HERE=here=1",
            ])
        #expect(configuration.labels == ["a": "flag", "b": "file", "bare": ""])
        #expect(request.spec.annotations == ["a": "flag", "x:y": "z"])
        #expect(configuration.workingDirectory == "/flag" && request.files?.destination == "/flag")
        #expect(configuration.command == ["a", "b c"])
        #expect(configuration.entrypoint == nil)
        #expect(configuration.user == "file")
        #expect(request.warnings.map { $0.prefix(19) } == ["NOWHERE is left out"])
        #expect(request.notices.first == "settings: \(context.path)/cooperage.yaml")
    }

    @Test func whereTheCodeGoes() throws {
        var flags = Settings()
        flags.codeRoot = .flag("/code")
        flags.workingDirectory = .flag("/srv")
        let elsewhere = try SampleContext().request(flags)
        #expect(elsewhere.files?.destination == "/code" && elsewhere.configuration?.workingDirectory == "/srv")
        flags.code = .flag("none")
        let without = try SampleContext().request(flags)
        #expect(without.files == nil && without.configuration?.workingDirectory == "/srv")
        #expect(without.warnings == ["--code-root does nothing, since --code none leaves the code out"])
        let file = try SampleContext(["cooperage.yaml": "code: none\n"])
        #expect(try file.request().files == nil)
        flags = Settings()
        flags.code = .flag("copy")
        #expect(try file.request(flags).files?.destination == "/app")
    }

    @Test func theLockOfABuild() throws {
        let context = try SampleContext(["requirements.txt": "", "pylock.toml": "", "a.in": "", "cooperage.yaml": ""])
        func step(_ change: (inout Settings) -> Void) throws -> PythonStep? {
            var flags = Settings()
            flags.locked = Given(true, .flag("--locked"))
            change(&flags)
            return try context.request(flags).python
        }
        func path(_ name: String) -> String { context.path.appending(name).string }
        #expect(try context.request().python?.manifests == [path("pylock.toml")])
        // What is to fit is what the lock was made of.
        let found = try step { _ in }
        #expect(found?.manifests == [path("requirements.txt")])
        #expect(found?.lock == .required(path: path("pylock.toml")))
        #expect(try step { $0.requirements = [.flag("a.in")] }?.lock == .required(path: path("pylock.a.toml")))
        #expect(try step { $0.requirements = [.flag("pylock.toml")] }?.lock == .required(path: path("pylock.toml")))
        let named = try step { $0.lockFile = .flag("/else/pylock.toml") }
        #expect(named?.lock == .required(path: "/else/pylock.toml") && named?.lockFile == nil)
        let error = try #require(throws: InterfaceError.self) {
            try step { $0.upgrades = Given(true, .flag("--upgrade")) }
        }
        #expect(error.context == [FailureContext("flag", "--locked")])
    }

    @Test func aLockAsItIsAskedFor() throws {
        let context = try SampleContext([
            "requirements.txt": "", "pylock.toml": "", "uv.txt": "",
            "cooperage.yaml": "base: python-3.11\nplatforms: [linux/amd64, linux/arm64]\ngroups: [dev]\n",
        ])
        func request(_ change: (inout Settings) -> Void = { _ in }) throws -> LockRequest {
            var flags = Settings()
            change(&flags)
            let surroundings = Surroundings(directory: "/nowhere", environment: [:], cache: "/cache")
            return try LockRequest(context: context.path, flags: flags, in: surroundings)
        }
        let usual = try request()
        let lock = context.path.appending("pylock.toml")
        #expect(usual.file == lock)
        #expect(usual.spec.platforms.count == 2)
        guard case .python(let step) = usual.spec.stages.first?.steps.first else {
            Issue.record("there is no Python step")
            return
        }
        #expect(step.manifests == [context.path.appending("requirements.txt").string])
        #expect(step.lock == .preferred(path: lock.string))
        #expect(step.selection == PackageSelection(groups: ["dev"]))
        #expect(try request { $0.lockFile = .flag("-") }.file == nil)
        #expect(try request { $0.lockFile = .flag("a/pylock.b.toml") }.file == "a/pylock.b.toml")
        #expect(try request { $0.requirements = [.flag("uv.txt")] }.file == context.path.appending("pylock.uv.toml"))
        for (text, word) in [("lock.toml", "no name of a lock"), ("pylock.a.b", "no name of a lock")] {
            let error = try #require(throws: InterfaceError.self) {
                try request { $0.lockFile = .flag(text, "--output") }
            }
            #expect(error.message.contains(word) && error.context == [FailureContext("flag", "--output")])
        }
        let own = try #require(throws: InterfaceError.self) {
            try request { $0.requirements = [.flag(lock.string)] }
        }
        #expect(own.message.contains("would replace the manifest"))
        let empty = try SampleContext(["pylock.toml": ""])
        let nothing = try #require(throws: InterfaceError.self) {
            try LockRequest(
                context: empty.path, flags: Settings(),
                in: Surroundings(directory: "/nowhere", environment: [:], cache: "/cache"))
        }
        #expect(nothing.code == .manifestNotFound)
    }

    @Test func platformsAndOutputs() throws {
        var flags = Settings()
        flags.platforms = [.flag("linux/amd64, linux/arm64"), .flag("x86_64"), .flag("linux/arm/v7")]
        flags.tags = [.flag("localhost/a:1"), .flag("localhost/a:1")]
        flags.pushes = Given(true, .flag("--push"))
        flags.outputs = [
            .flag("type=registry,name=localhost/b:1"), .flag("type=oci,dest=out"), .flag("type=oci,dest=out"),
        ]
        let request = try SampleContext().request(flags)
        #expect(request.spec.platforms.map(\.description) == ["linux/amd64", "linux/arm64", "linux/arm/v7"])
        #expect(request.tags.map(\.description) == ["localhost/a:1", "localhost/b:1"])
        #expect(request.outputs == [.registry, .layout("out")])
        flags = Settings()
        flags.outputs = [.flag("type=image")]
        #expect(try SampleContext().request(flags).staysInCache)
    }

    @Test func whatTheBuildWritesIsNoPartOfTheContext() throws {
        let context = try SampleContext()
        var flags = Settings()
        flags.outputs = [.flag("type=oci,dest=\(context.path)/out/"), .flag("type=docker,dest=/elsewhere.tar")]
        flags.metadataFile = .flag("\(context.path)/a/../m*.json")
        flags.imageIDFile = .flag("relative")
        #expect(try context.request(flags).files?.excluded == ["out", "m\\*.json", "cache\\[1\\]"])
    }

    @Test(arguments: [("0", 0), ("1700000000", 1_700_000_000), ("", 315_619_200)])
    func sourceDateEpoch(_ text: String, _ seconds: Int64) throws {
        var context = try SampleContext()
        context.environment = ["SOURCE_DATE_EPOCH": text]
        #expect(try context.request().spec.timestamp.seconds == seconds)
    }

    @Test(arguments: [("500MB", 500_000_000), ("5GiB", 5 << 30), ("1000000", 1_000_000), ("1.5 gb", 1_500_000_000)])
    func layerLimit(_ text: String, _ bytes: Int64) throws {
        let context = try SampleContext()
        var flags = Settings()
        flags.layerLimit = .flag(text)
        #expect(try context.request(flags).spec.layerLimit == bytes)
        #expect(try context.request().spec.layerLimit == nil)
    }

    @Test(arguments: ["", "10G", "500", "-5MB", "999999", "0", "five", "99999999999TB"])
    func noLayerLimit(_ text: String) throws {
        let context = try SampleContext()
        var flags = Settings()
        flags.layerLimit = .flag(text)
        let error = try #require(throws: InterfaceError.self) { try context.request(flags) }
        #expect(error.code == .invalidFlag && error.message.contains(text))
    }

    @Test(arguments: ["yesterday", "-1", "1.5", " 1", "253402300800", "99999999999999999999"])
    func noSourceDateEpoch(_ text: String) throws {
        var context = try SampleContext()
        context.environment = ["SOURCE_DATE_EPOCH": text]
        let error = try #require(throws: InterfaceError.self) { try context.request() }
        #expect(error.code == .invalidVariable)
        #expect(error.message.contains("'\(text)'"))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let flag: String
        let apply: @Sendable (inout Settings) -> Void

        init(_ message: String, _ flag: String, _ apply: @escaping @Sendable (inout Settings) -> Void) {
            (testDescription, self.flag, self.apply) = (message, flag, apply)
        }
    }

    @Test(arguments: [
        Refusal("'a/b/c/d' is not a platform", "--platform") { $0.platforms = [.flag("a/b/c/d", "--platform")] },
        Refusal("'' is not a platform", "--platform") { $0.platforms = [.flag("linux/amd64,", "--platform")] },
        Refusal("'=x' names no variable", "--env") { $0.environment = [.flag("=x", "--env")] },
        Refusal("'=x' names no label", "--label") { $0.labels = [.flag("=x", "--label")] },
        Refusal("'' names no annotation", "--annotation") { $0.annotations = [.flag("", "--annotation")] },
        Refusal("annotations of the index are not written; those of each manifest are", "--annotation") {
            $0.annotations = [.flag("manifest,index:a=b", "--annotation")]
        },
        Refusal("the working directory 'app' is not absolute", "--workdir") {
            $0.workingDirectory = .flag("app", "--workdir")
        },
        Refusal("the directory of the code 'app' is not absolute", "--code-root") {
            $0.codeRoot = .flag("app", "--code-root")
        },
        Refusal("'nothing' says nothing about the code", "--code") { $0.code = .flag("nothing", "--code") },
        Refusal("an image without a name cannot be pushed", "--push") { $0.pushes = Given(true, .flag("--push")) },
        Refusal("an image without a name cannot be pushed", "--output") {
            $0.outputs = [.flag("type=registry", "--output")]
        },
        Refusal("a docker archive holds one image, not one for each of 2 platforms", "--output") {
            $0.platforms = [.flag("amd64,arm64")]
            $0.outputs = [.flag("type=docker,dest=a", "--output")]
        },
        Refusal("a quote is not closed in 'a 'b'", "--cmd") { $0.command = Given(.text("a 'b"), .flag("--cmd")) },
    ])
    func refused(_ refusal: Refusal) throws {
        var flags = Settings()
        refusal.apply(&flags)
        let error = try #require(throws: InterfaceError.self) { try SampleContext().request(flags) }
        #expect(error.code == .invalidFlag)
        #expect(error.message == refusal.testDescription)
        #expect(error.context == [FailureContext("flag", refusal.flag)])
    }

    @Test func aTagIsNoDigest() throws {
        var flags = Settings()
        flags.tags = [.flag("a@\(try Digest.of("x"))")]
        #expect(throws: InterfaceError.self) { try SampleContext().request(flags) }
    }

    @Test func unknownBase() throws {
        var flags = Settings()
        flags.base = .flag("pyton-3.11", "--base")
        let error = try #require(throws: BaseImageError.self) { try SampleContext().request(flags) }
        #expect(error.code == .unknownBase)
        #expect(error.context == [FailureContext("flag", "--base")])
        #expect(error.hints.first?.contains("python-3.11") == true)
    }

    @Test(arguments: ["missing", "-", "https://example.org/a.git"])
    func noContext(_ path: String) throws {
        let surroundings = Surroundings(directory: "/", environment: [:], cache: "/cache")
        let error = try #require(throws: InterfaceError.self) {
            try BuildRequest(context: FilePath(path), flags: Settings(), in: surroundings)
        }
        #expect(error.code == .invalidContext)
    }

    @Test func aFileIsNoContext() throws {
        let context = try SampleContext(["file": ""])
        let surroundings = Surroundings(directory: "/", environment: [:], cache: "/cache")
        let error = try #require(throws: InterfaceError.self) {
            try BuildRequest(context: context.path.appending("file"), flags: Settings(), in: surroundings)
        }
        #expect(error.message.hasSuffix("is not a directory"))
    }
}
