import CCurl
import Diagnostics

/// libcurl's easy handle for one request, with the memory that it refers to.
final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    private let configuration: HTTPClient.Configuration
    private let peer: PeerSettings
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Sets up a handle.
    init(_ request: HTTPRequest, configuration: HTTPClient.Configuration, peer: PeerSettings) throws(TransferError) {
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard let handle = curl_easy_init() else {
            message.deallocate()
            throw TransferError(.failed, "libcurl has no memory for a transfer", context: request.context)
        }
        self.handle = handle
        self.configuration = configuration
        self.peer = peer
        setConnection(request)
        try setTrust()
        setBody(request)
        try setFields(request)
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fields)
        message.deallocate()
    }

    private func set(_ option: CURLoption, _ value: Int) { cooperage_curl_setopt_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String) { cooperage_curl_setopt_string(handle, option, value) }

    private func setConnection(_ request: HTTPRequest) {
        set(CURLOPT_URL, request.url.text)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        cooperage_curl_setopt_pointer(handle, CURLOPT_ERRORBUFFER, message)
        // Signals would hit other threads; the engine's thread blocks SIGPIPE instead.
        set(CURLOPT_NOSIGNAL, 1)
        // A cancelled transfer does not wait for the name server.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_CONNECTTIMEOUT_MS, request.timeouts.connect.milliseconds)
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, max(1, request.timeouts.stall.milliseconds / 1000))
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        if request.connectsOnly { set(CURLOPT_CONNECT_ONLY, 1) }
        // A proxy of the environment serves the world, never this machine.
        if request.url.isLoopback || configuration.admits != nil { set(CURLOPT_PROXY, "") }
    }

    /// Says whose certificates are believed, and which one we show.
    private func setTrust() throws(TransferError) {
        let roots = TrustedRoots(
            file: configuration.certificateFile, directory: configuration.certificateDirectory)
        if let directory = roots.directory, peer.isVerified { set(CURLOPT_CAPATH, directory) }
        if !peer.isVerified {
            // Authorities would be read all the same.
            cooperage_curl_setopt_pointer(handle, CURLOPT_CAINFO, nil)
            cooperage_curl_setopt_pointer(handle, CURLOPT_CAPATH, nil)
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        } else if !peer.authorities.isEmpty {
            var bytes = try roots.joined(with: peer.authorities, handle)
            bytes.withUnsafeMutableBytes { bytes in
                var blob = curl_blob(
                    data: bytes.baseAddress, len: bytes.count, flags: UInt32(CURL_BLOB_COPY))
                cooperage_curl_setopt_pointer(handle, CURLOPT_CAINFO_BLOB, &blob)
            }
        } else if let file = roots.file {
            set(CURLOPT_CAINFO, file)
        }
        if let identity = peer.identity {
            set(CURLOPT_SSLCERT, identity.certificateFile)
            set(CURLOPT_SSLKEY, identity.keyFile)
            // Otherwise OpenSSL would ask for a key's password at the terminal.
            set(CURLOPT_KEYPASSWD, "")
        }
    }

    private func setBody(_ request: HTTPRequest) {
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .delete: set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .post, .put, .patch:
            // Also without a body: its length 0 has to be told.
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            cooperage_curl_setopt_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.body.size))
        }
    }

    private func setFields(_ request: HTTPRequest) throws(TransferError) {
        // Waiting for "100 Continue" costs a second where the server does not know it.
        fields = curl_slist_append(fields, "Expect:")
        var headers = request.headers
        if headers["User-Agent"] == nil { headers["User-Agent"] = configuration.userAgent }
        for field in headers.fields {
            guard (field.name + field.value).unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\t" }) else {
                throw TransferError(
                    .invalidHeader, "the header field '\(field.name)' holds a control character",
                    context: request.context)
            }
            // libcurl writes "Name:" for "Name;" and takes a bare "Name:" as "leave this one out".
            fields = curl_slist_append(fields, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        cooperage_curl_setopt_list(handle, CURLOPT_HTTPHEADER, fields)
    }

    /// Has each address go past a `CurlTransfer` before it is connected to.
    func setAdmission(context: UnsafeMutableRawPointer) {
        cooperage_curl_setopt_pointer(handle, CURLOPT_OPENSOCKETDATA, context)
        cooperage_curl_setopt_socket(handle, CURLOPT_OPENSOCKETFUNCTION) { context, _, address in
            guard let address, let transfer = CurlEasy.transfer(context) else { return CURL_SOCKET_BAD }
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = cooperage_curl_address(address, &bytes)
            guard transfer.admits(PeerAddress(bytes: Array(bytes.prefix(Int(count))))) else { return CURL_SOCKET_BAD }
            return cooperage_curl_open_socket(address)
        }
    }

    /// Directs libcurl's callbacks to a `CurlTransfer`.
    func setCallbacks(context: UnsafeMutableRawPointer) {
        for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA] {
            cooperage_curl_setopt_pointer(handle, option, context)
        }
        cooperage_curl_setopt_data(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return CurlEasy.transfer(context)?.takeHeader(line) == true ? line.count : 0
        }
        cooperage_curl_setopt_data(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
            switch CurlEasy.transfer(context)?.takeBody(piece) {
            case .taken: return piece.count
            case .waits: return Int(CURL_WRITEFUNC_PAUSE)
            // Another number than the piece's length ends the transfer, also for an empty piece.
            case .refused, nil: return piece.count &+ 1
            }
        }
        cooperage_curl_setopt_data(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
            let room = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
            switch CurlEasy.transfer(context)?.giveBody(room) {
            case .given(let count): return count
            case .waits: return Int(CURL_READFUNC_PAUSE)
            case .failed, nil: return Int(CURL_READFUNC_ABORT)
            }
        }
        cooperage_curl_setopt_seek(handle, CURLOPT_SEEKFUNCTION) { context, offset, _ in
            guard offset == 0, CurlEasy.transfer(context)?.rewindBody() == true else { return CURL_SEEKFUNC_FAIL }
            return CURL_SEEKFUNC_OK
        }
    }

    /// Goes on where a callback had to wait.
    func resume() { curl_easy_pause(handle, 0) }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// What libcurl's verdict means.
    func error(_ code: CURLcode, _ request: HTTPRequest) -> TransferError {
        let detail = String(cString: message)
        let words = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        func failure(_ code: TransferErrorCode, hints: [String] = []) -> TransferError {
            TransferError(code, words.lowercasedFirst, context: request.context, hints: hints)
        }
        if let verdict = ProxyVerdict(words) {
            return TransferError(verdict.code, verdict.message, context: request.context, hints: verdict.hints)
        }
        // In TLS 1.3 the other side's verdict on a certificate comes where its answer is awaited.
        if [CURLE_SSL_CONNECT_ERROR, CURLE_SEND_ERROR, CURLE_RECV_ERROR].contains(code),
            let verdict = TLSVerdict(words)
        {
            return failure(verdict.code, hints: hints(verdict, request))
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
            return failure(.unreachable)
        case CURLE_OPERATION_TIMEDOUT: return failure(.timedOut)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return failure(.untrusted, hints: [distrustHint(words, request)])
        case CURLE_SSL_CERTPROBLEM: return unusableIdentity(words, request)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_SSL_CONNECT_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_ABORTED_BY_CALLBACK:
            return failure(.interrupted)
        // Something else than an HTTP answer, such as the body that a HEAD must not have: a fresh connection is clean.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL: return failure(.interrupted)
        default: return failure(.failed)
        }
    }

    private func hints(_ verdict: TLSVerdict, _ request: HTTPRequest) -> [String] {
        switch verdict {
        case .noTLS: return ["\(request.url.host) seems to speak plain HTTP on port \(request.url.port)"]
        case .noAgreement: return []
        case .certificateRefused:
            guard let identity = peer.identity else {
                return ["\(request.url.host) serves those alone who show it a certificate"]
            }
            return [
                "has '\(identity.certificateFile)' expired, and is it of an authority that \(request.url.host) takes?"
            ]
        }
    }

    /// What can be done about a certificate that is not believed.
    private func distrustHint(_ words: String, _ request: HTTPRequest) -> String {
        let host = request.url.host
        if words.contains("has expired") { return "the certificate of \(host) has to be renewed there" }
        if words.contains("not yet valid") { return "is this machine's clock right? The certificate is from later" }
        if words.contains("subject name") {
            return "\(host) shows a certificate for other names: name it as its certificate does"
        }
        return peer.authorityHint ?? "SSL_CERT_FILE can name the certificates to trust"
    }

    private func unusableIdentity(_ words: String, _ request: HTTPRequest) -> TransferError {
        var places = request.context
        if let identity = peer.identity {
            places += [
                FailureContext("certificate", identity.certificateFile), FailureContext("key", identity.keyFile),
            ]
        }
        return TransferError(
            .unusableCertificate,
            "the certificate to show to \(request.url.host) cannot be used: \(words.lowercasedFirst)", context: places,
            hints: ["certificate and key are PEM files, the key belongs to the certificate and has no password"])
    }
}

extension Duration {
    /// Whole milliseconds.
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}

extension String {
    /// The text as part of a sentence: `SSL` stays as it is.
    fileprivate var lowercasedFirst: String {
        dropFirst().first?.isUppercase == true ? self : prefix(1).lowercased() + dropFirst()
    }
}
