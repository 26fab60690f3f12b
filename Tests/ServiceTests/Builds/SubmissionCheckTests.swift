import Diagnostics
import OCI
import ServiceTesting
import Spec
import Testing

@testable import Dockerfile
@testable import Service

/// What is told before a build is accepted: what is wrong in it, and what the project's policy does not allow.
@Suite struct SubmissionCheckTests {
    struct Situation: CustomTestStringConvertible {
        let words: String
        var policy = ProjectPolicy()
        let change: @Sendable (inout BuildSubmission) throws -> Void

        init(
            _ words: String, policy: ProjectPolicy = ProjectPolicy(),
            _ change: @escaping @Sendable (inout BuildSubmission) throws -> Void
        ) {
            self.words = words
            self.policy = policy
            self.change = change
        }

        var testDescription: String { words }
    }

    /// A site with a context, and a submission that is fine.
    private func check(_ policy: ProjectPolicy, _ change: (inout BuildSubmission) throws -> Void) async throws {
        let site = try await ServiceSite()
        let context = try await site.upload([
            "requirements.txt": Array("alpha\n".utf8), "links/a.whl": [1], "base/index.json": [2], "src/app.py": [3],
        ])
        var submission = BuildSubmission(base: .catalog("python-3.11"))
        submission.context = context
        submission.requirements = ["requirements.txt"]
        submission.codeDestination = "/app"
        try change(&submission)
        try await SubmissionCheck(
            submission, project: "default", policy: policy, contexts: site.service.contexts
        ).check()
    }

    /// A stage, and what a stage's installation says, as a client could write them.
    private static func stage(of base: BaseSource) throws -> LoweredStage {
        LoweredStage(name: "a", base: base, environments: [], instructions: [])
    }

    private static func copy(from source: BaseSource) -> FileInstruction {
        let copy = FileCopy(from: .image(source), sources: [NamedFiles("x")], destination: "/x")
        return FileInstruction(title: "COPY", place: "Dockerfile:2", changes: [.copy(copy)])
    }

    private static func installing(
        at place: PythonPlace? = nil, _ change: (inout LoweredDockerfile.Installation) throws -> Void
    ) throws -> BuildSubmission.Changes {
        var installation = LoweredDockerfile.Installation()
        try change(&installation)
        let environment = LoweredDockerfile.Packages(place: place, installations: [installation])
        let stage = LoweredStage(
            name: "a", base: .catalog("python-3.11"), environments: [environment], instructions: [])
        return .init(stages: [stage], instructions: [])
    }

    private static func tags(_ texts: String...) throws -> [Reference] { try texts.map { try Reference($0) } }
    private static let zeros = String(repeating: "0", count: 64)

