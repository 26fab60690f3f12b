public import Diagnostics
public import Transfer

// Builds on a server, from the caller's side: the same request that the engine of this machine would be given goes up
// by digest, its events are followed, and what comes of it is written here. The room knows the REST API
// (docs/service-api.md) and nothing of the server's inside; its document types are the `Service` room's.

/// A server that cannot be asked, or what one answered: code, message, places and hints of a problem are the server's
/// own.
public typealias ClientError = Failure<ClientErrorCode>

/// What can go wrong with a server: codes of our own, and whatever code the server names.
public struct ClientErrorCode: ClassifiedCode {
    /// The code, `snake_case`.
    public let rawValue: String
    /// Who has to act.
    public let blame: Blame
    /// Whether trying again can help.
    public let failureClass: FailureClass

    /// A code that a server names.
    public init(_ name: String, blame: Blame, failureClass: FailureClass = .permanent) {
        rawValue = name
        self.blame = blame
        self.failureClass = failureClass
    }

    /// A code by its name, that of a failure outside.
    public init?(rawValue: String) { self.init(rawValue, blame: .outside) }

    /// Codes are equal by their names.
    public static func == (left: ClientErrorCode, right: ClientErrorCode) -> Bool { left.rawValue == right.rawValue }

    /// The text is not the address of a server that may be asked.
    public static let invalidServer = ClientErrorCode("invalid_server", blame: .request)
    /// No server is named.
    public static let noServer = ClientErrorCode("no_server", blame: .request)
    /// What was asked for cannot be asked of a server.
    public static let notOnServer = ClientErrorCode("not_on_server", blame: .request)
    /// The text is not the id of a build.
    public static let invalidBuild = ClientErrorCode("invalid_build", blame: .request)
    /// A token, or the file of tokens, cannot be used.
    public static let invalidCredentials = ClientErrorCode("invalid_credentials", blame: .request)
    /// A file of the connection to the server cannot be used: an authority, a certificate, a key.
    public static let unusableFile = ClientErrorCode("unusable_file", blame: .request)
    /// Whoever should give us a token gives none.
    public static let noToken = ClientErrorCode("no_token", blame: .outside)
    /// The server lacks content that the context names.
    public static let missingContent = ClientErrorCode("missing_content", blame: .request)
    /// Somebody called the build off.
    public static let cancelled = ClientErrorCode("cancelled", blame: .outside)
    /// A server that had accepted a build stayed away for too long.
    public static let serverLost = ClientErrorCode("server_lost", blame: .outside)
    /// Something answers that is not the API, or not in its form.
    public static let invalidAnswer = ClientErrorCode("invalid_answer", blame: .outside)
}
