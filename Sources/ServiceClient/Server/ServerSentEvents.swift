/// One event of a stream.
struct ServerSentEvent: Sendable, Hashable {
    /// Its kind; `message` where the stream names none.
    var kind: String
    /// Its data, lines joined by line feeds.
    var data: String
    /// The last id that the stream gave: what `Last-Event-ID` names.
    var id: String
}

/// Reads a stream of server-sent events (HTML standard, "Parsing an event stream") in pieces of any length. A value
/// without I/O.
struct ServerSentEventParser: Sendable {
    private var line: [UInt8] = []
    private var endedInReturn = false
    private var isFirstLine = true
    private var kind = ""
    private var data: [String] = []
    private var id = ""

    /// The longest line in bytes; what is longer is no event of ours.
    static let lineLimit = 16 << 20

    /// The stream holds a line that is too long to be kept.
    struct TooLong: Error {}

    /// Takes the next piece.
    /// - Returns: the events that end in it.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            defer { endedInReturn = byte == UInt8(ascii: "\r") }
            switch byte {
            // CR LF is one end.
            case UInt8(ascii: "\n") where endedInReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default:
                guard line.count < Self.lineLimit else { throw TooLong() }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        var bytes = line[...]
        line.removeAll(keepingCapacity: true)
        if isFirstLine, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        isFirstLine = false
        if bytes.isEmpty { return dispatch() }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        var value = bytes[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: bytes[..<colon], as: UTF8.self) {
        case "event": kind = text
        case "data": data.append(text)
        case "id" where !value.contains(0): id = text
        // Comments have no name; `retry` is for browsers; what is not known is passed over.
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            kind = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(kind: kind.isEmpty ? "message" : kind, data: data.joined(separator: "\n"), id: id)
    }
}
