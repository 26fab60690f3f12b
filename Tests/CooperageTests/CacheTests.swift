import Content
import Foundation
import SystemPackage
import TestSupport
import Testing

/// `cooperage cache` on a cache whose content, sizes and ages are known.
@Suite struct CacheTests {
    private static let days = Duration.seconds(86_400)

    /// A wheel of 3 MB used two hours ago, a layer of 2 MB used three days ago, one of 500 kB used five days ago, their
    /// records, an answer of uv, its cache, and what a build that died left.
    private func command() throws -> Command {
        let command = try Command()
        func write(_ name: String, _ bytes: [UInt8], ago: Duration) throws {
            let path = try command.directory.write(bytes, to: "cache/\(name)")
            try age(path, by: ago)
        }
        func content(_ digit: Character) -> String { "blobs/sha256/" + String(repeating: digit, count: 64) }
        func record(_ digit: Character) -> [UInt8] {
            Array("{\"digest\":\"sha256:\(String(repeating: digit, count: 64))\"}".utf8)
        }
        try write(content("a"), [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 2_999_996), ago: .seconds(7230))
        try write(content("b"), [UInt8](repeating: 1, count: 2_000_000), ago: Self.days * 3 + .seconds(30))
        try write(content("c"), [UInt8](repeating: 2, count: 500_000), ago: Self.days * 5 + .seconds(30))
        try write("records/layers/b.json", record("b"), ago: Self.days * 3 + .seconds(30))
        try write("records/layers/c.json", record("c"), ago: Self.days * 5 + .seconds(30))
        try write("records/resolution/d.json", [UInt8](repeating: 32, count: 1500), ago: Self.days + .seconds(30))
        try write("uv/simple/index", [UInt8](repeating: 32, count: 40_000), ago: Self.days * 21 + .seconds(30))
        try age(command.directory.path.appending("cache").appending("uv"), by: Self.days * 21 + .seconds(30))
        try write("ingest/partial-1", [UInt8](repeating: 1, count: 10), ago: Self.days * 2 + .seconds(30))
        return command
    }

    /// Runs while other tests go on.
    private func aside(_ command: Command, _ arguments: String...) async throws -> Command.Outcome {
        try await aside(command, list: arguments)
    }

    private func aside(_ command: Command, list arguments: [String]) async throws -> Command.Outcome {
        try await blocking { try command.run(arguments) }
    }

