/// Where a project wants to be told of builds.
public struct Webhook: Sendable, Hashable, Codable {
    /// By which it is listed and removed.
    public var id: String
    /// Whose builds it is told of.
    public var project: String
    /// Where messages are posted to.
    public var url: String
    /// The key of the signature, encrypted.
    public var sealedSecret: [UInt8]

    /// Takes the parts.
    public init(id: String, project: String, url: String, sealedSecret: [UInt8]) {
        self.id = id
        self.project = project
        self.url = url
        self.sealedSecret = sealedSecret
    }
}

/// A message to a webhook that is not delivered yet.
public struct WebhookDelivery: Sendable, Hashable {
    /// Its number, by which receivers know a repeated one.
    public var id: Int64
    /// Where it goes.
    public var webhook: Webhook
    /// The JSON that is sent: a `BuildStateEvent` with the build's id and project.
    public var body: String
    /// How often it was tried, this time among them.
    public var attempts: Int

    /// Takes the parts.
    public init(id: Int64, webhook: Webhook, body: String, attempts: Int) {
        self.id = id
        self.webhook = webhook
        self.body = body
        self.attempts = attempts
    }
}
