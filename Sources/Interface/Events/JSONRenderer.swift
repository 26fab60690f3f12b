import FoundationEssentials
import OCI
public import Spec

/// One JSON object a line: the event as `BuildEvent` encodes itself, and its `time` in seconds.
public struct JSONRenderer: EventRenderer {
    /// Makes one.
    public init() {}

    private struct Line: Encodable {
        let event: BuildEvent
        let time: Double

        private enum Key: String, CodingKey { case time }

        func encode(to encoder: any Encoder) throws {
            try event.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(time, forKey: .time)
        }
    }

    /// The event's line.
    public mutating func render(_ event: BuildEvent, at time: Double) -> String {
        // Milliseconds: nothing here is known better.
        let line = Line(event: event, time: (time * 1000).rounded() / 1000)
        guard let bytes = try? CanonicalJSON.encode(line) else { return "" }
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }
}
