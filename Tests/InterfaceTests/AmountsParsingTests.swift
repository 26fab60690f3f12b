import Interface
import Testing

@Suite struct AmountsParsingTests {
    @Test(
        arguments: [
            ("0", 0), ("12", 12), ("12B", 12), ("1kB", 1000), ("1 KB", 1000), ("10GB", 10_000_000_000),
            ("1.5GB", 1_500_000_000), ("512MiB", 536_870_912), ("20gib", 21_474_836_480), ("2TB", 2_000_000_000_000),
        ] as [(String, Int64)])
    func sizes(_ text: String, _ bytes: Int64) { #expect(parsed(bytes: text) == bytes) }

    @Test(arguments: [
        "", "GB", "10G", "10g", "-1GB", "1.5", ".5GB", "5.GB", "1..5GB", "1GBB", "10 GB x", "1e3", "٣GB",
        "99999999999999999999", "99999999TB",
    ])
    func noSizes(_ text: String) { #expect(parsed(bytes: text) == nil) }

    @Test(
        arguments: [
            ("0", .zero), ("30", .seconds(30)), ("30s", .seconds(30)), ("15m", .seconds(900)),
            ("24h", .seconds(86_400)),
            ("1h30m", .seconds(5400)), ("7d", .seconds(604_800)), ("2w", .seconds(1_209_600)),
            ("500ms", .milliseconds(500)), ("1.5h", .seconds(5400)),
        ] as [(String, Duration)])
    func times(_ text: String, _ duration: Duration) { #expect(parsed(duration: text) == duration) }

    @Test(arguments: ["", "s", "-1s", "1x", "1 h", "h1", "1h30", "+5", "5M", "1e9s", "soon", "٣s"])
    func noTimes(_ text: String) { #expect(parsed(duration: text) == nil) }
}
