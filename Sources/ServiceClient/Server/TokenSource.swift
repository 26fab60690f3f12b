public import Registry

/// Where the token for a server comes from.
public protocol TokenSource: Sendable {
    /// The token to send; nil comes without.
    func token() async throws -> Secret?
    /// Another one in place of one, or of none, that the server refused; nil where there is no other.
    func token(inPlaceOf refused: Secret?) async throws -> Secret?
}

/// A token that stays what it is, or none.
public struct FixedToken: TokenSource {
    private let secret: Secret?

    /// Keeps a token; nil comes without.
    public init(_ secret: Secret?) { self.secret = secret }

    /// The token.
    public func token() -> Secret? { secret }

    /// None.
    public func token(inPlaceOf refused: Secret?) -> Secret? { nil }
}