    @Test func du() async throws {
        let outcome = try await aside(command(), "cache", "du")
        #expect(outcome.error == "")
        #expect(
            outcome.output == """
                KIND         COUNT     SIZE  LAST USED
                wheels           1  3.00 MB  2 hours ago
                layers           2  2.50 MB  3 days ago
                resolutions      1  1.50 kB  24 hours ago
                records          2    168 B  3 days ago
                index            1  40.0 kB  3 weeks ago
                unfinished       1     10 B  2 days ago

                Total: 5.54 MB in DIR/cache

                """)
        #expect(outcome.status == 0)
    }

    @Test func duAsJSON() async throws {
        let output = try await aside(command(), "cache", "du", "--json").output
        let document = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect(document["bytes"] as? Int == 5_541_678)
        #expect(document["path"] as? String == "DIR/cache")
        let kinds = try #require(document["kinds"] as? [[String: Any]])
        #expect(
            kinds.compactMap { $0["kind"] as? String } == [
                "wheels", "layers", "resolutions", "records", "index", "unfinished",
            ])
        #expect(kinds[1]["count"] as? Int == 2 && kinds[1]["bytes"] as? Int == 2_500_000)
        #expect((kinds[1]["last_used"] as? String)?.firstMatch(of: /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) != nil)
        #expect(output.hasSuffix("}\n"))
    }

    @Test func anEmptyCache() async throws {
        let command = try Command()
        #expect(
            try await aside(command, "cache", "du").output
                == "KIND  COUNT  SIZE  LAST USED\n\nTotal: 0 B in DIR/cache\n")
        #expect(try await aside(command, "cache", "prune", "--all").output == "Reclaimed: 0 B, 0 B left\n")
    }

    struct Prune: CustomTestStringConvertible {
        let arguments: [String]
        let left: [String]
        let last: String

        var testDescription: String { arguments.joined(separator: " ") }
    }

    private static let (a, b, c) = ("blobs/sha256/a", "blobs/sha256/b", "blobs/sha256/c")

    @Test(arguments: [
        Prune(
            arguments: ["--max-size", "10GB"],
            left: [
                a, b, c, "records/layers/b.json", "records/layers/c.json", "records/resolution/d.json",
                "uv/simple/index",
            ],
            last: "Reclaimed: 10 B, 5.54 MB left"),
        Prune(
            arguments: ["--max-size", "5.2MB"],
            left: [a, b, "records/layers/b.json", "records/layers/c.json", "records/resolution/d.json"],
            last: "Reclaimed: 540 kB, 5.00 MB left"),
        Prune(
            arguments: ["--max-size", "4000000"], left: [a, "records/layers/b.json", "records/resolution/d.json"],
            last: "Reclaimed: 2.54 MB, 3.00 MB left"),
        Prune(arguments: ["--max-size", "0"], left: [], last: "Reclaimed: 5.54 MB, 0 B left"),
        Prune(
            arguments: ["--older-than", "4d"],
            left: [a, b, "records/layers/b.json", "records/resolution/d.json"],
            last: "Reclaimed: 540 kB, 5.00 MB left"),
        Prune(arguments: ["--older-than", "12h"], left: [a], last: "Reclaimed: 2.54 MB, 3.00 MB left"),
        Prune(arguments: ["--older-than", "1h"], left: [], last: "Reclaimed: 5.54 MB, 0 B left"),
        Prune(arguments: ["--all"], left: [], last: "Reclaimed: 5.54 MB, 0 B left"),
    ])
    func prune(_ prune: Prune) async throws {
        let command = try command()
        let before = try command.directory.files(below: "cache")
        let dry = try await aside(command, list: ["cache", "prune", "--dry-run"] + prune.arguments)
        #expect(
            dry.output.hasSuffix("\n" + prune.last.replacing("Reclaimed", with: "To be reclaimed") + "\n"),
            "\(dry.output)")
        #expect(try command.directory.files(below: "cache") == before)
        let outcome = try await aside(command, list: ["cache", "prune"] + prune.arguments)
        #expect(outcome.status == 0 && outcome.error == "")
        #expect(outcome.output.hasSuffix("\n" + prune.last + "\n"), "\(outcome.output)")
        let left = try command.directory.files(below: "cache").map { name in
            name.hasPrefix("blobs/") ? String(name.prefix(Self.a.count)) : name
        }
        #expect(left == prune.left)
        // Nothing is left to do.
        let again = try await aside(command, list: ["cache", "prune"] + prune.arguments)
        #expect(again.output.hasPrefix("Reclaimed: 0 B, "))
    }

    @Test func whatWasJustUsedStays() async throws {
        let command = try command()
        try command.directory.write(
            [UInt8](repeating: 3, count: 100), to: "cache/blobs/sha256/" + String(repeating: "d", count: 64))
        #expect(
            try await aside(command, "cache", "prune", "--max-size", "1").output.hasSuffix(
                "\nReclaimed: 5.54 MB, 100 B left\n"))
        #expect(try await aside(command, "cache", "prune", "--all").output.hasSuffix("\nReclaimed: 100 B, 0 B left\n"))
    }

    @Test func aBuildAfterwardsComesOutTheSame() async throws {
        let command = try Command(["app.py": "print('hello')\n"])
        try await writeEmptyBase(to: command.directory.path.appending("base"))
        let arguments = ["build", ".", "--base", "../base", "--platform", "linux/amd64", "-q"]
        let first = try await aside(command, list: arguments)
        #expect(first.status == 0, "\(first.error)")
        #expect(try await aside(command, "cache", "prune", "--all").output.contains("layers"))
        #expect(try await aside(command, list: arguments).output == first.output)
    }

    private static let usage = """
        Usage: cooperage cache prune --max-size <size> | --older-than <time> | --all [--dry-run]
          See 'cooperage cache prune --help' for more information.

        """

    @Test(arguments: [
        ([], "error: say what is to go: --max-size, --older-than or --all.\n"),
        (["--dry-run"], "error: say what is to go: --max-size, --older-than or --all.\n"),
        (["--max-size", "10G"], "error: '--max-size 10G' is not a size such as 10GB or 512MiB.\n"),
        (["--older-than", "soon"], "error: '--older-than soon' is not a time such as 24h or 7d.\n"),
    ])
    func mistakes(_ arguments: [String], _ message: String) async throws {
        let outcome = try await aside(command(), list: ["cache", "prune"] + arguments)
        #expect(outcome.status == 2)
        #expect(outcome.error == message + Self.usage)
    }
}
