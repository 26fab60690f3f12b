import Diagnostics
import Testing

@testable import Dockerfile

/// What holds for all rules: what is passed over, what is failed by, and that no secret is said.
@Suite struct LintTests {
    private func rules(_ text: String, ignored: [String] = []) throws -> [String] {
        try LintRuleTests.outcome(text, ignored: ignored).findings.map(\.rule)
    }

    @Test func goodOnesAreNative() throws {
        let outcome = try LintRuleTests.outcome(
            """
            FROM python:3.11@sha256:\(String(repeating: "b", count: 64))
            WORKDIR /app
            COPY r.txt ./
            RUN pip install -r r.txt
            CMD ["python", "-m", "app"]
            """)
        #expect(outcome.findings == [])
        #expect(outcome.remarks.map(\.kind) == [.native, .native, .native, .native, .native])
        #expect(!outcome.fails(at: .note))
    }

    @Test func everyRefusalIsFound() throws {
        let outcome = try LintRuleTests.outcome(
            "FROM a:1 AS b\nRUN make\nFROM b\nCOPY r.txt /\nRUN true && curl x && mkdir /y; wget z\nCMD [\"x\"]")
        #expect(outcome.findings.filter { $0.rule == "not-native" }.map(\.line) == [2, 5, 5])
        // What stands between them is lowered.
        #expect(outcome.remarks.map(\.instruction).contains("RUN mkdir /y"))
        #expect(outcome.remarks.last?.instruction == "CMD")
    }

    @Test func aThousandRefusalsAreEnoughAtAHundred() throws {
        let outcome = try LintRuleTests.outcome("FROM a:1\n" + String(repeating: "RUN make\n", count: 1000))
        #expect(outcome.findings.count { $0.rule == "not-native" } == LoweringRefusal.limit)
        let broken = try LintRuleTests.outcome("FROM a:1\n" + String(repeating: "COPY\n", count: 1000))
        #expect(broken.findings.count { $0.rule == "invalid-syntax" } == DockerfileReading.limit)
    }

    @Test(arguments: [
        "# check=skip=MaintainerDeprecated,JSONArgsRecommended\nFROM a:1\nMAINTAINER x\nCMD a",
        "# check=skip=maintainerdeprecated, JSONArgsRecommended;error=false\nFROM a:1\nMAINTAINER x\nCMD a",
        "# hadolint global ignore=DL4000,DL3025\nFROM a:1\nMAINTAINER x\nCMD a",
        "FROM a:1\n# hadolint ignore=DL4000\nMAINTAINER x\n\n# a word\n# cooperage ignore=JSONArgsRecommended\nCMD a",
        "# check=skip=all\nFROM a:1\nMAINTAINER x\nCMD a",
    ])
    func commentsHoldBack(_ text: String) throws {
        let rules = try rules(text)
        #expect(!rules.contains("MaintainerDeprecated") && !rules.contains("JSONArgsRecommended"))
        #expect(try LintRuleTests.outcome(text).ignoredCount >= 2)
    }

    @Test func commentsHoldBackWhatTheyName() throws {
        // The comment is of the one instruction below it.
        #expect(
            try rules("FROM a:1\n# hadolint ignore=DL3025\nCMD a\nENTRYPOINT b")
                == ["base-without-digest", "JSONArgsRecommended"])
        // One in a heredoc is a text.
        #expect(
            try rules("FROM a:1\nRUN <<EOF\n# hadolint ignore=DL3025\nEOF\nCMD a")
                == ["base-without-digest", "JSONArgsRecommended"])
        // What cannot be built stays so.
        #expect(try rules("# check=skip=all\nFROM a:1\nRUN make") == ["not-native"])
        #expect(try rules("# check=skip=not-native\nFROM a:1\nRUN make") == ["base-without-digest"])
    }

    @Test func callersHoldBack() throws {
        #expect(try rules("FROM a\nCMD a", ignored: ["dl3006", "JSONArgsRecommended"]) == [])
    }

    @Test func thresholds() throws {
        let noted = try LintRuleTests.outcome("FROM a:1")
        #expect(noted.fails(at: .note) && !noted.fails(at: .warning) && !noted.fails(at: nil))
        let warned = try LintRuleTests.outcome("FROM a")
        #expect(warned.fails(at: .warning) && !warned.fails(at: .error))
        let demanding = try LintRuleTests.outcome("# check=error=true\nFROM a:1")
        #expect(demanding.fails(at: .error))
    }

    @Test func givenArguments() throws {
        let outcome = try LintRuleTests.outcome(
            "ARG V=latest\nFROM a:$V", arguments: ["V": "2", "VV": "x", "HTTP_PROXY": "y"])
        #expect(outcome.findings.map(\.rule) == ["unused-build-argument", "base-without-digest"])
        #expect(outcome.findings.first?.hints == ["did you mean 'V'?"])
    }

    @Test func aTargetThatIsNoneIsAnError() {
        var linter = DockerfileLinter()
        linter.target = "x"
        #expect(throws: DockerfileError.self) { try linter.outcome(of: "FROM a:1", name: "Dockerfile") }
    }

    @Test(arguments: [
        "ENV TOKEN=s3cretvalue\nRUN make $TOKEN",
        "ARG PASSWORD=s3cretvalue\nRUN echo $PASSWORD > /x && make \"$PASSWORD\"",
        "RUN curl -u me:s3cretvalue https://x", "RUN curl -H 'Authorization: Bearer s3cretvalue' x",
        "RUN make --password=s3cretvalue --token s3cretvalue", "RUN TOKEN=s3cretvalue make",
        "RUN export TOKEN='s3cretvalue'",
        "RUN pip install -i https://me:s3cretvalue@h/simple x y",
        "ENV INDEX=https://me:s3cretvalue@h/simple\nRUN pip install -i $INDEX x",
        "ENV A=1 TOKEN=s3cretvalue B", "ENV TOKEN=\"s3cretvalue", "ENV TOKEN s3cretvalue\nCOPY $TOKEN /x",
        "ARG K\nENV TOKEN=s3cretvalue\nLABEL x=$TOKEN\nUSER $TOKEN\nRUN mkdir /$TOKEN",
    ])
    func secretsAreNotSaid(_ lines: String) throws {
        let outcome = try LintRuleTests.outcome("FROM a:1\n" + lines)
        let said = outcome.findings.flatMap { [$0.message] + $0.hints } + outcome.remarks.map(\.description)
        #expect(!outcome.findings.isEmpty)
        #expect(!said.joined(separator: "\n").contains("s3cretvalue"))
    }

    @Test(arguments: [
        ("RUN TOKEN=abc make", "RUN TOKEN=… make"), ("x --api-key abc y", "x --api-key … y"),
        ("x --api-key=abc y", "x --api-key=… y"), ("curl -u a:b h", "curl -u … h"), ("TOKEN='a b' c", "TOKEN='…' c"),
        ("say ghp_0123456789abcdefghij0123456789 now", "say … now"), ("KEY=$X --token $Y", "KEY=$X --token $Y"),
        ("useradd -u 7:7 x", "useradd -u 7:7 x"), ("basic example", "basic example"), ("TOKEN=", "TOKEN="),
        ("token-file=/x", "token-file=/x"), ("é TOKEN=ü é", "é TOKEN=… é"),
    ])
    func textsAreMasked(_ text: String, _ expected: String) { #expect(SecretText(text).masked == expected) }
}
