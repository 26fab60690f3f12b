import Diagnostics
import Foundation
import ServiceTesting
import Testing

@testable import Service

/// Whom clients' certificates make their holders.
@Suite struct CertificateRuleTests {
    private static let rules = [
        CertificateRule(subject: "ci-*", project: "pipelines", role: .builder),
        CertificateRule(subject: "spiffe://example.org/*", project: "mesh", role: .reader),
        CertificateRule(subject: "ci-admin", project: "never", role: .admin),
        CertificateRule(subject: "*@example.org", project: "people", role: .admin),
    ]

    private func caller(_ certificate: ClientCertificate) async throws -> Caller {
        let site = try await ServiceSite { $0.certificateRules = Self.rules }
        return try site.service.caller(certificate: certificate)
    }

    @Test(
        arguments: [
            ("ci-main", [], "ci-main", "pipelines", .builder),
            // The first rule that fits counts.
            ("ci-admin", ["ada@example.org"], "ci-admin", "pipelines", .builder),
            ("Ada", ["ada@example.org"], "Ada", "people", .admin),
            (nil, ["web.example", "spiffe://example.org/web"], "spiffe://example.org/web", "mesh", .reader),
        ] as [(String?, [String], String, String, Role)])
    func theFirstRuleThatFitsCounts(
        _ commonName: String?, _ others: [String], _ name: String, _ project: String, _ role: Role
    ) async throws {
        let certificate = ClientCertificate(
            commonName: commonName, alternativeNames: others, expiresAt: .distantFuture)
        let caller = try await caller(certificate)
        #expect(caller == Caller(name: "certificate:\(name)", project: project, role: role))
    }

    @Test(
        arguments: [
            ("Ci-main", [], "certificate 'Ci-main'"), ("x-ci-main", ["DNS"], "certificate 'x-ci-main'"),
            (nil, ["other.example"], "certificate 'other.example'"), (nil, [], "certificate without a name"),
        ] as [(String?, [String], String)])
    func whatFitsNoRuleIsTold(_ commonName: String?, _ others: [String], _ words: String) async throws {
        let error = await #expect(throws: ServiceError.self) {
            try await caller(
                ClientCertificate(commonName: commonName, alternativeNames: others, expiresAt: .distantFuture))
        }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message.contains("the client's \(words) fits no rule here") == true, "\(error?.message ?? "")")
    }

    /// A connection may outlive the certificate that it began with.
    @Test func oneThatHasExpiredSaysNothing() async throws {
        let error = await #expect(throws: ServiceError.self) {
            try await caller(ClientCertificate(commonName: "ci-main", expiresAt: Date(timeIntervalSinceNow: -1)))
        }
        #expect(error?.message == "the client's certificate 'ci-main' has expired")
    }
}
