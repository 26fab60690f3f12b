import Diagnostics
import Testing

@testable import Dockerfile

@Suite struct ParserTests {
    // MARK: Directives

    @Test func directivesAreReadAtTheTop() throws {
        let file = try DockerfileDocument(
            "# syntax=docker/dockerfile:1.7\n#escape = `\n# CHECK=skip=all\nFROM a\nRUN one `\n two")
        #expect(file.directives.syntax == "docker/dockerfile:1.7")
        #expect(file.directives.escape == "`")
        #expect(file.directives.check == "skip=all")
        #expect(file.stages[0].instructions.map(\.instruction).count == 1)
    }

    @Test(arguments: [
        "# a comment ends them\n# escape=`\nFROM a", "\n# escape=`\nFROM a", "# unknown=1\n# escape=`\nFROM a",
        "FROM a\n# escape=`",
    ])
    func directivesEndAtAllElse(_ text: String) throws {
        #expect(try DockerfileDocument(text).directives.escape == "\\")
    }

    @Test(arguments: [
        ("# escape=x\nFROM a", "'x' cannot be the escape character", "Dockerfile:1:3"),
        ("# escape=`\n# Escape=`\nFROM a", "the directive 'escape' is given twice", "Dockerfile:2:3"),
        ("# syntax=a\n# syntax=b\nFROM a", "the directive 'syntax' is given twice", "Dockerfile:2:3"),
    ])
    func wrongDirectives(_ text: String, _ message: String, _ place: String) throws {
        let error = try #require(failure { try DockerfileDocument(text) })
        #expect(error.code == .invalidDirective)
        #expect(error.message == message)
        #expect(error.place == place)
    }

    // MARK: Lines

