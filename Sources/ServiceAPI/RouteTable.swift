import HTTPTypes
import Hummingbird

/// Which paths there are, and by which methods: what a request that fits no route is told by.
struct RouteTable: Sendable {
    /// A route as OpenAPI writes it: `GET /api/v1/builds/{id}`.
    struct Route: Hashable, Comparable, CustomStringConvertible {
        let method: String
        let path: String

        var description: String { "\(method) \(path)" }

        static func < (left: Route, right: Route) -> Bool {
            (left.path, left.method) < (right.path, right.method)
        }
    }

    let routes: [Route]

    init(_ router: Router<APIContext>) {
        routes = router.routes.map { route in
            let path = route.path.description
            return Route(method: route.method.rawValue, path: path.hasPrefix("/") ? path : "/\(path)")
        }.sorted()
    }

    /// The methods by which a path may be asked for; none where there is no such path.
    func methods(for path: String) -> [String] {
        let parts = path.split(separator: "/")
        var methods: Set<String> = []
        for route in routes where Self.fits(parts, route.path.split(separator: "/")) {
            methods.insert(route.method)
            if route.method == "GET" { methods.insert("HEAD") }
        }
        return methods.sorted()
    }

    private static func fits(_ parts: [Substring], _ pattern: [Substring]) -> Bool {
        parts.count == pattern.count && zip(parts, pattern).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
    }
}
