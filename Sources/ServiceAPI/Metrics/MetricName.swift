/// The kinds of Prometheus' metrics.
enum MetricKind: String {
    case counter, gauge, histogram, summary
}

/// Names as Prometheus takes them ("Data model": metric names and labels).
enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`: every other character becomes `_`.
    static func metric(_ text: String) -> String { valid(text, colons: true) }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`, and not a name that the kind keeps for itself.
    static func label(_ text: String, kind: MetricKind) -> String {
        var name = valid(text, colons: false)
        let isReserved = (name == "le" && kind == .histogram) || (name == "quantile" && kind == .summary)
        if name.hasPrefix("__") || isReserved { name = "exported_" + name.drop { $0 == "_" } }
        return name
    }

    private static func valid(_ text: String, colons: Bool) -> String {
        var name = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if name.isEmpty { name = "_" }
                name.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ":") where colons: name += ":"
            default: name += "_"
            }
        }
        return name.isEmpty ? "_" : name
    }
}

/// The labels of a series as they are written, sorted by name: `a="1",b="2"`.
struct MetricLabels: Hashable, Sendable {
    let text: String

    init(_ labels: [(String, String)], kind: MetricKind = .gauge) {
        // Of two labels that come to one name the last one counts.
        let named = Dictionary(
            labels.map { (MetricName.label($0.0, kind: kind), $0.1) }, uniquingKeysWith: { $1 })
        text = named.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            .joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Which series of which family.
struct MetricIdentity: Hashable, Sendable {
    let name: String
    let labels: MetricLabels

    /// The start of a line: `name_suffix{labels,more}`.
    func line(_ suffix: String = "", _ more: String = "") -> String {
        let all = [labels.text, more].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? name + suffix : "\(name)\(suffix){\(all)}"
    }
}

/// What is said of the metrics of this house.
enum MetricHelp {
    static let texts = [
        "cooperage_attempt_seconds": "How long attempts at builds took, by how they ended.",
        "cooperage_attempts_total": "Attempts at builds that ended, by project and how.",
        "cooperage_build_info": "The version that runs; always 1.",
        "cooperage_builds": "Builds that have not ended, by project and state.",
        "cooperage_http_request_seconds": "How long requests took until their answer began.",
        "cooperage_http_requests_total": "Requests that were answered.",
        "cooperage_layers_total": "Layers of builds, by what became of them.",
        "cooperage_phase_seconds": "How long the phases of builds took.",
        "cooperage_pulled_bytes_total": "Bytes that were downloaded for builds.",
        "cooperage_pushed_bytes_total": "Bytes of layers that were pushed to registries.",
        "cooperage_queue_wait_seconds": "How long builds waited until they were begun first.",
        "cooperage_saved_bytes_total": "Bytes of layers that registries had already.",
        "cooperage_store_bytes": "The size of what is kept on disk, by store.",
    ]
}
