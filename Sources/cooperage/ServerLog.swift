import ArgumentParser
import Logging
import ServiceAPI

/// The log of a server, on standard error.
enum ServerLog {
    /// How records look.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    /// The least level that is logged.
    enum Level: String, ExpressibleByArgument, CaseIterable {
        case trace, debug, info, notice, warning, error

        var value: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
    }

    /// To be called once in a process, as swift-log asks.
    static func begin(_ format: Format, _ level: Level) {
        LoggingSystem.bootstrap { label in
            switch format {
            case .json: return JSONLogHandler(label: label, level: level.value)
            case .text:
                var handler = StreamLogHandler.standardError(label: label)
                handler.logLevel = level.value
                return handler
            }
        }
    }
}
