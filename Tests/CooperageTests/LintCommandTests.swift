import Content
import Foundation
import Testing

/// `cooperage lint` as users call it: forms, exit codes, and what its flags do.
@Suite struct LintCommandTests {
    private static let dockerfile = """
        FROM python:3.11
        WORKDIR /app
        ENV API_TOKEN=s3cret-value
        COPY requirements.txt nothing.txt ./
        RUN pip install -r requirements.txt && make
        CMD python -m app

        """

    private func command(_ files: [String: String] = [:]) throws -> Command {
        try Command(["Dockerfile": Self.dockerfile, "requirements.txt": "alpha\n"].merging(files) { $1 })
    }

    @Test func text() throws {
        let outcome = try command()("lint", ".")
        #expect(outcome.status == 1)
        #expect(outcome.error == "")
        #expect(
            outcome.output == """
                line 1: FROM python:3.11 → base docker.io/library/python:3.11
                line 2: WORKDIR /app → configuration
                line 3: ENV API_TOKEN → configuration
                line 5: RUN pip install -r requirements.txt → python layers
                line 6: CMD → configuration

                ./Dockerfile:1:6: note: the base 'python:3.11' has no digest [base-without-digest]
                    hint: the same digest of the image needs the same base: write 3.11@sha256:…
                ./Dockerfile:3:5: warning: ENV gives 'API_TOKEN' a value, and it looks like a secret [SecretsUsedInArgOrEnv]
                    hint: give it to the container when it starts
                ./Dockerfile:4:23: error: the context holds no 'nothing.txt' [missing-source]
                    hint: paths of COPY are relative to the context
                ./Dockerfile:5:40: error: 'RUN make' cannot be followed: its meaning is not known [not-native]
                    hint: \(Self.known(outcome.output))
                ./Dockerfile:6:1: note: CMD is given to a shell, which passes no signals on [JSONArgsRecommended]
                    hint: write a JSON array: CMD ["program", "argument"]

                2 errors, 1 warning, 2 notes

                """)
    }

    /// The list of what is known, which other tests are about.
    private static func known(_ output: String) -> String {
        output.firstMatch(of: /hint: (known are .*)\n/).map { String($0.1) } ?? "?"
    }

    @Test func json() throws {
        let outcome = try command()("lint", "-f", "Dockerfile", "--format", "json", ".")
        #expect(outcome.status == 1)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let findings = try #require(document["findings"] as? [[String: Any]])
        #expect(
            findings.map { $0["rule"] as? String } == [
                "base-without-digest", "SecretsUsedInArgOrEnv", "missing-source", "not-native", "JSONArgsRecommended",
            ])
        #expect(findings.map { $0["line"] as? Int } == [1, 3, 4, 5, 6])
        #expect(findings.map { $0["column"] as? Int } == [6, 5, 23, 40, 1])
        #expect(
            (document["instructions"] as? [[String: Any]])?.map { $0["kind"] as? String }
                == Array(repeating: "native", count: 5))
        #expect(document["file"] as? String == "Dockerfile")
        #expect(!outcome.output.contains("s3cret"))
    }

    @Test func sarif() throws {
        let outcome = try command()("lint", "--format", "sarif")
        #expect(outcome.status == 1)
        let log = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(log["version"] as? String == "2.1.0")
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        let driver = (run["tool"] as? [String: Any])?["driver"] as? [String: Any]
        let rules = Set(((driver?["rules"] as? [[String: Any]]) ?? []).compactMap { $0["id"] as? String })
        #expect(results.count == 5 && rules.count > 30)
        for result in results {
            #expect(rules.contains(result["ruleId"] as? String ?? ""))
            #expect(["error", "warning", "note"].contains(result["level"] as? String))
            let location = (result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any]
            #expect((location?["artifactLocation"] as? [String: Any])?["uri"] as? String == "./Dockerfile")
            #expect(((location?["region"] as? [String: Any])?["startLine"] as? Int ?? 0) > 0)
        }
        #expect(!outcome.output.contains("s3cret"))
    }

    @Test(
        arguments: [
            ([], 1), (["--failure-threshold", "none"], 0), (["--failure-threshold", "error"], 1),
            (["--ignore", "not-native,missing-source"], 1),
            (["--ignore", "not-native", "--ignore", "missing-source", "--failure-threshold", "error"], 0),
            (["--ignore", "NOT-NATIVE,missing-source,SecretsUsedInArgOrEnv"], 0),
            (
                ["--ignore", "not-native,missing-source,SecretsUsedInArgOrEnv", "--failure-threshold", "note"], 1
            ),
        ] as [([String], Int32)])
    func thresholds(_ flags: [String], _ status: Int32) throws {
        #expect(try command().run(["lint"] + flags).status == status)
    }

    @Test func flagsOfTheBuildCount() throws {
        let text = "ARG BASE\nFROM $BASE AS one\nFROM one AS two\nRUN make\n"
        let command = try command(["other.Dockerfile": text])
        let lint = ["lint", "-f", "other.Dockerfile", "--failure-threshold", "error"]
        let target = try command.run(lint + ["--target", "one", "--build-arg", "BASE=a:1"])
        #expect(target.status == 0)
        #expect(target.output.contains("[base-without-digest]"))
        #expect(!target.output.contains("not-native"))
        let last = try command.run(lint + ["--build-arg", "BASE=a:1"])
        #expect(last.output.contains("[not-native]"))
        let none = try command.run(lint + ["--target", "three"])
        #expect(none.status == 1)
        #expect(none.error.contains("error: 'other.Dockerfile' has no stage 'three'\n"))
    }

    @Test func theIgnoreFileCounts() throws {
        let command = try command([
            "Dockerfile": "FROM a:1\nCOPY requirements.txt kept.txt /x/\nCOPY . /y\n",
            ".dockerignore": "*.txt\n!kept.txt\n.netrc\n",
            "kept.txt": "", ".netrc": "", ".env": "",
        ])
        let outcome = try command("lint")
        #expect(outcome.output.contains("Dockerfile:2:6: warning: the ignore file leaves 'requirements.txt' out"))
        #expect(!outcome.output.contains("'kept.txt'"))
        #expect(outcome.output.contains("'.' brings '.env'"))
        #expect(!outcome.output.contains(".netrc"))
    }

    @Test(
        arguments: [
            (["-f", "none"], 2, "error: there is no file 'none'\n  at flag --file\n"),
            (
                ["--ignore", "JSONArgRecommended"], 2,
                "error: 'JSONArgRecommended' is no rule\n  at flag --ignore\nhint: did you mean JSONArgsRecommended?\n"
            ),
            (["nowhere"], 1, "error: the context 'nowhere' does not exist\n"),
            (["--format", "xml"], 2, "error: The value 'xml' is invalid for '--format <format>'."),
        ] as [([String], Int32, String)])
    func wrongOnes(_ flags: [String], _ status: Int32, _ error: String) throws {
        let outcome = try command().run(["lint"] + flags)
        #expect(outcome.status == status)
        #expect(outcome.error.hasPrefix(error), "\(outcome.error)")
        #expect(outcome.output == "")
    }
}
