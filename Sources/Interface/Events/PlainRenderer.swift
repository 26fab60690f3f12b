import OCI
public import Spec

/// One line an event, nothing redrawn: for logs.
public struct PlainRenderer: EventRenderer {
    private let palette: Palette

    /// Makes one.
    public init(palette: Palette = .plain) { self.palette = palette }

    /// The event's line; progress has one when its piece is finished.
    public mutating func render(_ event: BuildEvent, at time: Double) -> String {
        switch event {
        case .phaseStarted(let phase): "\(palette(.bold, phase.rawValue)): \(phase.description)\n"
        case .phaseEnded(let phase, let seconds):
            "\(palette(.bold, phase.rawValue)): done in \(formatted(seconds: seconds))\n"
        case .warning, .notice: event.remark(palette)
        case .progress(let progress):
            // Of what is made or uploaded, the layer's own line tells.
            progress.isFinished && [.downloading, .exporting].contains(progress.activity)
                ? "\(progress.activity.done) \(printable(progress.subject)), \(formatted(bytes: progress.done))\n" : ""
        case .layer(let outcome): outcome.line(palette) + "\n"
        }
    }
}

extension BuildEvent {
    /// A warning or a notice as a line; nothing for other events.
    func remark(_ palette: Palette) -> String {
        switch self {
        case .warning(let text): "\(palette(.yellow, "warning")): \(printable(text))\n"
        case .notice(let text): "\(palette(.cyan, "notice")): \(printable(text))\n"
        default: ""
        }
    }
}

extension LayerOutcome {
    /// What became of the layer, without a line feed.
    func line(_ palette: Palette) -> String {
        let word = disposition.rawValue
        let blanks = String(repeating: " ", count: max(0, 7 - word.count))
        let style: Palette.Style = [.made, .pushed].contains(disposition) ? .green : .dim
        let platform = platform.map { " for \($0)" } ?? ""
        let size = palette(.dim, "(\(formatted(bytes: descriptor.size)), \(descriptor.digest.short))")
        return "\(palette(style, word))\(blanks) \(printable(title))\(platform) \(size)"
    }
}

extension BuildPhase {
    /// What happens in it, for people.
    var description: String {
        switch self {
        case .base: "read the base image"
        case .resolve: "resolve the requirements"
        case .context: "read the context"
        case .plan: "plan the layers"
        case .fetch: "download wheels"
        case .layers: "make the layers"
        case .output: "write the image"
        }
    }
}

extension BuildProgress.Activity {
    /// What was done, for people.
    var done: String {
        switch self {
        case .downloading: "downloaded"
        case .making: "made"
        case .uploading: "uploaded"
        case .exporting: "exported"
        }
    }
}
