import Diagnostics
import Testing

@testable import Interface

@Suite struct CommandWordsTests {
    @Test(arguments: [
        (#"["python", "-m", "app"]"#, ["python", "-m", "app"]),
        (#"  ["a b", ""]"#, ["a b", ""]),
        ("[]", []),
        ("", []),
        ("   ", []),
        ("python -m app", ["python", "-m", "app"]),
        ("  python\t-m\n app ", ["python", "-m", "app"]),
        ("sh -c 'echo \"$HOME\"'", ["sh", "-c", "echo \"$HOME\""]),
        (#"say "a b" '' "" x"y z"'w'"#, ["say", "a b", "", "", "xy zw"]),
        (#"a\ b \"c\""#, ["a b", "\"c\""]),
        (#""a\"b\\c\$d\n""#, [#"a"b\c$d\n"#]),
        (#"'a\'"#, [#"a\"#]),
        ("--seed 7", ["--seed", "7"]),
        ("naïve ünïcode", ["naïve", "ünïcode"]),
    ])
    func words(_ text: String, _ expected: [String]) throws {
        #expect(try CommandWords.text(text).words() == expected)
    }

    @Test func lists() throws {
        #expect(try CommandWords.list(["a b", "[c"]).words() == ["a b", "[c"])
    }

    @Test(arguments: [
        (#"["python", "#, #"'["python", ' is not a JSON array of texts"#),
        ("[1, 2]", "'[1, 2]' is not a JSON array of texts"),
        ("say 'a", "a quote is not closed in 'say 'a'"),
        (#"say "a"#, #"a quote is not closed in 'say "a'"#),
        (#"a \"#, #"'a \' ends in a lone backslash"#),
    ])
    func refused(_ text: String, _ message: String) throws {
        let error = try #require(throws: InterfaceError.self) { try CommandWords.text(text).words() }
        #expect(error.message == message)
    }
}