    @Test(arguments: [
        Situation("holds a digest") {
            $0.tags = try tags("r.example/a@sha256:\(zeros)"); $0.pushes = true
        },
        Situation("but it has no name") { $0.pushes = true },
        Situation("neither to be pushed nor kept") { $0.tags = try tags("r.example/a:1") },
        Situation("at most 64 tags") {
            $0.tags = try (0..<65).map { try Reference("r.example/a:\($0)") }
            $0.pushes = true
        },
        Situation("the context holds no file 'pylock.toml'") { $0.lock = "pylock.toml" },
        Situation("'--all' is not the name of a dependency group") { $0.selection.groups = ["--all"] },
        Situation("'a b' is not the name of a dependency group or an extra") { $0.selection.extras = ["a b"] },
        Situation("at most 64 tags, 16 platforms") {
            $0.platforms = (0..<17).map { Platform(os: "linux", architecture: "a\($0)") }
        },
        Situation("a platform is there twice") {
            $0.platforms = [Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "amd64")]
        },
        Situation("'max_layer_size' is 999999") { $0.layerLimit = 999_999 },
        Situation("'source_date_epoch' is -1") { $0.sourceDateEpoch = -1 },
        Situation("'source_date_epoch' is 253402300800") { $0.sourceDateEpoch = 253_402_300_800 },
        Situation("'' is not the name of an environment variable") { $0.execution.environment = ["": "x"] },
        Situation("'A=B' is not the name") { $0.execution.environment = ["A=B": "x"] },
        Situation("'workdir' is 'app'") { $0.execution.workingDirectory = "app" },
        Situation("'code_destination' is '../app'") { $0.codeDestination = "../app" },
        Situation("none is named") { $0.context = nil },
        Situation("none is named") {
            ($0.context, $0.codeDestination, $0.requirements) = (nil, nil, [])
            $0.base = .layout(path: "base")
        },
        Situation("the context holds no file 'absent.txt'") { $0.requirements = ["absent.txt"] },
        Situation("the context holds no file 'links'") { $0.requirements = ["links"] },
        Situation("") { $0.requirements = ["../requirements.txt"] },
        Situation("") { $0.requirements = ["/etc/passwd"] },
        Situation("the context holds no directory 'absent'") { $0.base = .layout(path: "absent") },
        Situation("the context holds no directory 'requirements.txt'") { $0.base = .layout(path: "requirements.txt") },
        Situation("the context holds no directory 'links/a.whl'") { $0.indexes.findLinks = ["links/a.whl"] },
        Situation("") { $0.indexes.findLinks = ["../links"] },
        Situation("is not an http or https URL") { $0.indexes.indexURL = "ftp://pypi.example/simple" },
        Situation("is not an http or https URL") { $0.indexes.extraIndexURLs = ["nonsense"] },
        Situation("is not an http or https URL") { $0.indexes.findLinks = ["file:///etc"] },
        Situation("holds a user and a password") { $0.indexes.indexURL = "https://user:swordfish@pypi.example/simple" },
        Situation("at most 64 stages") {
            let stage = LoweredStage(name: "a", base: .scratch, environments: [], instructions: [])
            $0.changes = .init(stages: Array(repeating: stage, count: 65), instructions: [])
        },
        Situation("packages are in 'changes' as well as in 'requirements'") {
            $0.changes = .init(environments: try installing { _ in }.stages[0].environments, instructions: [])
        },
        // Of a server's disk nobody sees anything.
        Situation("'/etc' in 'changes' is no name of an image") {
            $0.changes = .init(stages: [try stage(of: .layout(path: "/etc"))], instructions: [])
        },
        Situation("'/x.tar' in 'changes' is no name of an image") {
            $0.changes = .init(instructions: [copy(from: .archive(path: "/x.tar"))])
        },
        Situation("is no http or https URL without a user") {
            let file = FileDownload(
                url: "https://me:swordfish@a.example/x", name: "x", destination: "/", isIntoDirectory: true)
            $0.changes = .init(
                stages: [], instructions: [FileInstruction(title: "ADD", place: "D:1", changes: [.download(file)])])
        },
        Situation("the context holds no file 'absent.txt'") {
            $0.changes = try installing { $0.files = ["absent.txt"] }
        },
        Situation("the context holds no directory 'absent'") {
            $0.changes = try installing { $0.indexes.findLinks = ["absent"] }
        },
        Situation("") { $0.changes = try installing { $0.files = ["../requirements.txt"] } },
        Situation("") {
            $0.changes = try installing { $0.lines = [.init(text: "-c ", path: "../x")] }
        },
        Situation("a line of requirements in 'changes' holds a line break") {
            $0.changes = try installing { $0.lines = [.init(text: "a\n--pre")] }
        },
        Situation("'-r x' is not a requirement") { $0.changes = try installing { $0.requirements = ["-r x"] } },
        Situation("holds a user and a password") {
            $0.changes = try installing { $0.indexes.indexURL = "https://user:swordfish@pypi.example/simple" }
        },
        Situation("'--x' is not the name of a dependency group") {
            $0.changes = try installing { installation in
                installation.selection.sync = ProjectSync()
                installation.selection.sync?.onlyGroups = ["--x"]
            }
        },
        Situation("'--x' is not the name of an option of uv's") {
            $0.changes = try installing { $0.options.prerelease = "--x" }
        },
        Situation("'a b' is not the name of a package") {
            $0.changes = try installing { $0.options.upgrade = .packages(["a b"]) }
        },
        Situation("") {
            $0.changes = try installing { $0.options.editableSources = [.init(directory: "/etc", place: "/app")] }
        },
        Situation("'app' is the place of an editable project") {
            $0.changes = try installing { $0.options.editableSources = [.init(directory: "src", place: "app")] }
        },
        Situation("'/srv/../v' is the path of an environment") {
            $0.changes = try installing(at: .prefix("/srv/../v")) { _ in }
        },
        Situation("'exclude_newer' is not a date") { $0.indexes.excludeNewer = "2026-01-01\n--index-url=x" },
    ])
    func whatIsWrong(_ situation: Situation) async throws {
        let error = await #expect(throws: ServiceError.self) { try await check(situation.policy, situation.change) }
        #expect(error?.code == .invalidRequest, "\(error?.message ?? "")")
        let message = error?.message ?? ""
        #expect(situation.words.isEmpty || message.contains(situation.words), "\(message)")
        #expect(error?.description.contains("swordfish") == false)
    }

    private static let strict = ProjectPolicy(
        targets: ["r.example/team/*", "docker.io/org/app"], bases: ["python-3.*", "r.example/bases/*"],
        indexes: ["https://pypi.example/*"])

    @Test(arguments: [
        Situation("pushing to 'r.example/other/app'", policy: strict) {
            $0.tags = try tags("r.example/team/app:1", "r.example/other/app:1")
            $0.pushes = true
        },
        Situation("pushing to 'r.example/teammate/app'", policy: strict) {
            $0.tags = try tags("r.example/teammate/app:1")
            $0.pushes = true
        },
        Situation("the base 'debian-12'", policy: strict) { $0.base = .catalog("debian-12") },
        Situation("the base 'other.example/bases/x'", policy: strict) {
            $0.base = .reference(try Reference("other.example/bases/x:1"))
        },
        // A layout brings a base of which the policy knows nothing.
        Situation("the base 'layout'", policy: strict) { $0.base = .layout(path: "base") },
        Situation("the index 'https://evil.example/simple'", policy: strict) {
            $0.indexes.indexURL = "https://evil.example/simple"
        },
        Situation("the index 'http://pypi.example/simple'", policy: strict) {
            $0.indexes.extraIndexURLs = ["http://pypi.example/simple"]
        },
        Situation("the index 'https://evil.example/pypi.example/'", policy: strict) {
            $0.indexes.findLinks = ["https://evil.example/pypi.example/"]
        },
        Situation("the base 'debian-12'", policy: strict) {
            $0.changes = .init(stages: [try stage(of: .catalog("debian-12"))], instructions: [])
        },
        Situation("the base 'evil.example/x'", policy: strict) {
            $0.changes = .init(instructions: [copy(from: .registry(try Reference("evil.example/x:1")))])
        },
        Situation("the base 'scratch'", policy: strict) { $0.base = .scratch },
        Situation("the index 'https://evil.example/simple'", policy: strict) {
            $0.changes = try installing { $0.indexes.extraIndexURLs = ["https://evil.example/simple"] }
        },
    ])
    func whatThePolicyForbids(_ situation: Situation) async throws {
        let error = await #expect(throws: ServiceError.self) { try await check(situation.policy, situation.change) }
        #expect(error?.code == .againstPolicy, "\(error?.message ?? "")")
        #expect(
            error?.message == "the policy of the project 'default' does not allow \(situation.words)")
        #expect(error?.hints.first?.hasPrefix("it allows ") == true)
    }

    @Test(arguments: [
        Situation("as it is") { _ in }, Situation("as it is", policy: strict) { _ in },
        Situation("a target", policy: strict) {
            $0.tags = try tags("r.example/team/app:1", "docker.io/org/app:2")
            $0.pushes = true
        },
        // What is not pushed is called as its builder likes.
        Situation("an export", policy: strict) {
            $0.tags = try tags("r.example/other/app:1")
            $0.exports = true
        },
        Situation("a base of a registry", policy: strict) {
            $0.base = .reference(try Reference("r.example/bases/python:3"))
        },
        Situation("an index", policy: strict) { $0.indexes.indexURL = "https://pypi.example/simple/" },
        Situation("a layout and links of the context") {
            $0.base = .layout(path: "base")
            $0.indexes.findLinks = ["links", "."]
        },
        Situation("a base alone") { ($0.context, $0.codeDestination, $0.requirements) = (nil, nil, []) },
    ])
    func whatIsFine(_ situation: Situation) async throws { try await check(situation.policy, situation.change) }

    @Test func aContextThatIsCheckedIsUsed() async throws {
        let site = try await ServiceSite()
        let context = try await site.upload(["a": [1]])
        await site.store.advance(by: .seconds(1000))
        var submission = BuildSubmission(base: .catalog("python-3.11"))
        submission.context = context
        _ = try await site.service.submit(submission, project: "default", by: site.admin)
        let now = try await site.store.now()
        #expect(await site.store.removeContexts(usedBefore: now + .seconds(-500)).isEmpty)
        #expect(await site.store.removeContexts(usedBefore: now + .seconds(500)).map(\.digest) == [context])
    }
}
