import Diagnostics
import Hummingbird
import Service

/// The query of a request.
struct Query {
    private let parameters: Parameters

    init(_ request: Request) {
        parameters = request.uri.queryParameters
    }

    /// All values of a parameter that may be there more than once.
    func all(_ name: String) -> [String] { parameters.getAll(name) }

    /// The value of a parameter.
    subscript(name: String) -> String? { parameters.get(name) }

    /// How much of a list is asked for.
    func limit(_ most: Int) throws(ServiceError) -> Int? {
        guard let text = self["limit"] else { return nil }
        guard let limit = Int(text), (1...most).contains(limit) else {
            throw ServiceError(.invalidRequest, "the limit is '\(text)', and not a number from 1 to \(most)")
        }
        return limit
    }

    /// A parameter that is `true` or `false`, and false where it is not there.
    func flag(_ name: String) throws(ServiceError) -> Bool {
        switch self[name] {
        case nil, "false": false
        case "true": true
        case .some(let text): throw ServiceError(.invalidRequest, "'\(name)' is '\(text)', and neither true nor false")
        }
    }
}
