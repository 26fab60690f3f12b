import Foundation
import Metrics
import Service
import ServiceTesting
import Testing

@testable import ServiceAPI

/// What Prometheus is told.
@Suite struct MetricsTests {
    @Test func whatIsReportedIsExported() throws {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "jobs_total", dimensions: [("end", "ok"), ("a", "b")], factory: registry)
        counter.increment(by: 2)
        Counter(label: "jobs_total", dimensions: [("a", "b"), ("end", "ok")], factory: registry).increment()
        FloatingPointCounter(label: "fuel_total", factory: registry).increment(by: 0.5)
        Gauge(label: "depth", factory: registry).record(7)
        Meter(label: "level", factory: registry).increment(by: 3)
        Recorder(label: "sizes", factory: registry).record(10)
        Recorder(label: "sizes", factory: registry).record(20)
        let timer = Timer(label: "wait_seconds", factory: registry)
        timer.recordNanoseconds(30_000_000)
        timer.recordSeconds(9000)
        Timer(label: "other.time", factory: registry).recordMilliseconds(1)
        registry.set("odd-name", labels: [("1x", "a\"b\\c\nd"), ("__y", "z")], to: -0.25)
        // The same name as another kind is another's.
        Gauge(label: "jobs_total", factory: registry).record(99)

        let text = try Exposition(registry.text())
        #expect(text.types["jobs_total"] == "counter" && text.types["wait_seconds"] == "histogram")
        #expect(text.types["sizes"] == "summary" && text.types["level"] == "gauge")
        #expect(text.value("jobs_total", ["a": "b", "end": "ok"]) == 3)
        #expect(text.value("fuel_total") == 0.5)
        #expect(text.value("depth") == 7)
        #expect(text.value("level") == 3)
        #expect(text.value("sizes_sum") == 30 && text.value("sizes_count") == 2)
        #expect(text.value("wait_seconds_bucket", ["le": "0.025"]) == 0)
        #expect(text.value("wait_seconds_bucket", ["le": "0.05"]) == 1)
        #expect(text.value("wait_seconds_bucket", ["le": "3600"]) == 1)
        #expect(text.value("wait_seconds_bucket", ["le": "+Inf"]) == 2)
        #expect(text.value("wait_seconds_count") == 2 && text.value("wait_seconds_sum") == 9000.03)
        #expect(text.value("other_time_seconds_count") == 1)
        #expect(text.value("odd_name", ["_1x": "a\"b\\c\nd", "exported_y": "z"]) == -0.25)

        counter.destroy()
        #expect(try Exposition(registry.text()).value("jobs_total", ["a": "b", "end": "ok"]) == nil)
    }

    @Test func gaugesThatAreReadKeepNothingStale() throws {
        let registry = PrometheusRegistry()
        registry.replace("builds", with: [([("state", "queued")], 2), ([("state", "running")], 1)])
        registry.replace("builds", with: [([("state", "running")], 3)])
        let text = try Exposition(registry.text())
        #expect(text.value("builds", ["state": "running"]) == 3)
        #expect(text.value("builds", ["state": "queued"]) == nil)
        registry.replace("builds", with: [])
        #expect(registry.text() == "")
    }

    @Test func theServersMetrics() async throws {
        try await APISite.run { api in
            let id = try await api.create()
            _ = try await api.get("/builds/\(id)")
            _ = try await api.get("/builds/none")
            _ = try await api.get("/no/such/route")
            let answer = try await api.get("//metrics")
            #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            let text = try Exposition(answer.string)
            #expect(text.value("cooperage_builds", ["project": "default", "state": "queued"]) == 1)
            #expect(text.value("cooperage_store_bytes", ["store": "cache"]) == 4096)
            #expect(text.value("cooperage_build_info", ["version": "1.2.3"]) == 1)
            let route = "/api/v1/builds/{id}"
            func requests(_ route: String, _ status: String) -> Double? {
                text.value("cooperage_http_requests_total", ["method": "GET", "route": route, "status": status])
            }
            #expect(requests(route, "200") == 1 && requests(route, "404") == 1 && requests("none", "404") == 1)
            #expect(text.value("cooperage_http_request_seconds_count", ["method": "GET", "route": route]) == 2)
            #expect(text.helps["cooperage_builds"]?.isEmpty == false)
            _ = try await api.send("POST", "/builds/\(id)/cancel")
            let later = try Exposition(try await api.get("//metrics").string)
            #expect(later.value("cooperage_builds", ["project": "default", "state": "queued"]) == nil)
        }
    }
}

/// A strict reader of the text exposition format 0.0.4.
struct Exposition {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var types: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    private var values: [String: [[String: String]: Double]] = [:]

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? { values[name]?[labels] }

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(description: "no line feed at the end") }
        var family = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# ") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                guard words.count == 4 else { throw Malformed(description: "\(line)") }
                switch words[1] {
                case "HELP" where helps[words[2]] == nil: helps[words[2]] = words[3]
                case "TYPE" where types[words[2]] == nil:
                    guard ["counter", "gauge", "histogram", "summary"].contains(words[3]) else {
                        throw Malformed(description: "\(line)")
                    }
                    types[words[2]] = words[3]
                    family = words[2]
                default: throw Malformed(description: "\(line)")
                }
                continue
            }
            try sample(String(line), family)
        }
    }

    private mutating func sample(_ line: String, _ family: String) throws {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
        guard let match = try pattern.wholeMatch(in: line) else { throw Malformed(description: line) }
        let name = String(match.1)
        let suffixes =
            switch types[family] {
            case "histogram": ["_bucket", "_sum", "_count"]
            case "summary": ["_sum", "_count"]
            default: [""]
            }
        guard suffixes.contains(where: { family + $0 == name }) else {
            throw Malformed(description: "\(line) is not of the family \(family)")
        }
        var labels: [String: String] = [:]
        var rest = match.2.map { $0[...] } ?? ""
        let label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/
        while !rest.isEmpty {
            guard let found = try label.prefixMatch(in: rest), labels[String(found.1)] == nil else {
                throw Malformed(description: "\(line): \(rest)")
            }
            labels[String(found.1)] = String(found.2).replacing("\\\\", with: "\u{0}").replacing("\\n", with: "\n")
                .replacing("\\\"", with: "\"").replacing("\u{0}", with: "\\")
            rest = rest[found.range.upperBound...]
        }
        let text = String(match.3)
        guard let value = text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text) else {
            throw Malformed(description: line)
        }
        guard values[name]?[labels] == nil else { throw Malformed(description: "\(line) is there twice") }
        values[name, default: [:]][labels] = value
    }
}
