import FlyingFox
import FlyingSocks
import Foundation

/// An answer, and how the server falls short of giving it.
public struct LoopbackResponse: Sendable {
    /// The status.
    public var status: Int
    /// The header fields. A length that is given here is told instead of the body's.
    public var headers: [(String, String)]
    /// The body.
    public var body: [UInt8]
    /// After how many bytes of the body the server hangs up.
    public var cutAfter: Int?
    /// After how many bytes of the body nothing more comes, while the connection stays.
    public var stallsAfter: Int?
    /// How long the server waits before each 64 KiB of the body.
    public var slowly = Duration.zero

    /// Takes the parts.
    public init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = [], cutAfter: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.cutAfter = cutAfter
    }

    /// An answer with text.
    public init(_ status: Int, headers: [(String, String)] = [], text: String) {
        self.init(status, headers: headers, body: Array(text.utf8))
    }

    /// No answer: the server hangs up where it should give one. An interim answer is none, also to a HEAD.
    public static let hangUp = LoopbackResponse(103, body: [0], cutAfter: 0)

    /// The answer to a HEAD: the length is told, the body is not sent.
    var withoutBody: LoopbackResponse {
        var answer = self
        if !headers.contains(where: { $0.0 == "Content-Length" }) {
            answer.headers.append(("Content-Length", String(body.count)))
        }
        answer.body = []
        return answer
    }

    var response: HTTPResponse {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.addValue(value, for: HTTPHeader(name)) }
        let code = HTTPStatusCode(status, phrase: "Status")
        let end: TroubledBody.End = cutAfter != nil ? .hangUp : stallsAfter != nil ? .stall : .asTold
        guard end != .asTold || slowly > .zero else {
            return HTTPResponse(statusCode: code, headers: fields, body: Data(body))
        }
        let troubled = TroubledBody(
            bytes: Array(body.prefix(cutAfter ?? stallsAfter ?? .max)), end: end, slowly: slowly)
        return HTTPResponse(
            statusCode: code, headers: fields,
            body: HTTPBodySequence(from: troubled, count: body.count, suggestedBufferSize: 64 << 10))
    }
}

/// Bytes that come slowly, or that end before they should.
private struct TroubledBody: AsyncBufferedSequence {
    enum End: Sendable {
        case asTold
        /// An error, at which FlyingFox closes the connection.
        case hangUp
        /// No end, until the server is stopped.
        case stall
    }

    typealias Element = UInt8
    let bytes: [UInt8]
    let end: End
    let slowly: Duration

    func makeAsyncIterator() -> Iterator { Iterator(rest: bytes[...], end: end, slowly: slowly) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var rest: ArraySlice<UInt8>
        let end: End
        let slowly: Duration

        mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

        mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
            guard !rest.isEmpty else {
                switch end {
                case .asTold: return nil
                case .hangUp: throw SocketError.disconnected
                case .stall:
                    try await Task.sleep(for: .seconds(3600))
                    throw SocketError.disconnected
                }
            }
            if slowly > .zero { try await Task.sleep(for: slowly) }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
    }
}
