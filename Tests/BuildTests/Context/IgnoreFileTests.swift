import Diagnostics
import Testing

@testable import Build

/// The rows are the cases of Docker's documentation on `.dockerignore` and of Go's `filepath.Match`, in our words.
@Suite struct IgnoreFileTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let patterns: String
        let path: String
        let isExcluded: Bool

        init(_ patterns: String, _ path: String, _ isExcluded: Bool) {
            self.patterns = patterns
            self.path = path
            self.isExcluded = isExcluded
        }

        var testDescription: String { "\(patterns.debugDescription) on \(path)" }
    }

    @Test(arguments: [
        Row("*.md", "README.md", true),
        Row("*.md", "docs/README.md", false),
        Row("**/*.md", "docs/deep/README.md", true),
        Row("**/*.md", "README.md", true),
        Row("*/temp*", "a/temporary.txt", true),
        Row("*/temp*", "a/temp/inner/file", true),
        Row("*/temp*", "a/b/temp", false),
        Row("*/*/temp*", "a/b/temp", true),
        Row("temp?", "tempa", true),
        Row("temp?", "temp", false),
        Row("/build", "build/out.o", true),
        Row("./build/", "build", true),
        Row("build", "src/build", false),
        Row("**/build", "src/deep/build/x", true),
        Row("src/**", "src/a/b", true),
        Row("src/**/test", "src/test", true),
        Row("src/**/test", "src/a/b/test", true),
        Row("**", "anything/at/all", true),
        Row("[a-c].txt", "b.txt", true),
        Row("[a-c].txt", "d.txt", false),
        Row("[^a-c].txt", "d.txt", true),
        Row(#"\*.txt"#, "*.txt", true),
        Row(#"\*.txt"#, "a.txt", false),
        Row("*.md\n!README.md", "README.md", false),
        Row("*.md\n!README.md", "OTHER.md", true),
        Row("!README.md\n*.md", "README.md", true),
        Row("secret\n!secret/public", "secret/public/a", false),
        Row("secret\n!secret/public", "secret/private", true),
        Row("# a comment\n\n  *.log  ", "a.log", true),
        Row("*.log\r\n*.tmp\r\n", "a.log", true),
        Row("\u{FEFF}*.log", "a.log", true),
        Row("täst*", "tästing", true),
        Row("a?c", "aéc", true),
        Row("", "a", false),
        Row(".", "a", false),
    ])
    func excludes(_ row: Row) throws {
        let file = try IgnoreFile(row.patterns, name: ".dockerignore")
        #expect(file.excludes(row.path) == row.isExcluded)
    }

    @Test(arguments: ["[a", "a\\", "[]", "[z-a]", "!"])
    func aBadPatternNamesItsLine(_ pattern: String) throws {
        let error = #expect(throws: BuildError.self) { try IgnoreFile("ok\n\(pattern)\n", name: "x/.dockerignore") }
        #expect(error?.code == .invalidIgnorePattern)
        #expect(error?.context.first?.value == "x/.dockerignore:2")
        #expect(error?.hints.isEmpty == false)
    }

    @Test func whatNothingTakesInAgainIsPrunedAsAWhole() throws {
        #expect(try IgnoreFile("a\nb", name: "f").prunes)
        #expect(try !IgnoreFile("a\n!a/b", name: "f").prunes)
    }
}
