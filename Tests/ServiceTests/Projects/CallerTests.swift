import Diagnostics
import Testing

@testable import Service

/// What callers may do, and what patterns match.
@Suite struct CallerTests {
    @Test func rolesAreAnOrder() throws {
        #expect(Role.allCases == [.reader, .builder, .admin])
        for (number, role) in Role.allCases.enumerated() {
            let caller = Caller(name: "x", project: "team", role: role)
            for (other, needed) in Role.allCases.enumerated() {
                #expect(try refusal { try caller.require(needed) }?.code == (number >= other ? nil : .forbidden))
            }
        }
    }

    @Test(
        arguments: [
            ("team", nil, "team"), ("team", "team", "team"), (nil, nil, "default"), (nil, "team", "team"),
            ("team", "other", nil), ("team", "default", nil), (nil, "No Name", nil), (nil, "../other", nil),
        ] as [(String?, String?, String?)])
    func projects(_ own: String?, _ named: String?, _ expected: String?) throws {
        let caller = Caller(name: "x", project: own, role: .admin)
        guard let expected else {
            let error = #expect(throws: ServiceError.self) { try caller.project(named: named) }
            #expect(error?.code == (own == nil ? .invalidRequest : .forbidden))
            return
        }
        #expect(try caller.project(named: named) == expected)
    }

    @Test(
        arguments: [
            (nil, Role.admin, true), (nil, .builder, false), ("team", .admin, false), ("default", .admin, false),
        ] as [(String?, Role, Bool)])
    func administration(_ project: String?, _ role: Role, _ may: Bool) throws {
        let caller = Caller(name: "x", project: project, role: role)
        #expect(caller.isServerAdministrator == may)
        #expect(try refusal { try caller.requireServerAdministrator() }?.code == (may ? nil : .forbidden))
    }

    @Test(arguments: [
        ("a", true), ("a-b", true), ("0", true), (String(repeating: "a", count: 63), true), ("", false), ("-a", false),
        ("a-", false), ("A", false), ("a.b", false), ("a/b", false), ("..", false), ("ä", false), ("a b", false),
        (String(repeating: "a", count: 64), false), ("a\n", false), ("a\0", false),
    ])
    func projectNames(_ name: String, _ isValid: Bool) { #expect(Project.isValidName(name) == isValid) }

    @Test(arguments: [
        ("", "", true), ("", "a", false), ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("*", "", true),
        ("*", "anything/at:all", true), ("a*", "a", true), ("a*", "abc", true), ("a*", "ba", false),
        ("*a", "ba", true), ("*a", "ab", false), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "abcd", false),
        ("*b*", "abc", true), ("*b*", "ac", false), ("**", "x", true), ("a**b", "ab", true), ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false), ("registry.example/team/*", "registry.example/team/app", true),
        ("registry.example/team/*", "registry.example/team", false),
        ("registry.example/team/*", "registry.example/teammate/app", false),
        ("registry.example/team/*", "evil/registry.example/team/app", false), ("a.c", "abc", false),
        ("[a]", "a", false),
        ("a?", "ab", false), ("A", "a", false), ("*é", "caf\u{E9}", true),
    ])
    func patterns(_ pattern: String, _ text: String, _ matches: Bool) {
        #expect(PolicyPattern(pattern).matches(text) == matches)
    }

    @Test func manyStarsTakeNoTime() {
        let pattern = PolicyPattern(String(repeating: "*a", count: 60) + "b")
        let clock = ContinuousClock()
        let duration = clock.measure { #expect(!pattern.matches(String(repeating: "a", count: 4000))) }
        #expect(duration < .seconds(5))
    }

    @Test(
        arguments: [([], "x", true), (["a", "b*"], "bc", true), (["a", "b*"], "c", false)] as [([String], String, Bool)]
    )
    func lists(_ patterns: [String], _ text: String, _ isAllowed: Bool) {
        #expect(PolicyPattern.allow(patterns, text) == isAllowed)
    }
}
