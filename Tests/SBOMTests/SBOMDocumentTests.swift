import Content
import Foundation
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import SBOM

@Suite struct SBOMDocumentTests {
    private static let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .pushing("Fixtures/sbom")

    /// The documents as they are; `COOPERAGE_UPDATE_SNAPSHOTS=1 swift test --filter SBOMTests` writes them anew.
    @Test(arguments: SBOMFormat.allCases)
    func theDocumentIsTheCommittedOne(_ format: SBOMFormat) throws {
        let document = try SBOMDocument(SamplePlan.bill(), format)
        let file = Self.fixtures.appending("app\(format.fileEnding)")
        if ProcessInfo.processInfo.environment["COOPERAGE_UPDATE_SNAPSHOTS"] == "1" {
            try FileSystem.makeDirectory(Self.fixtures)
            try FileSystem.write(document.bytes, to: file)
        }
        #expect(try document.bytes == FileSystem.read(file))
    }

    /// The SPDX project's own reader and validator. It takes no address for a host, whose rule is not the specification's:
    /// the sample's wheels lie on hosts with names.
    @Test(arguments: ["registry.example/team/app:1", nil])
    func aForeignReaderTakesSPDX(_ name: String?) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(SBOMDocument(SamplePlan.bill(name: name), .spdx).bytes, to: "a.spdx.json")
        try run("pyspdxtools", ["--infile", file.string, "--version", "SPDX-2.3"])
        // It finds what is wrong, too.
        var text = String(decoding: try FileSystem.read(file), as: UTF8.self)
        text.replace("DESCRIBES", with: "DESCRIBES_NOT")
        try FileSystem.write(text.utf8, to: file)
        #expect(throws: (any Error).self) { try run("pyspdxtools", ["--infile", file.string]) }
    }

    /// The CycloneDX project's own validator against its schema, and its reader, which checks the references.
    @Test(arguments: ["registry.example/team/app:1", nil])
    func aForeignReaderTakesCycloneDX(_ name: String?) throws {
        let document = try SBOMDocument(SamplePlan.bill(name: name), .cycloneDX)
        let told = try python(
            """
            import json, sys
            from cyclonedx.model.bom import Bom
            from cyclonedx.schema import SchemaVersion
            from cyclonedx.validation.json import JsonStrictValidator
            text = sys.stdin.read()
            problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
            assert problem is None, problem
            bom = Bom.from_json(json.loads(text))
            bom.validate()
            for component in [bom.metadata.component] + sorted(bom.components, key=lambda one: str(one.purl)):
                print(component.purl)
            """, input: document.bytes)
        let bill = try SamplePlan.bill(name: name)
        let packages = [PackageURL(bill.base)] + (bill.packages + (bill.basePackages ?? [])).map(\.packageURL)
        let all = [PackageURL(bill.image).text] + packages.map(\.text).sorted()
        // Another implementation writes the same package URLs.
        #expect(String(decoding: told, as: UTF8.self).split(separator: "\n").map(String.init) == all)
    }

    @Test func theSameBillIsTheSameDocument() throws {
        for format in SBOMFormat.allCases {
            let first = try SBOMDocument(SamplePlan.bill(), format)
            #expect(try SBOMDocument(SamplePlan.bill(), format) == first)
            #expect(first.platform == SamplePlan.platform)
            // The order of the layers is the partition's.
            let turned = try BillOfMaterials(
                SamplePlan.plan(SamplePlan.wheels().reversed(), reference: "docker.io/library/python:3.11-slim"),
                urls: SamplePlan.urls(), image: .of("image"), name: Reference("registry.example/team/app:1"),
                basePackages: BasePackage.all(in: BaseTree.debian()))
            #expect(try SBOMDocument(turned, format) == first)
        }
    }

    private func identity(_ bill: BillOfMaterials, _ format: SBOMFormat) throws -> String {
        let text = String(decoding: try SBOMDocument(bill, format).bytes, as: UTF8.self)
        let found = try #require(
            text.firstMatch(
                of: /(?:cooperage-|urn:uuid:)([0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12})"/))
        return String(found.1)
    }

    @Test func noTwoDocumentsShareAName() throws {
        let bill = try SamplePlan.bill()
        var names: Set<String> = []
        var others = [bill, bill, bill, bill]
        others[1].image.digest = try .of("another image")
        others[2].packages.removeLast()
        others[3].timestamp = Timestamp(seconds: 1_700_000_000)
        for other in others {
            for format in SBOMFormat.allCases { names.insert(try identity(other, format)) }
        }
        #expect(names.count == 8)
    }

    @Test func theTimeIsTheImages() throws {
        var bill = try SamplePlan.bill()
        bill.timestamp = Timestamp(seconds: 1_700_000_000)
        for format in SBOMFormat.allCases {
            let text = String(decoding: try SBOMDocument(bill, format).bytes, as: UTF8.self)
            #expect(text.contains("2023-11-14T22:13:20Z") && !text.contains("1980-"))
        }
    }

    @Test func nothingOfAUserIsInIt() throws {
        for format in SBOMFormat.allCases {
            let text = String(decoding: try SBOMDocument(SamplePlan.bill(), format).bytes, as: UTF8.self)
            for secret in ["build:", "pass%77ord", "password", "token", "hidden", "/home/somebody"] {
                #expect(!text.contains(secret), "\(secret) is in the \(format.rawValue)")
            }
            #expect(text.contains("\"https://download.pytorch.org/whl/cpu/torch-2.3.0%2Bcpu.whl\""))
        }
    }

    @Test func whatNobodyLookedAtIsSaid() throws {
        let bill = try BillOfMaterials(
            SamplePlan.plan(base: "/home/somebody/base"), urls: [:], image: .of("image"), name: nil, basePackages: nil)
        #expect(bill.base.name == "base" && bill.image.name == "image")
        let spdx = String(decoding: try SBOMDocument(bill, .spdx).bytes, as: UTF8.self)
        #expect(spdx.contains("What the base contains is not listed."))
        let cycloneDX = String(decoding: try SBOMDocument(bill, .cycloneDX).bytes, as: UTF8.self)
        #expect(cycloneDX.contains(#""compositions":[{"aggregate":"incomplete","assemblies":["base"]}]"#))
        for text in [spdx, cycloneDX] { #expect(!text.contains("somebody") && !text.contains("http://127")) }
    }

    @Test(arguments: [
        ("app.spdx.json", SBOMFormat.spdx), ("a.b.CDX.JSON", .cycloneDX), ("sbom.json", nil), ("spdx.json", nil),
    ])
    func endings(_ name: String, _ format: SBOMFormat?) { #expect(SBOMFormat(fileName: name) == format) }
}
