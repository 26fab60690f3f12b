/// A way in which a `TestRegistry` misbehaves: which requests it hits, how often, and what happens to them.
public struct Fault: Sendable {
    /// What happens.
    public enum Effect: Sendable {
        /// The request is answered with this instead of being served.
        case answer(LoopbackResponse)
        /// The server hangs up after so many bytes of the request's body, without having served it.
        case hangUp(afterReceiving: Int)
        /// The server hangs up after so many bytes of a chunk, which it keeps.
        case breakOff(afterReceiving: Int)
        /// So many bytes of a chunk are kept, and the answer says so.
        case shortRange(Int)
        /// A longer body than this is refused with a status.
        case refuseBodies(above: Int, status: Int)
        /// The request is served, and the server hangs up after so many bytes of the answer's body.
        case cut(after: Int)
        /// The request is served, and a field of the answer is replaced, or left out.
        case field(name: String, value: String?)
        /// The answer's `Location` loses its scheme and host.
        case relativeLocation
        /// The answer's `Location`, or the blob asked for, is at another origin.
        case otherOrigin(String)
        /// The request is sent on to another origin (307).
        case redirect(String)
        /// A mount is not done: an upload session is opened (202).
        case ignoreMount
        /// The upload session is forgotten before the request is served.
        case loseSession
        /// So many bytes of the request's body are taken, and then nothing more happens, while the connection stays.
        case stall(afterReceiving: Int)
        /// The request is served, and after so many bytes of the answer's body nothing more comes.
        case stallAnswer(after: Int)
        /// Body and answer are taken and given with a pause at each 64 KiB.
        case slow(Duration)
        /// The answer's `Location` loses its port.
        case dropPort
        /// A tag that is there is not written again, whatever it is to stand for: Amazon's way.
        case immutableTags
        /// The bearer token of the request counts as expired.
        case expireToken
    }

    /// The method it hits; nil hits all.
    public var method: String?
    /// A text that the path contains.
    public var path: String
    /// A name that the query has.
    public var query: String?
    /// How many matching requests are let through first.
    public var skipping: Int
    /// How many requests are hit then.
    public var times: Int
    /// What happens.
    public var effect: Effect

    /// Takes the parts; the path matches everything unless given.
    public init(
        _ effect: Effect, on method: String? = nil, path: String = "/", query: String? = nil, skipping: Int = 0,
        times: Int = .max
    ) {
        self.effect = effect
        self.method = method
        self.path = path
        self.query = query
        self.skipping = skipping
        self.times = times
    }

    /// Whether it hits this request. Counts it either way.
    mutating func hits(_ request: LoopbackRequest) -> Bool {
        guard method.map({ $0 == request.method }) ?? true, request.path.contains(path),
            query.map({ request.query($0) != nil }) ?? true, times > 0
        else { return false }
        if skipping > 0 {
            skipping -= 1
            return false
        }
        times -= 1
        return true
    }
}
