import Metrics

/// What each request adds to the server's metrics.
struct HTTPMetrics: Sendable {
    let registry: PrometheusRegistry

    /// - Parameters:
    ///   - route: the route's pattern, never the path: of paths there is no end.
    ///   - seconds: until the answer began.
    func record(method: String, route: String, status: Int, seconds: Double) {
        // Neither of methods, which clients may invent.
        let method = ["GET", "HEAD", "POST", "PUT", "DELETE"].contains(method) ? method : "other"
        let request = [("method", method), ("route", route)]
        registry.makeCounter(label: "cooperage_http_requests_total", dimensions: request + [("status", "\(status)")])
            .increment(by: 1)
        registry.makeTimer(label: "cooperage_http_request_seconds", dimensions: request)
            .recordNanoseconds(Int64(seconds * 1e9))
    }
}
