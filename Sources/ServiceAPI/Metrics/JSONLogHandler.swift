import FoundationEssentials
import Interface
public import Logging

/// Writes each log record as one line of JSON to standard error: `time`, `level`, `logger`, `message`, and the metadata
/// (`build`, `request`, `project`) as members of their own.
public struct JSONLogHandler: LogHandler {
    /// Added to every record.
    public var metadata: Logger.Metadata = [:]
    /// Records below it are left out.
    public var logLevel: Logger.Level
    private let label: String

    /// Makes a handler for a logger.
    public init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    /// One entry of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a record.
    public func log(event: LogEvent) {
        Console.writeError(line(level: event.level, message: event.message, metadata: event.metadata, at: Date()))
    }

    func line(level: Logger.Level, message: Logger.Message, metadata more: Logger.Metadata?, at time: Date) -> String {
        var members = metadata.merging(more ?? [:]) { $1 }.mapValues { "\($0)" }
        members["time"] = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        members["level"] = level.rawValue
        members["logger"] = label
        members["message"] = "\(message)"
        let bytes = (try? JSONAnswer.encode(members)) ?? Data()
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }
}
