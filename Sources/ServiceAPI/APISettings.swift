public import Service

/// Where the API is served, and what holds for all its callers.
public struct APISettings: Sendable, Hashable {
    /// Where the server listens.
    public var address: ListenAddress
    /// Its certificate; nil speaks plain HTTP.
    public var tls: TLSFiles?
    /// Whether requests without a token are served that come from this machine: as a builder of the project `default`.
    /// One that a browser sent on behalf of a page, or that a proxy passed on, is none of these.
    public var allowsAnonymousLoopback = false
    /// How many unknown tokens an address may send within a minute before it has to wait for the next.
    public var failedLoginLimit = 20
    /// The longest time that `Prefer: wait=…` holds a request. Proxies hang up after about a minute.
    public var longestWait = Duration.seconds(60)
    /// How long an event stream is silent before a comment keeps proxies from ending it.
    public var heartbeat = Duration.seconds(15)
    /// How long a stopping server waits for answers that are on their way before it hangs up.
    public var drain = Duration.seconds(10)
    /// After which silence of a client within a request, or between two, its connection is closed.
    public var idleTimeout = Duration.seconds(120)

    /// The usual settings with an address.
    public init(address: ListenAddress, tls: TLSFiles? = nil) {
        self.address = address
        self.tls = tls
    }
}
