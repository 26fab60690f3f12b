/// A tenant: its builds, contexts, private content and credentials are seen by nobody else.
public struct Project: Sendable, Hashable, Codable {
    /// Its name: 1 to 63 lower-case letters, digits and dashes, a letter or digit at each end.
    public var name: String
    /// What its builds may do.
    public var policy: ProjectPolicy

    /// Takes the parts.
    public init(name: String, policy: ProjectPolicy = ProjectPolicy()) {
        self.name = name
        self.policy = policy
    }

    /// The project that exists from the start.
    public static let defaultName = "default"

    /// Whether a text can be a project's name. It becomes part of paths.
    public static func isValidName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(bytes.count), isAlphanumeric(bytes[0]), isAlphanumeric(bytes[bytes.count - 1]) else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
}

/// What the builds of a project may do. A pattern is a text in which `*` stands for any characters; an empty list of
/// patterns allows all.
public struct ProjectPolicy: Sendable, Hashable, Codable {
    /// Where images may be pushed: `registry/repository`.
    public var targets: [String]
    /// What images may start from: catalog names and `registry/repository`.
    public var bases: [String]
    /// From which hosts packages may come: URLs of indexes.
    public var indexes: [String]
    /// Whether code of requirements may run to build wheels (issue: Python environments).
    public var allowsSourceBuilds: Bool
    /// How many of its builds run at once.
    public var runningLimit: Int
    /// How many of its builds may wait.
    public var queuedLimit: Int
    /// The longest time that an attempt may take, in seconds.
    public var timeoutSeconds: Int
    /// How many webhooks it may have. Each change of a build's state writes a message to each of them.
    public var webhookLimit: Int
    /// How many messages may wait for one webhook. What a receiver that is down would be told above that is lost to it.
    public var deliveryLimit: Int

    /// Takes the parts.
    public init(
        targets: [String] = [], bases: [String] = [], indexes: [String] = [], allowsSourceBuilds: Bool = false,
        runningLimit: Int = 16, queuedLimit: Int = 10_000, timeoutSeconds: Int = 3600, webhookLimit: Int = 10,
        deliveryLimit: Int = 1000
    ) {
        self.targets = targets
        self.bases = bases
        self.indexes = indexes
        self.allowsSourceBuilds = allowsSourceBuilds
        self.runningLimit = runningLimit
        self.queuedLimit = queuedLimit
        self.timeoutSeconds = timeoutSeconds
        self.webhookLimit = webhookLimit
        self.deliveryLimit = deliveryLimit
    }

    enum CodingKeys: String, CodingKey {
        case targets, bases, indexes
        case allowsSourceBuilds = "allow_source_builds"
        case runningLimit = "running_limit"
        case queuedLimit = "queued_limit"
        case timeoutSeconds = "timeout_seconds"
        case webhookLimit = "webhook_limit"
        case deliveryLimit = "delivery_limit"
    }

    /// Reads the object; every member may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let usual = ProjectPolicy()
        self.init(
            targets: try container.decodeIfPresent([String].self, forKey: .targets) ?? [],
            bases: try container.decodeIfPresent([String].self, forKey: .bases) ?? [],
            indexes: try container.decodeIfPresent([String].self, forKey: .indexes) ?? [],
            allowsSourceBuilds: try container.decodeIfPresent(Bool.self, forKey: .allowsSourceBuilds) ?? false,
            runningLimit: try container.decodeIfPresent(Int.self, forKey: .runningLimit) ?? usual.runningLimit,
            queuedLimit: try container.decodeIfPresent(Int.self, forKey: .queuedLimit) ?? usual.queuedLimit,
            timeoutSeconds: try container.decodeIfPresent(Int.self, forKey: .timeoutSeconds) ?? usual.timeoutSeconds,
            webhookLimit: try container.decodeIfPresent(Int.self, forKey: .webhookLimit) ?? usual.webhookLimit,
            deliveryLimit: try container.decodeIfPresent(Int.self, forKey: .deliveryLimit) ?? usual.deliveryLimit)
    }
}
