import Build
import Diagnostics
import OCI
import SBOM
import Spec
import SystemPackage
import Testing

@testable import Interface

/// What `--sbom`, `--sbom-format` and `--attest` come to.
@Suite struct SBOMRequestTests {
    private func request(
        sbom: String? = nil, format: String? = nil, attest: [String] = [], pushes: Bool = true, platforms: String? = nil
    ) throws -> BuildRequest {
        var flags = Settings()
        flags.sbomFile = sbom.map { .flag($0, "--sbom") }
        flags.sbomFormat = format.map { .flag($0, "--sbom-format") }
        flags.attestations = attest.map { .flag($0, "--attest") }
        flags.tags = [.flag("localhost/a:1")]
        flags.platforms = platforms.map { [.flag($0)] } ?? []
        if pushes { flags.pushes = Given(true, .flag("--push")) }
        return try SampleContext().request(flags)
    }

    @Test func nothingIsAskedFor() throws {
        #expect(try request().sbom == nil)
        #expect(try request(format: "cyclonedx-json").sbom == nil)
        #expect(try request(attest: ["type=sbom,disabled=true"]).sbom == nil)
        #expect(try request(attest: ["sbom", "type=sbom,disabled=true"], pushes: false).sbom == nil)
    }

    @Test(arguments: [
        ("app.spdx.json", nil, SBOMFormat.spdx), ("app.cdx.json", nil, .cycloneDX), ("app.json", nil, .spdx),
        ("app.json", "cyclonedx-json", .cycloneDX), ("app.cdx.json", "spdx-json", .spdx),
    ])
    func theFormIsSaidOrTheEnding(_ file: String, _ format: String?, _ expected: SBOMFormat) throws {
        let request = try request(sbom: file, format: format, pushes: false)
        #expect(request.sbom == SBOMRequest(expected))
        #expect(request.sbomFile?.path(for: .host).string == file)
    }

    @Test(arguments: ["sbom", "type=sbom", "TYPE=sbom,disabled=false"])
    func anAttestation(_ text: String) throws {
        #expect(try request(attest: [text]).sbom == SBOMRequest(.spdx, isAttached: true))
        #expect(try request(sbom: "a.cdx.json", attest: [text]).sbom == SBOMRequest(.cycloneDX, isAttached: true))
    }

    @Test(arguments: [
        ("a.spdx.json", "a.linux-arm-v7.spdx.json"), ("dir.d/a.CDX.json", "dir.d/a.linux-arm-v7.CDX.json"),
        ("a.json", "a.linux-arm-v7.json"), ("a", "a.linux-arm-v7"),
    ])
    func ofSeveralPlatformsEachHasAFile(_ file: String, _ expected: String) throws {
        let request = try request(sbom: file, platforms: "linux/amd64,linux/arm/v7")
        #expect(request.sbomFile?.path(for: try Platform("linux/arm/v7")).string == expected)
    }

    @Test func theFilesAreNoPartOfTheContext() throws {
        let context = try SampleContext()
        var flags = Settings()
        flags.sbomFile = .flag("\(context.path)/a.spdx.json")
        #expect(try context.request(flags).files?.excluded == ["a.spdx.json", "cache\\[1\\]"])
        flags.platforms = [.flag("linux/amd64,linux/arm64")]
        #expect(
            try context.request(flags).files?.excluded
                == ["a.linux-amd64.spdx.json", "a.linux-arm64.spdx.json", "cache\\[1\\]"])
        let file = try SampleContext(["cooperage.yaml": "sbom: out/a.cdx.json\n"])
        #expect(try file.request().sbomFile?.path == file.path.appending("out/a.cdx.json"))
    }

    @Test(arguments: [
        ("provenance", "'provenance' is no attestation that is made here"),
        ("type=provenance,mode=max", "'mode=max' is no part of an attestation"),
        ("disabled=true", "'disabled=true' is no attestation that is made here"),
        (
            "type=sbom,generator=x",
            "'generator=x' cannot be followed: no scanner makes the bill of materials, the lock does"
        ),
        ("type=sbom,type=sbom", "'type=sbom' is no part of an attestation"),
        ("", "'' is no attestation that is made here"),
    ])
    func noAttestation(_ text: String, _ message: String) throws {
        let error = try #require(throws: InterfaceError.self) { try request(attest: [text]) }
        #expect(error.message == message)
        #expect(error.code == .invalidFlag && !error.hints.isEmpty)
        #expect(error.context == [FailureContext("flag", "--attest")])
    }

    @Test func anAttestationNeedsARegistry() throws {
        let error = try #require(throws: InterfaceError.self) { try request(attest: ["sbom"], pushes: false) }
        #expect(error.message.hasSuffix("and this image is not pushed"))
        #expect(error.context == [FailureContext("flag", "--attest")])
        #expect(error.hints == ["push it by --push, or write the bill into a file by --sbom"])
    }

    @Test(arguments: ["true", "false", ""])
    func buildxsSpellingIsNoFile(_ text: String) throws {
        let error = try #require(throws: InterfaceError.self) { try request(sbom: text) }
        #expect(error.hints.first == "buildx's --sbom=true is --attest sbom here")
    }

    @Test func anUnknownForm() throws {
        let error = try #require(throws: InterfaceError.self) { try request(sbom: "a", format: "spdx") }
        #expect(error.message == "'spdx' is no form of a bill of materials")
        #expect(error.hints == ["the forms are spdx-json, cyclonedx-json"])
    }
}
