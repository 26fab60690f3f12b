// An event as JSON is one flat object whose `event` names its kind:
// `{"event":"layer","title":"python: numpy 2.3.5","descriptor":{…},"disposition":"pushed"}`. `--progress json` prints
// one a line.

extension BuildEvent {
    private enum Key: String, CodingKey {
        case event, phase, seconds, message
    }

    private enum Kind: String, Codable {
        case phaseStarted = "phase_started"
        case phaseEnded = "phase_ended"
        case warning, notice, progress, layer
    }

    /// Reads the object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(Kind.self, forKey: .event) {
        case .phaseStarted: self = .phaseStarted(try container.decode(BuildPhase.self, forKey: .phase))
        case .phaseEnded:
            self = .phaseEnded(
                try container.decode(BuildPhase.self, forKey: .phase),
                seconds: try container.decode(Double.self, forKey: .seconds))
        case .warning: self = .warning(try container.decode(String.self, forKey: .message))
        case .notice: self = .notice(try container.decode(String.self, forKey: .message))
        case .progress: self = .progress(try BuildProgress(from: decoder))
        case .layer: self = .layer(try LayerOutcome(from: decoder))
        }
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .phaseStarted(let phase):
            try container.encode(Kind.phaseStarted, forKey: .event)
            try container.encode(phase, forKey: .phase)
        case .phaseEnded(let phase, let seconds):
            try container.encode(Kind.phaseEnded, forKey: .event)
            try container.encode(phase, forKey: .phase)
            try container.encode(seconds, forKey: .seconds)
        case .warning(let message):
            try container.encode(Kind.warning, forKey: .event)
            try container.encode(message, forKey: .message)
        case .notice(let message):
            try container.encode(Kind.notice, forKey: .event)
            try container.encode(message, forKey: .message)
        case .progress(let progress):
            try container.encode(Kind.progress, forKey: .event)
            try progress.encode(to: encoder)
        case .layer(let outcome):
            try container.encode(Kind.layer, forKey: .event)
            try outcome.encode(to: encoder)
        }
    }
}
