public import OCI
public import Spec

/// What a build's events come to: the closing table.
public struct BuildSummary: Sendable, Hashable {
    /// A layer, and what became of it in the order in which it happened: made, then pushed.
    struct Layer: Sendable, Hashable {
        var title: String
        var platform: Platform?
        var descriptor: Descriptor
        var dispositions: [LayerOutcome.Disposition]
    }

    private(set) var layers: [Layer] = []
    private(set) var seconds: [BuildPhase: Double] = [:]

    /// Nothing happened yet.
    public init() {}

    /// Takes an event in.
    public mutating func add(_ event: BuildEvent) {
        switch event {
        case .layer(let outcome): add(outcome)
        case .phaseEnded(let phase, let seconds): self.seconds[phase, default: 0] += seconds
        case .phaseStarted, .warning, .notice, .progress: break
        }
    }

    private mutating func add(_ outcome: LayerOutcome) {
        let index = layers.firstIndex {
            $0.descriptor.digest == outcome.descriptor.digest
                && ($0.platform == nil || outcome.platform == nil || $0.platform == outcome.platform)
        }
        guard let index else {
            layers.append(
                Layer(
                    title: outcome.title, platform: outcome.platform, descriptor: outcome.descriptor,
                    dispositions: [outcome.disposition]))
            return
        }
        if !layers[index].dispositions.contains(outcome.disposition) {
            layers[index].dispositions.append(outcome.disposition)
        }
    }

    /// The same with the layers in the order of the image; what is no layer of it (a manifest) comes last.
    public func ordered(by digests: [Digest]) -> BuildSummary {
        let places = Dictionary(zip(digests, 0...)) { first, _ in first }
        var result = self
        result.layers = layers.enumerated().sorted { left, right in
            let (first, second) = (
                places[left.element.descriptor.digest] ?? .max, places[right.element.descriptor.digest] ?? .max
            )
            return (first, left.offset) < (second, right.offset)
        }.map(\.element)
        return result
    }

    /// The table, and below it the bytes uploaded and the time by phase.
    /// - Parameter uploadedBytes: nil where nothing was pushed.
    public func text(uploadedBytes: Int64?, seconds total: Double, palette: Palette = .plain) -> String {
        var text = ""
        if !layers.isEmpty {
            let severalPlatforms = Set(layers.compactMap(\.platform)).count > 1
            var table = Columns(
                [("LAYER", .left)] + (severalPlatforms ? [("PLATFORM", .left)] : []) + [("SIZE", .right), ("", .left)])
            for layer in layers {
                table.append(
                    [shortened(layer.title, to: 60)]
                        + (severalPlatforms ? [layer.platform?.description ?? ""] : [])
                        + [
                            formatted(bytes: layer.descriptor.size),
                            layer.dispositions.map(\.rawValue).joined(separator: ", "),
                        ])
            }
            text += "\n" + table.text(palette)
        }
        var line = "\n"
        if let uploadedBytes { line += "uploaded \(formatted(bytes: uploadedBytes)); " }
        let phases = BuildPhase.allCases.compactMap { phase in
            seconds[phase].map { "\(phase.rawValue) \(formatted(seconds: $0))" }
        }
        line += "\(formatted(seconds: total)) in all" + (phases.isEmpty ? "" : ": " + phases.joined(separator: ", "))
        return text + line + "\n"
    }
}
