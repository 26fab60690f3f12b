/// What is kept for how long, and how much of it.
public struct HousekeepingSettings: Sendable, Hashable {
    /// The most bytes that the caches take together.
    public var cacheSize: Int64 = 50 << 30
    /// What was used within this time is never collected.
    public var grace = Duration.seconds(3600)
    /// How long builds that ended are kept, with their events and results.
    public var buildRetention = Duration.seconds(30 * 86_400)
    /// How long contexts are kept that no build used.
    public var contextRetention = Duration.seconds(7 * 86_400)
    /// How often it is looked.
    public var interval = Duration.seconds(300)

    /// The usual settings.
    public init() {}
}
