import Hummingbird
import OCI
import Service

/// One line of an answer that goes on for a while: what docker's clients print.
struct EngineLine: Encodable, Sendable {
    /// What happened, of a build.
    var stream: String?
    /// What happened, of a push or a pull.
    var status: String?
    /// To which layer.
    var id: String?
    /// What programs look for.
    var aux: Aux?
    /// Why it ends here.
    var error: String?
    /// The same once more, in the newer form.
    var errorDetail: Detail?

    struct Detail: Encodable, Sendable {
        var message: String
    }

    struct Aux: Encodable, Sendable {
        /// The image that was built.
        var image: Digest?
        /// The tag that was pushed.
        var tag: String?
        /// The digest that it has in the registry.
        var digest: Digest?
        /// The bytes of the manifest.
        var size: Int64?

        private enum CodingKeys: String, CodingKey {
            case image = "ID"
            case tag = "Tag"
            case digest = "Digest"
            case size = "Size"
        }
    }

    init(stream: String) { self.stream = stream }
    init(status: String, id: String? = nil) { (self.status, self.id) = (status, id) }
    init(aux: Aux) { self.aux = aux }
    init(error: String) { (self.error, errorDetail) = (error, Detail(message: error)) }
}

/// Writes lines to a client.
struct EngineStream {
    private var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    mutating func write(_ line: EngineLine) async throws {
        try await writer.write(ByteBuffer(bytes: JSONAnswer.encode(line) + [0x0D, 0x0A]))
    }

    /// An answer of lines. What goes wrong is its last one: the status has been sent by then.
    static func response(_ body: @escaping @Sendable (inout EngineStream) async throws -> Void) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var stream = EngineStream(writer)
                do {
                    try await body(&stream)
                } catch let error as any EngineEnd {
                    throw error
                } catch {
                    try await stream.write(EngineLine(error: EngineMessage.text(of: error)))
                }
                try await writer.finish(nil)
            })
    }
}

/// Ends a stream without a word: nobody listens any more.
protocol EngineEnd: Error {}
