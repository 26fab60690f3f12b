import FoundationEssentials
import OCI
import Spec
import Synchronization
import Testing

@testable import Interface

@Suite struct RendererTests {
    /// One event of each kind.
    static func events() throws -> [BuildEvent] {
        [
            .phaseStarted(.base), .notice("base: python-3.11"), .phaseEnded(.base, seconds: 0.414),
            .warning("a\u{1B}[31mb"),
            .progress(BuildProgress(activity: .downloading, subject: "numpy.whl", done: 5_000_000, total: 18_200_000)),
            .progress(
                BuildProgress(
                    activity: .downloading, subject: "numpy.whl", done: 18_200_000, total: 18_200_000, isFinished: true)
            ),
            .layer(
                LayerOutcome(
                    title: "python: numpy 2.3.5", descriptor: try .layer("numpy", size: 18_214_000),
                    disposition: .made)),
            .layer(
                LayerOutcome(
                    title: "python: numpy 2.3.5", descriptor: try .layer("numpy", size: 18_214_000),
                    disposition: .pushed, platform: Platform(os: "linux", architecture: "arm64"))),
        ]
    }

    private func text(_ renderer: some EventRenderer) throws -> String {
        var renderer = renderer
        return try Self.events().enumerated().map { renderer.render($1, at: Double($0) / 8) }.joined()
            + renderer.close()
    }

    @Test func plain() throws {
        let digest = try Digest.of("numpy").short
        #expect(
            try text(PlainRenderer()) == """
                base: read the base image
                notice: base: python-3.11
                base: done in 0.41 s
                warning: a\u{FFFD}[31mb
                downloaded numpy.whl, 18.2 MB
                made    python: numpy 2.3.5 (18.2 MB, \(digest))
                pushed  python: numpy 2.3.5 for linux/arm64 (18.2 MB, \(digest))

                """)
    }

    @Test func quiet() throws { #expect(try text(QuietRenderer()) == "") }

    @Test func json() throws {
        let digest = try Digest.of("numpy")
        #expect(
            try text(JSONRenderer()) == """
                {"event":"phase_started","phase":"base","time":0}
                {"event":"notice","message":"base: python-3.11","time":0.125}
                {"event":"phase_ended","phase":"base","seconds":0.414,"time":0.25}
                {"event":"warning","message":"a\\u001b[31mb","time":0.375}
                {"activity":"downloading","done":5000000,"event":"progress","isFinished":false,"subject":"numpy.whl",\
                "time":0.5,"total":18200000}
                {"activity":"downloading","done":18200000,"event":"progress","isFinished":true,"subject":"numpy.whl",\
                "time":0.625,"total":18200000}
                {"descriptor":{"digest":"\(digest)","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",\
                "size":18214000},"disposition":"made","event":"layer","time":0.75,"title":"python: numpy 2.3.5"}
                {"descriptor":{"digest":"\(digest)","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",\
                "size":18214000},"disposition":"pushed","event":"layer","platform":{"architecture":"arm64",\
                "os":"linux"},"time":0.875,"title":"python: numpy 2.3.5"}

                """)
    }

    @Test func eventsSurviveJSON() throws {
        for event in try Self.events() {
            #expect(try CanonicalJSON.decode(BuildEvent.self, from: CanonicalJSON.encode(event)) == event)
        }
        #expect(throws: DecodingError.self) {
            try CanonicalJSON.decode(BuildEvent.self, from: Data(#"{"event":"other"}"#.utf8))
        }
    }

    private static let size = Console.Size(columns: 80, rows: 24)

    @Test func liveFrames() throws {
        var renderer = LiveRenderer(palette: .plain)
        #expect(renderer.render(.phaseStarted(.layers), at: 0) == "")
        let piece = BuildProgress(activity: .downloading, subject: "numpy.whl", done: 0, total: 20_000_000)
        #expect(renderer.render(.progress(piece), at: 0) == "")
        var later = piece
        later.done = 10_000_000
        _ = renderer.render(.progress(later), at: 2)
        let frame = renderer.frame(at: 2, size: Self.size)
        #expect(
            frame == """
                | make the layers 2.00 s
                  downloading numpy.whl        [########--------] 10.0 MB of 20.0 MB, 5.00 MB/s

                """)
        // The next frame first takes away the two lines.
        #expect(renderer.frame(at: 2, size: Self.size) == "\u{1B}[2F\u{1B}[J" + frame)
        // So does a line that stays; the moving part then comes with the next frame.
        #expect(renderer.render(.notice("x"), at: 2) == "\u{1B}[2F\u{1B}[Jnotice: x\n")
        #expect(renderer.frame(at: 2, size: Self.size) == frame)
        later.isFinished = true
        #expect(renderer.render(.progress(later), at: 3) == "")
        #expect(renderer.render(.phaseEnded(.layers, seconds: 3), at: 3) == "")
        #expect(renderer.close() == "\u{1B}[2F\u{1B}[J")
        #expect(renderer.close() == "")
    }

    @Test(arguments: [20, 40, 72, 80, 200])
    func noLineOfAFrameIsWiderThanTheTerminal(_ columns: Int) {
        var renderer = LiveRenderer(palette: .plain)
        _ = renderer.render(.phaseStarted(.resolve), at: 0)
        for number in 0..<30 {
            let subject = "package-\(number)-" + String(repeating: "x", count: number * 5)
            _ = renderer.render(
                .progress(BuildProgress(activity: .uploading, subject: subject, done: 1_234_567, total: nil)), at: 0)
        }
        let lines = renderer.frame(at: 9, size: Console.Size(columns: columns, rows: 10)).split(separator: "\n")
        #expect(lines.count == 8)
        #expect(lines.last == "  and 24 more")
        #expect(lines.allSatisfy { $0.count < columns })
    }

    @Test func aDisplayWritesNothingAfterItsEnd() async throws {
        let written = Mutex("")
        let display = EventDisplay(PlainRenderer(), clock: { 0 }, write: { text in written.withLock { $0 += text } })
        display.receive(.notice("before"))
        display.receive(.phaseEnded(.plan, seconds: 1))
        let summary = display.close()
        display.receive(.notice("after"))
        #expect(written.withLock(\.self) == "notice: before\nplan: done in 1.00 s\n")
        #expect(summary.seconds == [.plan: 1])
    }
}
