import Build
import Content
import Diagnostics
import OCI
import Python
import Registry
import ServiceTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Service

/// Which errors are worth another attempt, and what is told of them.
@Suite struct FailureClassTests {
    private static let errors: [(any Error, Bool)] = [
        (TransferError(.untrusted, "x"), false), (TransferError(.certificateRefused, "x"), false),
        (TransferError(.unusableCertificate, "x"), false), (TransferError(.unreachable, "x"), true),
        (TransferError(.interrupted, "x"), true), (TransferError(.timedOut, "x"), true),
        (RegistryError(.unavailable, "x"), true), (RegistryError(.denied, "x"), false),
        (PythonError(.untrustedIndex, "x"), false), (PythonError(.uvFailed, "x"), true),
        (PythonError(.uvMissing, "x"), false), (PythonError(.unresolvable, "x"), false),
        (ContentError(.noSpace, "x"), true), (ServiceError(.databaseUnavailable, "x"), true),
        (ServiceError(.againstPolicy, "x"), false),
        // What another room says of it, the cause decides.
        (BuildError(.invalidSpec, "x", cause: TransferError(.untrusted, "x")), false),
        (BuildError(.invalidSpec, "x", cause: TransferError(.unreachable, "x")), true),
    ]

    @Test(arguments: errors.indices)
    func classes(_ number: Int) { #expect(canPass(Self.errors[number].0) == Self.errors[number].1) }

    /// A build with an index, or a base, that nobody vouches for.
    private func failed(_ configure: (inout BuildSubmission, String) throws -> Void) async throws -> BuildRecord {
        let server = try await TLSServer([:])
        let site = try await ServiceSite()
        let context = try await site.upload(try await site.sample(requirements: "gamma\n"))
        var submission = site.submission(context: context)
        try configure(&submission, String(server.origin.dropFirst("https://".count)))
        let fixed = submission
        return try await site.working { try await site.build(fixed) }
    }

    @Test func anIndexThatIsNotTrustedFailsAtOnce() async throws {
        let build = try await failed { submission, host in submission.indexes.indexURL = "https://\(host)/simple" }
        #expect(build.state == .failed && build.attempts == 1)
        #expect(build.problem?.code == "untrusted_index", "\(build)")
        #expect(build.problem?.message.contains("invalid peer certificate") == true)
        #expect(
            build.problem?.hints == ["the variable SSL_CERT_FILE of the server names the certificates that it trusts"])
    }

    @Test func aRegistryThatIsNotTrustedFailsAtOnce() async throws {
        // A name that leads to this machine, and is asked by https all the same (RFC 6761, 6.3).
        let build = try await failed { submission, host in
            let port = host.drop { $0 != ":" }
            submission.tags = [try Reference("registry.localhost\(port)/team/app:1")]
            submission.pushes = true
            submission.requirements = []
        }
        #expect(build.state == .failed && build.attempts == 1, "\(build)")
        #expect(build.problem?.code == "untrusted", "\(build)")
        let hint = "the variable SSL_CERT_FILE of the server names the certificates that it trusts"
        #expect(build.problem?.hints.contains(hint) == true, "\(build)")
    }

    @Test func aMissingUvIsTheServersToHave() async throws {
        let site = try await ServiceSite {
            $0.searchPath = "/nowhere"
            $0.uv = nil
        }
        let build = try await site.working {
            try await site.build(site.submission(context: try await site.upload(try await site.sample())))
        }
        #expect(build.problem?.code == "uv_missing" && build.attempts == 1, "\(build)")
        let hint = try #require(build.problem?.hints.first)
        #expect(hint.contains("'search_path'") && hint.contains("'uv'") && !hint.contains("COOPERAGE_UV"), "\(hint)")
    }
}
