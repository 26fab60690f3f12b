/// How much of what a cache holds.
public struct CacheUsage: Sendable, Hashable, Codable {
    /// Of one kind, or of all.
    public struct Amount: Sendable, Hashable, Codable {
        /// How many entries.
        public var count = 0
        /// Their bytes.
        public var bytes: Int64 = 0
        /// When one of them was last used, seconds since 1970; nil where there is none.
        public var lastUsed: Int64?

        /// Nothing.
        public init() {}

        /// Adds entries.
        mutating func add(count: Int, bytes: Int64, lastUsed: Int64?) {
            self.count += count
            self.bytes += bytes
            if let lastUsed { self.lastUsed = max(self.lastUsed ?? lastUsed, lastUsed) }
        }

        enum CodingKeys: String, CodingKey {
            case count, bytes
            case lastUsed = "last_used"
        }
    }

    /// The amounts of the kinds that there are.
    public private(set) var kinds: [CacheEntry.Kind: Amount] = [:]

    /// Counts entries.
    public init(_ entries: some Sequence<CacheEntry> = []) {
        for entry in entries {
            kinds[entry.kind, default: Amount()]
                .add(count: 1, bytes: entry.size, lastUsed: entry.lastUsed / 1_000_000_000)
        }
    }

    /// All kinds together.
    public var total: Amount {
        kinds.values.reduce(into: Amount()) { $0.add(count: $1.count, bytes: $1.bytes, lastUsed: $1.lastUsed) }
    }

    /// Both together.
    public static func + (left: CacheUsage, right: CacheUsage) -> CacheUsage {
        var sum = left
        for (kind, amount) in right.kinds {
            sum.kinds[kind, default: Amount()]
                .add(count: amount.count, bytes: amount.bytes, lastUsed: amount.lastUsed)
        }
        return sum
    }
}
