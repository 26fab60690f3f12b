import OCI
import Testing

@testable import Dockerfile

/// What each rule finds, and what it leaves alone.
@Suite struct LintRuleTests {
    /// A rule and a Dockerfile. One that does not start with FROM or ARG stands under `FROM a:1`.
    struct Sample: Sendable, CustomTestStringConvertible {
        let rule: String
        let text: String
        /// Where the rule finds something; empty where it leaves the text alone.
        let places: [String]

        init(_ rule: String, _ text: String, _ places: String...) {
            self.rule = rule
            let isWhole = ["FROM", "ARG", "from", "From", "#"].contains { text.hasPrefix($0) }
            self.text = isWhole ? text : "FROM a:1\n" + text
            self.places = places
        }

        var testDescription: String { "\(rule): \(text)" }
    }

    private static let files: [String: DockerfileLowering.ContextEntry] = [
        "app": .directory, "app/main.py": .file, ".env": .file, "app/id_rsa": .file, "data": .directory,
        "data/x.csv": .file, "r.txt": .file, "server.key": .file, "tls": .directory, "tls/ca.pem": .file,
        "a.tar.gz": .file,
    ]

    static func outcome(_ text: String, arguments: [String: String] = [:], ignored: [String] = []) throws -> LintOutcome
    {
        var linter = DockerfileLinter()
        linter.platform = Platform(os: "linux", architecture: "amd64")
        linter.buildArguments = arguments
        linter.catalogNames = ["python-3.11"]
        let files = files
        linter.contextEntry = { $0.isEmpty ? .directory : files[$0] }
        linter.isIgnored = { $0 == "data/x.csv" || $0 == "data" }
        linter.ignoredRules = ignored
        return try linter.outcome(of: text, name: "Dockerfile")
    }

    private static func places(_ sample: Sample) throws -> [String] {
        try outcome(sample.text).findings.filter { $0.rule == sample.rule }.map { "\($0.line):\($0.column)" }
    }

    @Test(arguments: found) func finds(_ sample: Sample) throws {
        #expect(try Self.places(sample) == sample.places)
        #expect(!sample.places.isEmpty)
    }

    @Test(arguments: leftAlone) func leavesAlone(_ sample: Sample) throws {
        #expect(try Self.places(sample) == [])
    }

    @Test func everyRuleIsTried() {
        let rules = Set(LintRule.all.map(\.name))
        #expect(Set(Self.found.map(\.rule)).union(["unused-build-argument"]) == rules)
        #expect(Set(Self.leftAlone.map(\.rule)).union(["unused-build-argument"]) == rules)
        #expect(rules.count == LintRule.all.count)
    }

