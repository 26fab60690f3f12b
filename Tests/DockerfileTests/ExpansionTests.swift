import Diagnostics
import OCI
import Spec
import Testing

@testable import Dockerfile

@Suite struct ExpansionTests {
    private static let variables = [
        "a": "apple", "empty": "", "path": "/usr/local/lib.tar.gz", "V": "1", "text": "x y", "star": "a*b",
    ]

    private func expand(_ text: String, escape: Character = "\\") throws(ExpansionProblem) -> String {
        try Expander(escape: escape) { (name) throws(ExpansionProblem) in Self.variables[name] }.word(text)
    }

    @Test(arguments: [
        ("$a", "apple"), ("${a}", "apple"), ("x${a}y", "xappley"), ("$a-$V", "apple-1"), ("$none", ""), ("${none}", ""),
        ("$", "$"), ("a$", "a$"), ("$/x", "$/x"), ("\\$a", "$a"), ("'$a'", "$a"), ("\"$a\"", "apple"),
        ("\"a\\\"b\"", "a\"b"), ("\"a\\b\"", "a\\b"), ("a\\b", "ab"), ("'a\\b'", "a\\b"), ("a\\", "a"),
        ("${a:-d}", "apple"), ("${empty:-d}", "d"), ("${empty-d}", ""), ("${none-d}", "d"), ("${none:-d}", "d"),
        ("${a:+d}", "d"), ("${a+d}", "d"), ("${empty:+d}", ""), ("${empty+d}", "d"), ("${none+d}", ""),
        ("${a:?e}", "apple"), ("${a?e}", "apple"), ("${empty?e}", ""),
        ("${none:-${a}}", "apple"), ("${none:-$a x}", "apple x"), ("${none:-'}'}", "}"), ("${none:-a\\}b}", "a}b"),
        ("${path#*/}", "usr/local/lib.tar.gz"), ("${path##*/}", "lib.tar.gz"), ("${path%.*}", "/usr/local/lib.tar"),
        ("${path%%.*}", "/usr/local/lib"), ("${path#x}", "/usr/local/lib.tar.gz"), ("${a#??}", "ple"),
        ("${a%p*}", "ap"), ("${a%%p*}", "a"), ("${star#a\\*}", "b"), ("${none#x}", ""),
        ("${a/p/P}", "aPple"), ("${a//p/P}", "aPPle"), ("${a/p*/X}", "aX"), ("${path//\\//-}", "-usr-local-lib.tar.gz"),
        ("${a/x/y}", "apple"), ("${a//?/z}", "zzzzz"), ("${a/p/}", "aple"),
        ("$1", ""), ("${@}", ""), ("é$a", "éapple"),
    ])
    func forms(_ text: String, _ expected: String) throws {
        #expect(try expand(text) == expected)
    }

    @Test func theBacktickEscapesWhereItIsTheEscapeCharacter() throws {
        #expect(try expand("a`$b \\x", escape: "`") == "a$b \\x")
        #expect(try expand("\"`\"\"", escape: "`") == "\"")
    }

    @Test(arguments: [
        ("$text", ["x", "y"]), ("\"$text\"", ["x y"]), ("a 'b c'", ["a", "b c"]), ("  a  ", ["a"]),
        ("a\\ b", ["a b"]), ("$empty", []),
    ])
    func words(_ text: String, _ expected: [String]) throws {
        let words = try Expander { (name) throws(ExpansionProblem) in Self.variables[name] }.words(text)
        #expect(words == expected)
    }

    @Test(arguments: [
        ("${a", "'${a' is not closed"), ("${", "'${' is not closed"), ("${}", "'${' is not followed by a name"),
        ("${:x}", "'${' is not followed by a name"), ("${{a}}", "'${' is not followed by a name"),
        ("'a", "a single quote is not closed"), ("\"a", "a double quote is not closed"),
        ("${none:?}", "'none' is not set"), ("${none?why}", "'none' is not set: why"),
        ("${empty:?why}", "'empty' is empty: why"), ("${a^}", "'${a^…}' is not an expansion"),
        ("${a:/x/y}", "'${a:/…}' is not an expansion"), ("${a:-x", "an expansion that ends in '}' is not closed"),
        ("${a/p", "an expansion that ends in '/' is not closed"),
        ("${a#\\x}", "a backslash in the pattern '\\x' escapes nothing that needs it"),
    ])
    func problems(_ text: String, _ message: String) {
        #expect(throws: ExpansionProblem.self) { try expand(text) }
        do {
            _ = try expand(text)
        } catch {
            #expect(error.message == message)
        }
    }

