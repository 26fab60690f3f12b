import Diagnostics
import ServiceTesting
import Testing

@testable import Service

/// Tokens of ours: their form, and who their holders are.
@Suite struct TokenTests {
    @Test func aTextIsTakenApart() throws {
        let token = try TokenText()
        #expect(token.id.utf8.count == 16 && token.secret.utf8.count == 64)
        let read = try #require(TokenText(token.text))
        #expect(read.id == token.id && read.secret == token.secret)
        #expect(try read.hash == token.hash)
        #expect(try !token.hash.contains(token.secret))
        #expect(try TokenText().text != token.text)
    }

    private static let id = "0123456789abcdef"
    private static let secret = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        "", "cprg_", "cprg_\(id)", "cprg_\(id)_", "cprg_\(id)_\(secret)0", "cprg_\(id)0_\(secret)",
        "CPRG_\(id)_\(secret)", "cprg_\(id)_\(secret.uppercased())", "cprg_\(id)_\(secret)_", " cprg_\(id)_\(secret)",
        "ghp_\(id)_\(secret)", "cprg_\(id)\(secret)", "cprg_gggggggggggggggg_\(secret)",
    ])
    func otherTextsAreNone(_ text: String) { #expect(TokenText(text) == nil) }

    @Test func aTokenMakesItsHolder() async throws {
        let site = try await ServiceSite()
        try await site.service.setProject(Project(name: "team"), by: site.admin)
        let new = try await site.service.createToken(
            label: "ci", role: .builder, project: "team", by: site.admin)
        #expect(
            try await site.service.caller(bearer: new.secret)
                == Caller(name: new.token.id, project: "team", role: .builder))
        #expect(new.token.secretHash != new.secret && !new.token.secretHash.isEmpty)
    }

    @Test func aWrongSecretIsRefused() async throws {
        let site = try await ServiceSite()
        let new = try await site.service.createToken(label: "ci", role: .reader, project: nil, by: site.admin)
        let flipped = String(new.secret.dropLast()) + (new.secret.last == "0" ? "1" : "0")
        let unknown = try TokenText().text
        for text in [flipped, unknown, "", "nonsense", "a.b.c", "a.b", "..", new.token.id, new.token.secretHash] {
            let error = await #expect(throws: ServiceError.self) { try await site.service.caller(bearer: text) }
            #expect(error?.code == .unauthenticated)
            // Which part is wrong is not told.
            #expect(error?.message == "the token is not known here")
        }
    }

    @Test func aTokenEndsWhenItExpires() async throws {
        let site = try await ServiceSite()
        let new = try await site.service.createToken(
            label: "ci", role: .reader, project: nil, expiresIn: .seconds(3600), by: site.admin)
        await site.store.advance(by: .seconds(3500))
        _ = try await site.service.caller(bearer: new.secret)
        await site.store.advance(by: .seconds(200))
        let error = await #expect(throws: ServiceError.self) { try await site.service.caller(bearer: new.secret) }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message == "the token \(new.token.id) has expired")
    }

    @Test func aTokenEndsWhenItIsRevoked() async throws {
        let site = try await ServiceSite()
        let new = try await site.service.createToken(label: "ci", role: .reader, project: nil, by: site.admin)
        // Another project's administrator does not even learn that there is one.
        let error = await #expect(throws: ServiceError.self) {
            try await site.service.revokeToken(new.token.id, project: "team", by: site.admin)
        }
        #expect(error?.code == .notFound)
        _ = try await site.service.caller(bearer: new.secret)
        try await site.service.revokeToken(new.token.id, project: nil, by: site.admin)
        await #expect(throws: ServiceError.self) { try await site.service.caller(bearer: new.secret) }
    }

    @Test func theFirstTokenIsMadeOnce() async throws {
        let site = try await ServiceSite()
        let first = try #require(try await site.service.createFirstToken())
        #expect(try await site.service.caller(bearer: first.secret).isServerAdministrator)
        #expect(try await site.service.createFirstToken() == nil)
        try await site.service.revokeToken(first.token.id, project: nil, by: site.admin)
        #expect(try await site.service.createFirstToken() == nil)
    }

    @Test func nobodyMakesMoreThanHeIs() async throws {
        let site = try await ServiceSite()
        for name in ["team", "other"] { try await site.service.setProject(Project(name: name), by: site.admin) }
        func make(_ role: Role, _ project: String?, as caller: Caller) async throws {
            _ = try await site.service.createToken(
                label: "x", role: role, project: project, by: RequestContext(caller: caller, id: "r"))
        }
        let teamAdmin = Caller(name: "a", project: "team", role: .admin)
        try await make(.admin, "team", as: teamAdmin)
        for (role, project, caller) in [
            (.admin, nil, teamAdmin), (.reader, "other", teamAdmin),
            (.admin, "team", Caller(name: "b", project: "team", role: .builder)),
        ] as [(Role, String?, Caller)] {
            let error = await #expect(throws: ServiceError.self) { try await make(role, project, as: caller) }
            #expect(error?.code == .forbidden)
        }
        await #expect(throws: ServiceError.self) { try await make(.reader, "absent", as: site.admin.caller) }
    }

    @Test(arguments: [
        ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "", false), ("", "a", false), ("aa", "a", false),
        ("é", "e\u{301}", false),
    ])
    func comparison(_ left: String, _ right: String, _ isEqual: Bool) {
        #expect(isEqualInConstantTime(left, right) == isEqual)
    }
}