    @Test(arguments: [
        ("RUN a \\\n  b", "a   b"),
        ("RUN a \\  \n b", "a  b"),
        ("RUN a \\\n# no\n  # neither\n b", "a  b"),
        ("RUN a \\\n\n\n b", "a  b"),
        ("RUN a\\\nb", "ab"),
        ("RUN a \\", "a"),
        ("  RUN a", "a"),
        ("run a", "a"),
        ("RUN\ta", "a"),
        ("RUN a # b", "a # b"),
        (#"RUN a \\"#, #"a \\"#),
        ("RUN a\r\n", "a"),
        ("\\\nRUN a", "a"),
    ])
    func continuationLines(_ text: String, _ command: String) throws {
        let run = try #require(try instructions(text).first)
        guard case .run(let value) = run else { throw Unexpected() }
        #expect(value.form == .shell(command))
    }

    @Test func lineRangesHoldContinuationsAndHeredocs() throws {
        let found = try DockerfileDocument("FROM a\n\n# c\nRUN x \\\n y\nRUN <<A\nb\nA\nUSER u")
        #expect(found.instructions.map(\.lines.description) == ["line 1", "lines 4-5", "lines 6-8", "line 9"])
        #expect(found.instructions.map(\.keyword) == ["FROM", "RUN", "RUN", "USER"])
    }

    @Test func aByteOrderMarkIsPassedOver() throws {
        #expect(try DockerfileDocument("\u{FEFF}FROM a").stages.count == 1)
    }

    // MARK: Instructions

    @Test(arguments: [
        ("ENV a=1 b=\"x y\" c='z'", [("a", "1"), ("b", "\"x y\""), ("c", "'z'")]),
        ("ENV a hello  world", [("a", "hello  world")]),
        ("ENV a=x\\ y b=", [("a", "x\\ y"), ("b", "")]),
        ("ENV a=b=c", [("a", "b=c")]),
        ("LABEL \"a b\"=c", [("\"a b\"", "c")]),
        ("LABEL a b", [("a", "b")]),
        ("ENV a='x\\' b=2", [("a", "'x\\'"), ("b", "2")]),
    ])
    func namedValues(_ text: String, _ expected: [(String, String)]) throws {
        let values: [NamedValue]
        switch try instructions(text).first {
        case .environment(let found), .label(let found): values = found
        default: throw Unexpected()
        }
        #expect(values == expected.map { NamedValue(name: $0.0, value: $0.1) })
    }

    @Test(arguments: [
        (#"CMD ["a", "b c"]"#, CommandForm.exec(["a", "b c"])),
        (#"CMD [ "a\u0041\n" ]"#, .exec(["aA\n"])),
        ("CMD []", .exec([])),
        (#"CMD ["\uD83D\uDE00", "\uD83D"]"#, .exec(["😀", "\u{FFFD}"])),
        (#"CMD ["a" "b"]"#, .shell(#"["a" "b"]"#)),
        (#"CMD ["\x"]"#, .shell(#"["\x"]"#)),
        (#"CMD [01]"#, .shell(#"[01]"#)),
        ("CMD ['a']", .shell("['a']")),
        (#"CMD ["a"] b"#, .shell(#"["a"] b"#)),
        (#"CMD ["a",]"#, .shell(#"["a",]"#)),
        ("CMD a b", .shell("a b")),
        ("CMD [[ -f x ]]", .shell("[[ -f x ]]")),
    ])
    func commandForms(_ text: String, _ expected: CommandForm) throws {
        #expect(try instructions(text) == [.command(expected)])
    }

    @Test func fromReadsPlatformAndName() throws {
        let file = try DockerfileDocument("ARG V=1\nFROM --platform=linux/arm64 image:$V AS Build\nFROM build as two")
        #expect(file.globalArguments.count == 1)
        #expect(
            file.stages.map(\.from) == [
                FromInstruction(image: "image:$V", name: "build", platform: "linux/arm64"),
                FromInstruction(image: "build", name: "two", platform: nil),
            ])
    }

    @Test func copyReadsItsFlags() throws {
        guard
            case .copy(let copy) = try instructions(
                "COPY --from=b --chown=1:2 --chmod=755 --link --parents --exclude=a --exclude=b x y z/"
            ).first
        else { throw Unexpected() }
        #expect(copy.from == "b" && copy.owner == "1:2" && copy.mode == "755" && copy.links && copy.keepsParents)
        #expect(copy.excluded == ["a", "b"])
        #expect(copy.sources == ["x", "y"] && copy.destination == "z/")
        guard case .copy(let json) = try instructions(#"COPY ["a b", "c d/"]"#).first else { throw Unexpected() }
        #expect(json.sources == ["a b"] && json.destination == "c d/")
    }

    @Test func runReadsItsMounts() throws {
        guard
            case .run(let run) = try instructions(
                "RUN --mount=type=cache,target=/x --mount=target=/y,readonly --network=none pip install a"
            ).first
        else { throw Unexpected() }
        #expect(
            run.mounts == [["type": "cache", "target": "/x"], ["type": "bind", "target": "/y", "readonly": "true"]])
        #expect(run.network == "none")
        #expect(run.form == .shell("pip install a"))
    }

    @Test func flagsTakeQuotes() throws {
        guard case .copy(let copy) = try instructions(#"COPY --chown="a b" -- x y"#).first else { throw Unexpected() }
        #expect(copy.owner == "a b")
    }

    @Test func otherInstructions() throws {
        #expect(
            try instructions(
                """
                ARG A B=2
                WORKDIR /a b
                USER u:g
                SHELL ["/bin/bash", "-c"]
                EXPOSE 80 443/tcp
                VOLUME /a /b
                VOLUME ["/c d"]
                STOPSIGNAL SIGTERM
                HEALTHCHECK NONE
                HEALTHCHECK --interval=5s CMD curl x
                ONBUILD RUN a
                MAINTAINER me
                """) == [
                    .argument([
                        ArgumentDeclaration(name: "A", defaultValue: nil),
                        ArgumentDeclaration(name: "B", defaultValue: "2"),
                    ]),
                    .workingDirectory("/a b"), .user("u:g"), .shell(["/bin/bash", "-c"]), .expose(["80", "443/tcp"]),
                    .volume(["/a", "/b"]), .volume(["/c d"]), .stopSignal("SIGTERM"), .healthcheck(.none),
                    .healthcheck(.command(.shell("curl x"), options: ["interval": "5s"])), .onBuild("RUN a"),
                    .maintainer("me"),
                ])
    }

    // MARK: Heredocs

    @Test(arguments: [
        ("RUN <<EOF\na\nEOF", [("EOF", "a\n", true)]),
        ("RUN <<'EOF'\na\nEOF", [("EOF", "a\n", false)]),
        ("RUN <<\"E F\"\na\nE F", [("E F", "a\n", false)]),
        ("RUN <<-EOF\n\t\ta\n\t b\n\tEOF", [("EOF", "a\n b\n", true)]),
        ("RUN <<A cat <<B\n1\nA\n2\nB", [("A", "1\n", true), ("B", "2\n", true)]),
        ("RUN 3<<EOF\nEOF", [("EOF", "", true)]),
        ("RUN cat <<<x", []),
        ("RUN echo 1 << 2", []),
        ("RUN [\"a\", \"<<EOF\"]", []),
    ])
    func heredocs(_ text: String, _ expected: [(String, String, Bool)]) throws {
        guard case .run(let run) = try instructions(text).first else { throw Unexpected() }
        #expect(run.heredocs.map(\.name) == expected.map(\.0))
        #expect(run.heredocs.map(\.content) == expected.map(\.1))
        #expect(run.heredocs.map(\.expands) == expected.map(\.2))
    }

    @Test func aHeredocIsASourceOfCopy() throws {
        guard case .copy(let copy) = try instructions("COPY a <<b c/\ntext\nb\nUSER u").first else {
            throw Unexpected()
        }
        #expect(copy.sources == ["a"] && copy.heredocs.map(\.name) == ["b"] && copy.destination == "c/")
    }

    // MARK: Errors

    @Test(arguments: [
        ("FROM a\nRUM x", "'RUM' is not an instruction", "Dockerfile:2:1", "RUM x", "did you mean RUN?"),
        ("FROM a\n  COPYY x y", "'COPYY' is not an instruction", "Dockerfile:2:3", "COPYY x y", "did you mean COPY?"),
        (
            "FROM a\nCOPY --chow=1 x y", "COPY has no flag --chow", "Dockerfile:2:6", "COPY --chow=1 x y",
            "did you mean --chown?"
        ),
        (
            "FROM a\nENV a=1 \\\n    b", "'b' is not NAME=value", "Dockerfile:3:5", "b",
            "a value with white space needs quotes"
        ),
        ("FROM a\nENV é=1 b", "'b' is not NAME=value", "Dockerfile:2:9", "ENV é=1 b", nil),
        ("FROM a\nCOPY x", "COPY needs a source and a destination", "Dockerfile:2:1", "COPY x", nil),
        ("FROM a b", "FROM takes an image, or an image, AS and a name", "Dockerfile:1:8", "FROM a b", nil),
        ("FROM a AS 1x", "'1x' cannot be a stage's name", "Dockerfile:1:11", "FROM a AS 1x", nil),
        ("FROM a AS x\nFROM b AS x", "two stages are named 'x'", "Dockerfile:2:11", "FROM b AS x", nil),
        ("RUN a\nFROM b", "RUN comes before the first FROM", "Dockerfile:1:1", "RUN a", "only ARG may stand before it"),
        ("FROM a\nRUN <<EOF\nx", "the text that ends at 'EOF' has no end", "Dockerfile:2:1", "RUN <<EOF", nil),
        ("FROM a\nCMD [1]", "the array holds something other than texts", "Dockerfile:2:5", "CMD [1]", nil),
        ("FROM a\nCMD [\"a\", null]", "the array holds something other than texts", "Dockerfile:2:5", nil, nil),
        (
            "FROM a\nRUN [{\"a\": [1.5e3, true]}]", "the array holds something other than texts", "Dockerfile:2:5", nil,
            nil
        ),
        ("FROM a\nSHELL bash -c", "SHELL takes a JSON array of texts", "Dockerfile:2:7", "SHELL bash -c", nil),
        ("FROM a\nUSER", "USER needs an argument", "Dockerfile:2:1", "USER", nil),
        ("FROM a\nENV x", "ENV 'x' has no value", "Dockerfile:2:5", "ENV x", "write ENV NAME=value"),
        ("FROM a\nHEALTHCHECK SOME x", "'SOME' is neither NONE nor CMD", "Dockerfile:2:13", "HEALTHCHECK SOME x", nil),
        ("FROM a\nONBUILD ONBUILD RUN x", "ONBUILD cannot follow ONBUILD", "Dockerfile:2:9", nil, nil),
        ("FROM a\nONBUILD COPPY x", "'COPPY' is not an instruction", "Dockerfile:2:9", nil, "did you mean COPY?"),
        ("FROM a\nCOPY --link --link x y", "--link is given twice", "Dockerfile:2:13", nil, nil),
        ("FROM a\nCOPY --link=maybe x y", "--link is true or false, not 'maybe'", "Dockerfile:2:6", nil, nil),
        ("FROM a\nCOPY --from x y", "--from needs a value", "Dockerfile:2:6", nil, "write --from=VALUE"),
        ("FROM a\nUSER --x=y z", "USER has no flag --x", "Dockerfile:2:6", nil, nil),
        ("# only\n", "'Dockerfile' holds no instruction", "Dockerfile:1:1", "# only", nil),
        ("ARG a", "'Dockerfile' has no FROM", "Dockerfile:1:1", "ARG a", nil),
        ("", "'Dockerfile' holds no instruction", "Dockerfile:1:1", nil, nil),
    ])
    func errorsNameThePlace(
        _ text: String, _ message: String, _ place: String, _ line: String?, _ hint: String?
    ) throws {
        let error = try #require(failure { try DockerfileDocument(text) })
        #expect(error.message == message)
        #expect(error.place == place)
        if let line { #expect(error.line == line) }
        if let hint { #expect(error.hints.first == hint) }
    }

    @Test(arguments: [
        "FROM a\nENV A=1 https://u:secret@host/x", "FROM a\nRUN pip install x@https://u:secret@host/x.whl",
        "FROM a\nADD https://u:secret@host/x.git /y", "FROM a\nRUN make \"I=https://u:secret@host\"",
        "FROM https://u:secret@host/x", "FROM a\nRUN pip install --index-url\thttps://u:secret@host",
    ])
    func noErrorShowsASecretOfAURL(_ text: String) throws {
        let error = try #require(failure { try DockerfileLowering(DockerfileDocument(text)).lowered() })
        #expect(!"\(error) \(error.hints)".contains("secret"))
    }

    @Test func anErrorShowsNoSecretOfAURL() throws {
        let error = try #require(failure { try DockerfileDocument("FROM a\nFROMM https://u:secret@host/x?token=abc") })
        #expect(error.line == "FROMM https://host/x?token=…")
    }
}

/// A value of another kind than the test is about.
struct Unexpected: Error {}