    @Test func noNestingUsesUpTheStack() {
        let deep = String(repeating: "${x:-", count: 100_000)
        #expect(throws: ExpansionProblem.self) { try expand(deep) }
    }

    @Test func aPatternOfManyStarsTakesNoTime() throws {
        let value = String(repeating: "a", count: 2000)
        let pattern = String(repeating: "a*", count: 200) + "b"
        let expander = Expander { (_) throws(ExpansionProblem) in value }
        #expect(try expander.word("${x##\(pattern)}") == value)
    }
}

@Suite struct ScopeTests {
    private func image(_ text: String, _ arguments: [String: String] = [:]) throws -> String {
        let lowering = DockerfileLowering(try DockerfileDocument(text), buildArguments: arguments)
        let source = try lowering.base().source
        guard case .registry(let reference) = source else { throw Unexpected() }
        return reference.tag ?? ""
    }

    @Test func argumentsBeforeTheFirstStageName() throws {
        #expect(try image("ARG V=3.11\nFROM python:$V") == "3.11")
        #expect(try image("ARG V=3.11\nFROM python:$V", ["V": "3.12"]) == "3.12")
        #expect(try image("ARG A=3\nARG B=$A.10\nFROM python:${B}-slim") == "3.10-slim")
        #expect(try image("FROM python:${V:-3.9}") == "3.9")
        #expect(try image("FROM python:${TARGETARCH:+x}") == "x")
    }

    private func variable(_ lines: String, _ arguments: [String: String] = [:]) throws -> String? {
        try lowered(lines + "\nENV RESULT=$X", arguments: arguments, base: .init()).configuration.environment
            .first { $0.name == "RESULT" }?.value
    }

    @Test(arguments: [
        ("ARG X=1", [:], "1"), ("ARG X=1", ["X": "2"], "2"), ("ARG X", [:], ""), ("ARG X", ["X": "2"], "2"),
        ("ENV X=3\nARG X=1", ["X": "2"], "3"), ("ARG X=1\nENV X=3", ["X": "2"], "3"),
        ("ARG Y=1 X=$Y", [:], "1"), ("ENV X=1\nENV X=2 Z=$X", [:], "2"), ("ARG X\nARG TARGETOS", [:], ""),
        ("", ["X": "2"], ""), ("ARG TARGETARCH\nENV X=$TARGETARCH", [:], "amd64"),
        ("ENV X=$TARGETARCH", [:], ""),
    ])
    func scopes(_ lines: String, _ arguments: [String: String], _ expected: String) throws {
        #expect(try variable(lines, arguments) == expected)
    }

    @Test func aLineSeesWhatWasSetBeforeIt() throws {
        let result = try lowered("ENV A=1\nENV A=2 B=$A", base: .init())
        #expect(result.configuration.environment.map { "\($0.name)=\($0.value)" } == ["A=2", "B=1"])
    }

    @Test func globalArgumentsNeedADeclarationInAStage() throws {
        func value(_ text: String) throws -> String? {
            var lowering = DockerfileLowering(try DockerfileDocument(text))
            lowering.baseConfiguration = .init()
            return try lowering.lowered().configuration.environment.first?.value
        }
        #expect(try value("ARG V=1\nFROM a\nENV X=$V") == "")
        #expect(try value("ARG V=1\nFROM a\nARG V\nENV X=$V") == "1")
        #expect(try value("ARG V=1\nFROM a\nARG V=2\nENV X=$V") == "2")
        // A stage goes on with what the stage that it starts from has declared.
        #expect(try value("FROM a AS b\nARG V=5\nFROM b\nENV X=$V") == "5")
    }

    @Test func whatOnlyTheBaseKnowsIsNotGuessed() throws {
        let error = try #require(failure { try lowered("ENV PATH=/x:$PATH") })
        #expect(error.code == .unknownValue)
        #expect(error.place == "Dockerfile:2:10")
        var base = ImageConfiguration.Execution()
        base.env = ["PATH=/usr/bin", "B=a=b"]
        let result = try lowered("ENV PATH=/x:$PATH C=$B", base: base)
        #expect(result.configuration.environment.map(\.value) == ["/x:/usr/bin", "a=b"])
    }

    @Test func anArgumentThatNobodyDeclaresIsTold() throws {
        let result = try lowered("ARG A", arguments: ["A": "1", "B": "2", "HTTP_PROXY": "x"])
        #expect(result.remarks.last?.description == "build argument B → nothing: no ARG declares it")
        #expect(result.remarks.filter { $0.lines == nil }.count == 1)
    }
}
