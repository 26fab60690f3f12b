import Testing

@testable import ServiceClient

@Suite struct ServerSentEventTests {
    private static let text = """
        \u{FEFF}: open

        id: 1
        event: notice
        data: {"a":
        data:  1}

        : alive

        data:no space
        unknown: passed over
        retry: 5000

        event: nothing

        id: 7
        event: end
        data

        data: cut off
        """

    private static let events = [
        ServerSentEvent(kind: "notice", data: "{\"a\":\n 1}", id: "1"),
        ServerSentEvent(kind: "message", data: "no space", id: "1"),
        ServerSentEvent(kind: "end", data: "", id: "7"),
    ]

    /// Each way to end a line, each length of a piece: borders stand everywhere.
    @Test(arguments: ["\n", "\r", "\r\n"], [1, 2, 3, 5, 7, 64, 4096])
    func piecesMayEndAnywhere(_ lineEnd: String, _ length: Int) throws {
        let bytes = Array(Self.text.replacing("\n", with: lineEnd).utf8)
        var parser = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            events += try parser.take(bytes[start..<min(start + length, bytes.count)])
        }
        #expect(events == Self.events)
    }

    @Test func anIdWithAZeroByteIsNone() throws {
        var parser = ServerSentEventParser()
        #expect(try parser.take("id: 3\ndata: a\n\nid: 4\u{0}\ndata: b\n\n".utf8).map(\.id) == ["3", "3"])
    }

    @Test func aLineWithoutEndIsNotKept() {
        #expect(throws: ServerSentEventParser.TooLong.self) {
            var parser = ServerSentEventParser()
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            for _ in 0...16 { _ = try parser.take(piece) }
        }
    }
}