    @Test func namesAreOneRulesAlone() {
        let names = LintRule.all.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names.map { $0.lowercased() }).count == names.count)
    }

    static let found: [Sample] = [
        Sample("invalid-syntax", "COPY a\nWORKDRI /x\nRUN true", "2:1", "3:1"),
        Sample("invalid-syntax", "# escape=x\nFROM a:1", "1:3"),
        Sample("invalid-syntax", "ENV C=1\nARG B\nENV A=${B:?none}", "4:7"),
        Sample("invalid-syntax", "ARG A=1", "1:1"),
        Sample(
            "not-native", "RUN apt-get update && apt-get install -y x\nRUN make all && cd / && configure", "2:5", "2:5",
            "3:5", "3:25"),
        Sample("not-native", "WORKDIR /a\nRUN pip install -r nowhere.txt", "3:20"),
        Sample("missing-source", "COPY app/none.py /app/\nCOPY nothing /x", "2:6", "3:6"),
        Sample("invalid-base", "FROM up/Er:1", "1:6"),
        Sample("DuplicateStageName", "FROM a:1 AS x\nFROM b:1 AS x\nFROM c:1 AS X", "2:13", "3:13"),
        Sample("base-decides", "ENV A=$B\nWORKDIR rel", "2:7", "3:9"),
        Sample("unpinned-base", "FROM a\nFROM b:latest\nFROM c:1\nFROM x/y", "1:6", "2:6", "4:6"),
        Sample("unpinned-base", "ARG V=latest\nFROM a:$V", "2:6"),
        Sample("base-without-digest", "FROM a:1\nFROM b", "1:6"),
        Sample("UndefinedArgInFrom", "ARG A=1\nFROM x:$A\nFROM x:${B}", "3:8"),
        Sample("InvalidDefaultArgInFrom", "ARG V\nFROM a:$V", "2:6"),
        Sample("RedundantTargetPlatform", "FROM --platform=$TARGETPLATFORM a:1", "1:6"),
        Sample("FromPlatformFlagConstDisallowed", "FROM --platform=linux/amd64 a:1 AS x", "1:6"),
        Sample("StageNameCasing", "FROM a:1 AS Build", "1:13"),
        Sample("ReservedStageName", "FROM a:1 AS context", "1:13"),
        Sample(
            "copy-from-later-stage",
            "FROM a:1 AS x\nCOPY --from=x /a /b\nCOPY --from=y /a /b\nCOPY --from=0 /a /b\nFROM b:1 AS y", "2:6", "3:6",
            "4:6"),
        Sample(
            "SecretsUsedInArgOrEnv",
            "ENV API_KEY=abc db_password=\"x y\"\nARG SECRET=s\nENV AUTH=$HF_TOKEN\nARG DB_PASSWD", "2:5", "2:17",
            "3:5",
            "4:5", "5:5"),
        Sample(
            "credentials-in-url", "RUN pip install -i https://me:pw1234@h/simple x==1\nENV U=https://me:pw@h", "2:25",
            "3:12"),
        Sample("known-token", "LABEL x=ghp_0123456789abcdefghij0123456789abcdef", "2:1"),
        Sample("known-token", "COPY <<EOF /x\nkey: AKIAABCDEFGHIJKLMNOP\nEOF", "2:1"),
        Sample("secret-in-command", "RUN export TOKEN=abcdef && true", "2:12"),
        Sample("secret-in-command", "RUN curl -u me:secretpw https://h/x\nRUN x --db-password hunter2", "2:1", "3:7"),
        Sample("secret-in-command", "RUN curl -H 'Authorization: Bearer abcdef' h", "2:1"),
        Sample("private-key-copied", "COPY . /srv\nCOPY server.key /etc/\nCOPY app /app", "2:6", "3:6", "4:6"),
        Sample("CopyIgnoredFile", "COPY data/x.csv /x/", "2:6"),
        Sample("add-in-place-of-copy", "ADD r.txt /", "2:1"),
        Sample("copy-into-unmarked-directory", "COPY r.txt app /srv", "2:16"),
        Sample("relative-destination", "COPY r.txt .", "2:12"),
        Sample("MultipleInstructionsDisallowed", "CMD [\"a\"]\nENTRYPOINT [\"x\"]\nCMD [\"b\"]", "2:1"),
        Sample("JSONArgsRecommended", "CMD a b\nENTRYPOINT c", "2:1", "3:1"),
        Sample("json-like-shell-form", "CMD ['a', 'b']\nRUN [a, b]", "2:5", "3:5"),
        Sample("MaintainerDeprecated", "MAINTAINER me", "2:1"),
        Sample("WorkdirRelativePath", "WORKDIR a\nWORKDIR b", "2:9"),
        Sample("last-user-root", "USER me\nUSER root", "3:6"),
        Sample("env-of-same-line", "ENV A=1 B=$A", "2:9"),
        Sample("ExposeInvalidFormat", "EXPOSE 127.0.0.1:80:80 90", "2:8"),
        Sample("ExposeProtoCasing", "EXPOSE 80/TCP", "2:8"),
        Sample(
            "unpinned-requirement", "RUN pip install a b==1 'c>2'\nRUN uv pip install --system d[x]", "2:17", "2:25",
            "3:29"),
        Sample("FromAsCasing", "FROM a:1 as x", "1:10"),
        Sample("ConsistentInstructionCasing", "FROM a:1\nrun true\nRUN true", "2:1"),
        Sample("LegacyKeyValueFormat", "ENV A b c\nLABEL x y", "2:5", "3:7"),
        Sample("NoEmptyContinuation", "RUN true && \\\n\n  true", "3:1"),
    ]

    static let leftAlone: [Sample] = [
        Sample("invalid-syntax", "COPY app /app\nENV A=${B:-x}"),
        Sample("not-native", "COPY r.txt /\nRUN pip install -r /r.txt && mkdir -p /x"),
        // Where the COPY is not followed, the missing file is no finding of its own.
        Sample("not-native", "COPY r.txt nothing /x/\nRUN pip install -r /x/r.txt"),
        Sample("missing-source", "COPY app r.txt /x/\nCOPY *.none r.txt /y/"),
        Sample("invalid-base", "FROM localhost:5000/x/y:1"),
        Sample("DuplicateStageName", "FROM a:1 AS x\nFROM x AS y"),
        Sample("base-decides", "ENV PATH=/opt/bin:$PATH\nARG C\nENV D=$C"),
        Sample(
            "unpinned-base",
            "FROM a:1 AS x\nFROM x\nFROM python-3.11\nFROM b@sha256:\(String(repeating: "a", count: 64))"),
        Sample("base-without-digest", "FROM b:1@sha256:\(String(repeating: "a", count: 64))"),
        Sample("UndefinedArgInFrom", "ARG A=1\nFROM --platform=$BUILDPLATFORM x:$A\nFROM x:${B:-2}"),
        Sample("InvalidDefaultArgInFrom", "ARG V=1\nFROM a:$V\nFROM b:${W:-2}"),
        Sample("RedundantTargetPlatform", "FROM --platform=$BUILDPLATFORM a:1"),
        Sample(
            "FromPlatformFlagConstDisallowed",
            "FROM --platform=linux/amd64 a:1 AS x-amd64\nFROM --platform=$BUILDPLATFORM a:1"),
        Sample("StageNameCasing", "FROM a:1 AS build\nFROM B:1"),
        Sample("ReservedStageName", "FROM a:1 AS contexts"),
        Sample(
            "copy-from-later-stage",
            "FROM a:1 AS x\nFROM b:1\nCOPY --from=x /a /b\nCOPY --from=0 /a /b\nCOPY --from=img:1 /a /b"),
        Sample(
            "SecretsUsedInArgOrEnv",
            "ENV PUBLIC_KEY=abc TOKEN_FILE=/x KEYRING=a TOKENIZERS=1 MONKEY=b AUTH=true SECRET=/run/secrets/x PASSWORD= KEY_ID=a\nARG VERSION"
        ),
        Sample(
            "credentials-in-url",
            "ARG T\nRUN pip install -i https://me:${T}@h/simple x==1\nENV U=https://me@h V=http://h:80/a@b"),
        Sample("known-token", "LABEL x=ghp_short y=sk-learn-and-more z=\(String(repeating: "AKIB", count: 8))"),
        Sample(
            "secret-in-command",
            "RUN echo $TOKEN --token=$TOKEN && useradd -u 7 -g 7 x && chown 7:7 /a && sort --key 2 && X=1 y"),
        Sample("private-key-copied", "COPY tls /tls\nCOPY app/main.py /\nCOPY data /data\nCOPY --from=b .netrc /"),
        Sample("CopyIgnoredFile", "COPY app /x"),
        Sample("add-in-place-of-copy", "ADD https://x/y /\nADD a.tar.gz /\nADD *.x /\nCOPY r.txt /"),
        Sample("copy-into-unmarked-directory", "WORKDIR /w\nCOPY r.txt app /srv/\nCOPY r.txt app .\nCOPY r.txt /srv"),
        Sample("relative-destination", "FROM a:1 AS x\nWORKDIR /w\nCOPY r.txt .\nFROM x\nCOPY r.txt b/"),
        Sample("MultipleInstructionsDisallowed", "FROM a:1 AS x\nCMD [\"a\"]\nFROM x\nCMD [\"b\"]"),
        Sample("JSONArgsRecommended", "CMD [\"a\"]\nENTRYPOINT [\"b\", \"c\"]\nHEALTHCHECK CMD true"),
        Sample("json-like-shell-form", "CMD [\"a\"]\nRUN [ -f /x ]\nRUN [[ -f x ]]\nCMD a [b]"),
        Sample("MaintainerDeprecated", "LABEL maintainer=me"),
        Sample("WorkdirRelativePath", "FROM a:1 AS x\nWORKDIR /a\nWORKDIR b\nFROM x\nWORKDIR c\nFROM b:1\nWORKDIR $W"),
        Sample("last-user-root", "USER root\nUSER me"),
        Sample("env-of-same-line", "ENV A=1\nENV B=$A A=$A C='$B'"),
        Sample("ExposeInvalidFormat", "EXPOSE 80 90/udp 7000-7002 $P"),
        Sample("ExposeProtoCasing", "EXPOSE 80/tcp"),
        Sample(
            "unpinned-requirement",
            "RUN pip install -U pip\nRUN pip install a==1 b==${V}\nRUN npm install x\nRUN pip install -r r.txt"),
        Sample("FromAsCasing", "FROM a:1 AS x\nfrom b:1 as y"),
        Sample("ConsistentInstructionCasing", "from a:1\nrun true"),
        Sample("LegacyKeyValueFormat", "ENV A=b C=\"d e\"\nLABEL x=y"),
        Sample("NoEmptyContinuation", "RUN true && \\\n  # a comment\n  true\n\nRUN <<EOF\n\ntrue\n\nEOF"),
    ]
}
