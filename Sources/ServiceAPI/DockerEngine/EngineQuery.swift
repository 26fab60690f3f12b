import Diagnostics
import FoundationEssentials
import Hummingbird
import Service

/// The query of a call, as docker's clients write it: a plus is a blank, and some values are JSON.
struct EngineQuery: Sendable {
    private let values: [String: [String]]

    init(_ request: Request) {
        var values: [String: [String]] = [:]
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                PercentEncoding.decoded($0.replacing("+", with: " "))
            }
            values[parts[0], default: []].append(parts.count == 2 ? parts[1] : "")
        }
        self.values = values
    }

    /// The value of a parameter; an empty one is none.
    subscript(name: String) -> String? {
        let value = values[name]?.first
        return value?.isEmpty == true ? nil : value
    }

    /// All values of a parameter that may be there more than once.
    func all(_ name: String) -> [String] { (values[name] ?? []).filter { !$0.isEmpty } }

    /// A switch: docker takes every text but a few for yes.
    func flag(_ name: String) -> Bool {
        guard let text = self[name] else { return false }
        return !["0", "no", "false", "none"].contains(text.lowercased())
    }

    /// A JSON object of texts; `null` members have no value, and are left out.
    func texts(_ name: String) throws -> [String: String] {
        guard let text = self[name] else { return [:] }
        guard let object = try? JSONDecoder().decode([String: String?]?.self, from: Data(text.utf8)) else {
            throw ServiceError(.invalidRequest, "'\(name)' is not a JSON object of texts")
        }
        return object.compactMapValues(\.self)
    }

    /// The filters of a list: `{"reference": ["a"]}`, or `{"reference": {"a": true}}`.
    func filters() throws -> [String: [String]] {
        guard let text = self["filters"] else { return [:] }
        let data = Data(text.utf8)
        if let lists = try? JSONDecoder().decode([String: [String]].self, from: data) { return lists }
        guard let sets = try? JSONDecoder().decode([String: [String: Bool]].self, from: data) else {
            throw ServiceError(.invalidRequest, "'filters' is not a JSON object of lists")
        }
        return sets.mapValues { $0.filter(\.value).keys.sorted() }
    }
}
