import Diagnostics
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes
import Service

/// The body of a request in pieces.
///
/// A client that waits for leave to send it (`Expect: 100-continue`, RFC 9110, 10.1.1) gets it with the first piece that is
/// asked for: whoever is refused before sends nothing. A body that ends before the length that it was said to have is an
/// error, so that nothing is taken for whole that was cut off.
struct RequestContent: AsyncSequence, Sendable {
    typealias Element = ByteBufferView

    private let request: Request
    private let channel: any Channel

    init(_ request: Request, _ context: APIContext) {
        self.request = request
        channel = context.channel
    }

    /// How long it is said to be.
    var declaredLength: Int64? { request.headers[.contentLength].flatMap { Int64($0) } }

    func makeAsyncIterator() -> Iterator {
        let expects = request.headers[.expect]?.lowercased() == "100-continue"
        return Iterator(
            body: request.body.makeAsyncIterator(), declared: declaredLength, channel: expects ? channel : nil)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var body: RequestBody.AsyncIterator
        fileprivate let declared: Int64?
        fileprivate var channel: (any Channel)?
        private var count: Int64 = 0

        fileprivate init(body: RequestBody.AsyncIterator, declared: Int64?, channel: (any Channel)?) {
            self.body = body
            self.declared = declared
            self.channel = channel
        }

        mutating func next() async throws -> ByteBufferView? {
            if let channel {
                self.channel = nil
                try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)))
            }
            guard let buffer = try await body.next() else {
                guard declared.map({ $0 == count }) ?? true else {
                    throw ServiceError(.invalidRequest, "the body ended after \(count) of \(declared ?? 0) bytes")
                }
                return nil
            }
            count += Int64(buffer.readableBytes)
            return buffer.readableBytesView
        }
    }
}
