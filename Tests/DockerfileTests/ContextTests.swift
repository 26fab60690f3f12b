import Build
import Content
import Diagnostics
import Foundation
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Dockerfile

/// What a lowered COPY takes from a context, by the engine's own reading of the patterns.
@Suite struct ContextTests {
    private static let tree = [
        "main.py", "util.py", "README.md", "my file.txt", "[x]*.txt", "xx.txt", "src/main.py", "src/app/a.py",
        "src/app/b.py", "src/app/deep/c.py", "data/main.py", ".zenml_user_requirements",
    ]

    /// The files that a stage's COPYs put into the image.
    private func files(_ lines: String) throws -> [String] {
        let directory = try TemporaryDirectory()
        for path in Self.tree {
            let file = URL(fileURLWithPath: directory.path.appending(path).string)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try path.write(to: file, atomically: true, encoding: .utf8)
        }
        var found: Set<String> = []
        for files in try lowered("WORKDIR /app\n" + lines).files {
            let context = try ContextFiles(directory.path, excluded: files.exclusions)
            for item in context.items {
                guard case .file(_, _) = item.kind else { continue }
                found.insert((files.destination == "/" ? "" : files.destination) + "/" + item.path)
            }
        }
        return found.sorted()
    }

    @Test(arguments: [
        ("COPY main.py .", ["/app/main.py"]),
        ("COPY .zenml_user_requirements .", ["/app/.zenml_user_requirements"]),
        ("COPY main.py util.py /", ["/main.py", "/util.py"]),
        ("COPY [\"my file.txt\", \"./\"]", ["/app/my file.txt"]),
        ("COPY src/app src/app", ["/app/src/app/a.py", "/app/src/app/b.py", "/app/src/app/deep/c.py"]),
        ("COPY src/app/deep/c.py /src/app/deep/", ["/src/app/deep/c.py"]),
        ("COPY --parents src/app/a.py src/main.py ./", ["/app/src/app/a.py", "/app/src/main.py"]),
        (
            "COPY --parents src/app/a.py src/app main.py ./",
            ["/app/main.py", "/app/src/app/a.py", "/app/src/app/b.py", "/app/src/app/deep/c.py"]
        ),
        ("COPY *.py .", ["/app/main.py", "/app/util.py"]),
        ("RUN mkdir -p /x", []),
        ("COPY main.py .\nCOPY data data", ["/app/data/main.py", "/app/main.py"]),
    ])
    func takesWhatIsNamed(_ lines: String, _ expected: [String]) throws {
        #expect(try files(lines) == expected)
    }

    @Test func takesAllBut() throws {
        #expect(try files("COPY . .") == Self.tree.map { "/app/\($0)" }.sorted())
        let some = try files("COPY --exclude=*.md --exclude=src . .")
        #expect(some == Self.tree.filter { !$0.hasPrefix("src") && $0 != "README.md" }.map { "/app/\($0)" }.sorted())
    }
}
