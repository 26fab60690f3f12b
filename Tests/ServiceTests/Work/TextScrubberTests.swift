import Diagnostics
import Testing

@testable import Service

@Suite struct TextScrubberTests {
    private static let scrubber = TextScrubber(
        secrets: ["swordfish", "swordfish-and-more", "p@ss/w rd", "short"],
        paths: [("/data/work/1/context/", ""), ("/data/work/1", "the build's directory"), ("/data/", "")])

    @Test(arguments: [
        ("nothing", "nothing"), ("the password swordfish is wrong", "the password … is wrong"),
        ("swordfish swordfish", "… …"), ("swordfish-and-more", "…"), ("xswordfishx", "x…x"),
        ("https://u:p%40ss%2Fw%20rd@host/", "https://u:…@host/"), ("p@ss/w rd", "…"), ("short", "short"),
        ("cannot read /data/work/1/context/a.txt", "cannot read a.txt"),
        ("in /data/work/1: no", "in the build's directory: no"), ("/data/projects/x", "projects/x"),
        ("/database", "/database"), ("Swordfish", "Swordfish"),
    ])
    func texts(_ text: String, _ scrubbed: String) { #expect(Self.scrubber.scrubbed(text) == scrubbed) }

    @Test func problems() {
        let problem = BuildProblem(
            code: "x", message: "a swordfish", context: ["file: /data/work/1/context/b"], hints: ["not swordfish"],
            isRequestsFault: true)
        let scrubbed = Self.scrubber.scrubbed(problem)
        #expect(scrubbed.message == "a …")
        #expect(scrubbed.context == ["file: b"])
        #expect(scrubbed.hints == ["not …"])
    }

    @Test(arguments: [
        ("abcXYZ019-._~", "abcXYZ019-._~"), ("a b", "a%20b"), ("@:/?#%", "%40%3A%2F%3F%23%25"), ("é", "%C3%A9"),
    ])
    func escapes(_ text: String, _ escaped: String) { #expect(PercentEncoding.value(text) == escaped) }
}
