import Content
import OCI
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// Sources are built on a server where the project's policy says so.
@Suite struct ServiceSourceBuildTests {
    private func context(_ site: ServiceSite) async throws -> Digest {
        var files = try await site.sample(requirements: "--no-index\n./pkg\n")
        try SourceFixture("local-pkg", "1.2", requires: ["beta"]).write(
            to: site.root.appending("pkg"), log: site.root.appending("built.log"))
        for name in ["pyproject.toml", "backend.py", "local_pkg.py"] {
            files["pkg/\(name)"] = try FileSystem.read(site.root.appending("pkg").appending(name))
        }
        return try await site.upload(files)
    }

    private func submission(_ site: ServiceSite) async throws -> BuildSubmission {
        var submission = site.submission(context: try await context(site), tags: [try Reference("r.example/a:1")])
        submission.pushes = false
        submission.exports = true
        return submission
    }

    @Test func nothingIsBuiltUnlessThePolicyAllowsIt() async throws {
        let site = try await ServiceSite()
        let submission = try await submission(site)
        let build = try await site.working { try await site.build(submission) }
        #expect(build.state == .failed)
        #expect(build.problem?.code == "needs_build")
        let told = "\(build.problem.map { "\($0)" } ?? "")"
        #expect(told.contains("local-pkg") && told.contains("allow_source_builds"), "\(told)")
        #expect(!FileSystem.exists(site.root.appending("built.log")))
    }

    @Test func wherePolicyAllowsItAWheelIsBuiltOnce() async throws {
        let site = try await ServiceSite()
        try await site.service.setProject(
            Project(name: "default", policy: ProjectPolicy(allowsSourceBuilds: true)), by: site.admin)
        let submission = try await submission(site)
        try await site.working {
            for _ in 1...2 {
                let build = try await site.build(submission)
                #expect(build.state == .succeeded, "\(build.problem.map { "\($0)" } ?? "")")
                let lock = try #require(try await site.service.locks(of: build.id, project: "default").first)
                #expect(lock.lock.contains("directory = { path = \"pkg\" }"), "\(lock.lock)")
                #expect(!lock.lock.contains(site.root.string))
            }
            var refused = submission
            refused.allowsSourceBuilds = false
            #expect(try await site.build(refused).problem?.code == "needs_build")
        }
        let log = String(decoding: try FileSystem.read(site.root.appending("built.log")), as: UTF8.self)
        #expect(log.split(separator: "\n").count == 1)
    }
}
