import Content
import Diagnostics
import FoundationEssentials
import OCI
import Testing

@testable import Interface

@Suite struct ErrorReportTests {
    @Test func everyPart() {
        let error = ContentError(
            .digestMismatch, "the blob is other than it was said to be",
            context: [FailureContext("host", "127.0.0.1:5000"), FailureContext("layer", "numpy")],
            hints: ["try again"],
            cause: OCIError(.invalidDigest, "'x' is not a digest\nat all", hints: ["a digest reads so", "try again"]))
        let report = ErrorReport(error)
        #expect(
            report.text() == """
                error: the blob is other than it was said to be
                  at host 127.0.0.1:5000
                  at layer numpy
                  caused by: 'x' is not a digest
                    at all
                hint: try again
                hint: a digest reads so

                """)
        #expect(
            report.json() == """
                {"causes":["'x' is not a digest\\nat all"],"code":"digest_mismatch","context":[{"label":"host",\
                "value":"127.0.0.1:5000"},{"label":"layer","value":"numpy"}],"event":"error","exit_code":3,\
                "hints":["try again","a digest reads so"],"message":"the blob is other than it was said to be"}

                """)
        #expect(report.text(Palette(isColoured: true)).hasPrefix("\u{1B}[31merror\u{1B}[0m: "))
    }

    @Test func nothingSteersTheTerminal() {
        let error = ContentError(.fileSystem, "a\u{1B}[2Jb\u{9B}c\rd")
        #expect(ErrorReport(error).text() == "error: a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\n")
    }

    struct Odd: Error, CustomStringConvertible {
        let description = "something odd"
    }

    static let exitCodes: [(any Error & Sendable, Int32)] = [
        (InterfaceError(.invalidFlag, ""), 2), (InterfaceError(.invalidSettings, ""), 1),
        (InterfaceError(.unwritable, ""), 3), (ContentError(.notFound, ""), 1), (ContentError(.noSpace, ""), 3),
        (CancellationError(), 130), (Odd(), 3),
    ]

    @Test(arguments: exitCodes.indices)
    func exitCode(_ number: Int) {
        let (error, code) = Self.exitCodes[number]
        #expect(ErrorReport(error).exitCode == code)
    }

    @Test(arguments: [
        (#"{"mediaType":1}"#, "'mediaType' is not of the type String"),
        (#"{"mediaType":"a"}"#, "'digest' is missing"),
        (#"{"mediaType":"a","digest":"x","size":1}"#, "'x' is not a digest"),
        (#"{"mediaType":"a","digest":null,"size":1}"#, "'digest' is null, not of the type String"),
    ])
    func codersErrorsAreSentences(_ json: String, _ sentence: String) throws {
        let error = try #require(throws: (any Error).self) {
            try CanonicalJSON.decode(Descriptor.self, from: Data(json.utf8))
        }
        let report = ErrorReport(ContentError(.fileSystem, "the record cannot be read", cause: error))
        #expect(report.causes == [sentence])
    }

    @Test func brokenJSON() throws {
        let error = try #require(throws: (any Error).self) {
            try CanonicalJSON.decode(Descriptor.self, from: Data("{".utf8))
        }
        let report = ErrorReport(error)
        #expect(report.message.hasPrefix("the document cannot be read: "))
        #expect(report.code == "unexpected")
        #expect(!report.message.contains("DecodingError"))
    }
}
