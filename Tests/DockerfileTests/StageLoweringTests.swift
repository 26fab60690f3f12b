import Diagnostics
import OCI
import Spec
import Testing

@testable import Dockerfile

/// Which stages count, and what is taken from them.
@Suite struct StageLoweringTests {
    @Test func filesAreTakenFromStagesAndImages() throws {
        let text = """
            FROM a AS tools
            FROM b AS Builder
            COPY requirements.txt /src/
            COPY --from=tools /t /t
            FROM c AS unused
            RUN make
            FROM d
            COPY --from=builder /src/../src/requirements.txt x?.py /y/
            COPY --from=0 --parents /u/./v /w
            COPY --from=unknown / /z
            """
        let found = try DockerfileLowering(try DockerfileDocument(text), platform: .host).lowered()
        #expect(failure { try DockerfileLowering(DockerfileDocument(text), target: "unused").lowered() } != nil)
        #expect(found.stages.map(\.name) == ["tools", "builder"])
        #expect(found.stages.map(\.base) == [.registry(try Reference("a")), .registry(try Reference("b"))])
        let copies = found.instructions.flatMap(\.changes).compactMap { change in
            if case .copy(let copy) = change { copy } else { nil }
        }
        #expect(
            copies.map(\.origin) == [.stage("builder"), .stage("tools"), .image(.registry(try Reference("unknown")))])
        #expect(copies.map { $0.sources.map(\.path) } == [["src/requirements.txt", "x?.py"], ["u/./v"], [""]])
        let spec = try found.buildSpec(context: "/c")
        #expect(spec.stages.map(\.name) == ["tools", "builder", nil])
        // What a bare stage's base has is looked up when its files are.
        let lowering = DockerfileLowering(try DockerfileDocument(text), platform: .host)
        #expect(try lowering.otherBases().map(\.source) == [.registry(try Reference("b"))])
    }

    @Test func aStageGoesOnFromItsOwnBase() throws {
        let text = """
            FROM a AS one
            WORKDIR x
            COPY r.txt .
            FROM --platform=linux/s390x b AS two
            WORKDIR y
            COPY --from=one /one/x/r.txt .
            FROM a
            COPY --from=two /two/y/r.txt /tmp/
            RUN pip install -r /tmp/r.txt
            """
        let amd = Platform(os: "linux", architecture: "amd64")
        var lowering = DockerfileLowering(try DockerfileDocument(text), platform: amd)
        (lowering.baseConfiguration, lowering.otherConfigurations) = (.init(), [:])
        lowering.baseConfiguration?.workingDir = "/one"
        let other = try #require(try lowering.otherBases().first)
        #expect(other.platform == Platform(os: "linux", architecture: "s390x"))
        #expect(failure { try lowering.lowered() }?.code == .unknownValue)
        var configuration = ImageConfiguration.Execution()
        configuration.workingDir = "/two"
        lowering.otherConfigurations[other] = configuration
        // A file of the context is found through the stages.
        let found = try lowering.lowered()
        #expect(found.packages?.requirementsFiles == ["r.txt"])
        #expect(try found.buildSpec(context: "").stages.map(\.platform) == [nil, other.platform, nil])
    }

    @Test(arguments: [
        ("COPY --from=5 a /b", "there is no stage 5 above this line"),
        ("COPY --from=1 a /b", "there is no stage 1 above this line"),
        ("COPY --from=$X a /b", "'$X' of --from holds a variable, which is not expanded there"),
        ("COPY --from=A:B:C a /b", "'A:B:C' is not an image reference: repository names are lower case"),
    ])
    func refusesOrigins(_ line: String, _ message: String) throws {
        let text = "FROM a AS one\nFROM b\n\(line)"
        let error = try #require(failure { try DockerfileLowering(DockerfileDocument(text)).lowered() })
        #expect(error.message == message)
        #expect(error.place == "Dockerfile:3:6")
    }

    @Test func stagesHaveABound() throws {
        let lines = (0..<80).map { "FROM a AS s\($0)\nCOPY --from=\($0 - 1) /x /x\n" }
        let text = "FROM a AS s\nCOPY x /x\n" + lines.dropFirst().joined()
        let error = try #require(failure { try DockerfileLowering(DockerfileDocument(text)).lowered() })
        #expect(error.message == "files are taken from more than 64 stages")
    }

    @Test func scratchIsABase() throws {
        let lowering = DockerfileLowering(try DockerfileDocument("FROM scratch\nCOPY a /b"))
        #expect(try lowering.lowered().base == .scratch)
    }
}
