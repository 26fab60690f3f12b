public import Spec

/// Turns a build's events into what is written to standard error. A value without I/O: it is told the time.
public protocol EventRenderer: Sendable {
    /// What to write for an event.
    /// - Parameter time: seconds since the build began.
    mutating func render(_ event: BuildEvent, at time: Double) -> String
    /// What to write although nothing happened: a terminal's moving part. Nothing, unless a renderer has one.
    mutating func frame(at time: Double, size: Console.Size) -> String
    /// What to write at the end, before a summary or an error.
    mutating func close() -> String
}

extension EventRenderer {
    /// Nothing moves.
    public mutating func frame(at time: Double, size: Console.Size) -> String { "" }
    /// Nothing is left open.
    public mutating func close() -> String { "" }
}

/// How progress is shown.
public enum ProgressMode: String, Sendable, CaseIterable {
    /// Live on a terminal, else plain.
    case auto
    /// One line an event.
    case plain
    /// One JSON object a line.
    case json
    /// Nothing but the result and errors.
    case quiet

    /// The renderer of this mode.
    /// - Parameter isLive: whether standard error is a terminal that can be drawn on.
    public func renderer(isLive: Bool, palette: Palette) -> any EventRenderer {
        switch self {
        case .auto: isLive ? LiveRenderer(palette: palette) : PlainRenderer(palette: palette)
        case .plain: PlainRenderer(palette: palette)
        case .json: JSONRenderer()
        case .quiet: QuietRenderer()
        }
    }
}

/// Shows nothing.
public struct QuietRenderer: EventRenderer {
    /// Makes one.
    public init() {}

    /// Nothing.
    public mutating func render(_ event: BuildEvent, at time: Double) -> String { "" }
}
