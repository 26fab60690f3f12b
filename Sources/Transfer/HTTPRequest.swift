public import Content
import Diagnostics
import FoundationEssentials

/// A request as a value.
public struct HTTPRequest: Sendable {
    /// The request's method.
    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"

        /// Whether asking changes nothing, so that a redirect may be followed without asking anybody.
        var isSafe: Bool { self == .get || self == .head }
    }

    /// What is sent along.
    public enum Body: Sendable {
        /// Nothing.
        case none
        /// Bytes in memory.
        case bytes([UInt8])
        /// Content that is streamed, opened afresh for each attempt.
        case blob(Blob)
        /// Some bytes of such content.
        case part(Blob, Range<Int64>)

        /// The length in bytes.
        public var size: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .blob(let blob): blob.size
            case .part(_, let range): range.upperBound - range.lowerBound
            }
        }

        func open() throws -> (any ByteReader)? {
            switch self {
            case .none: nil
            case .bytes(let bytes): MemoryReader(bytes)
            case .blob(let blob): try blob.open()
            case .part(let blob, let range): try blob.open(range)
            }
        }
    }

    /// When a transfer counts as dead.
    public struct Timeouts: Sendable, Hashable {
        /// How long connecting may take, TLS included.
        public var connect: Duration
        /// How long it may be silent.
        public var stall: Duration

        /// Takes the parts.
        public init(connect: Duration = .seconds(20), stall: Duration = .seconds(60)) {
            self.connect = connect
            self.stall = stall
        }
    }

    /// The method.
    public var method: Method
    /// Who is asked for what.
    public var url: HTTPURL
    /// The header fields. Host, length and the like are libcurl's.
    public var headers: HTTPHeaders
    /// What is sent along.
    public var body: Body
    /// When the transfer counts as dead.
    public var timeouts = Timeouts()
    /// How many redirects of a GET or HEAD are followed. None of any other method is.
    public var redirects = 10
    /// The longest body of a good answer that is collected in memory, in bytes. A sink has no limit.
    public var responseLimit = 8 << 20

    /// Whether the connection is all that is wanted: nothing is sent, so nobody has to vouch for the host's certificate.
    var connectsOnly = false

    /// Makes the transfer go on after the sink of its body had to wait; nil where no sink waits.
    public var flow: TransferFlow?

    /// Takes the parts. User information of the URL becomes an `Authorization` field unless `headers` has one.
    public init(_ method: Method, _ url: HTTPURL, headers: HTTPHeaders = [:], body: Body = .none) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        if let user = url.userInformation, headers["Authorization"] == nil {
            self.headers["Authorization"] = HTTPRequest.basicAuthorization(user: user.user, password: user.password)
        }
    }

    /// The value of an `Authorization` field by RFC 7617.
    public static func basicAuthorization(user: String, password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// Where a failure of this request happened.
    var context: [FailureContext] {
        [FailureContext("host", url.host), FailureContext("request", "\(method.rawValue) \(url)")]
    }
}
