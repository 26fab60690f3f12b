public import Diagnostics
import FoundationEssentials
public import Service
import Transfer

/// A problem document (RFC 9457) as the service writes it. Anything may answer in its place: what is missing or no JSON
/// is made up for.
struct ServerProblem: Decodable {
    var title: String?
    var detail: String?
    var code: String?
    var context: [String]?
    var hints: [String]?
    var requestID: String?

    private enum CodingKeys: String, CodingKey {
        case title, detail, code, context, hints
        case requestID = "request_id"
    }
}

extension Failure where Code == ClientErrorCode {
    /// What a server answered with a status of 300 or above.
    init(_ response: HTTPResponse, to request: HTTPRequest, at address: ServerAddress) {
        let problem = try? JSONDecoder().decode(ServerProblem.self, from: Data(response.body))
        // A failure of the server is worth another attempt where it says so itself, or where something before it does.
        let isPassing = [408, 425, 429, 502, 503, 504].contains(response.status)
        let code = ClientErrorCode(
            problem?.code ?? "http_\(response.status)", blame: response.status < 500 ? .request : .outside,
            failureClass: isPassing ? .passing : [401, 403].contains(response.status) ? .authorisation : .permanent)
        var context = [FailureContext("server", address.description)]
        context += (problem?.context ?? []).map { FailureContext(place: $0) }
        if response.status >= 500, let id = problem?.requestID { context.append(FailureContext("request", id)) }
        var hints = problem?.hints ?? []
        if response.status == 401 {
            hints = ["log in by 'cooperage login --server \(address)', or set COOPERAGE_TOKEN"]
        } else if problem?.code == nil {
            hints.append("is \(address) a Cooperage server?")
        }
        let other = "the server answers \(request.method.rawValue) \(request.url) with status \(response.status)"
        self.init(code, problem?.detail ?? problem?.title ?? other, context: context, hints: hints)
    }

    /// Why a build failed, in the server's words.
    public init(_ problem: BuildProblem) {
        self.init(
            ClientErrorCode(problem.code, blame: problem.isRequestsFault ? .request : .outside), problem.message,
            context: problem.context.map { FailureContext(place: $0) }, hints: problem.hints)
    }
}

extension FailureContext {
    /// A place as the service writes it, `label: value`.
    init(place text: String) {
        guard let mark = text.firstRange(of: ": ") else {
            self.init("place", text)
            return
        }
        self.init(String(text[..<mark.lowerBound]), String(text[mark.upperBound...]))
    }
}
