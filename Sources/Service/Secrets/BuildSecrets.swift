import Spec

/// What a caller lends to one build: credentials of registries and indexes, and secrets by their ids. They are encrypted before they are stored, and
/// deleted when the build ends.
public struct BuildSecrets: Sendable, Hashable, Codable {
    /// A user and a password.
    public struct Login: Sendable, Hashable, Codable {
        /// For whom: `registry` or `registry/namespace`, or the host of an index.
        public var scope: String
        /// The user's name.
        public var username: String
        /// The password, or a token in its place.
        public var password: String

        /// Takes the parts.
        public init(scope: String, username: String, password: String) {
            self.scope = scope
            self.username = username
            self.password = password
        }
    }

    /// A secret of `--secret`.
    public struct Named: Sendable, Hashable, Codable {
        /// What it is asked for by.
        public var id: String
        /// The secret.
        public var value: String

        /// Takes the parts.
        public init(id: String, value: String) {
            self.id = id
            self.value = value
        }
    }

    /// By registry.
    public var registries: [Login]
    /// By the host of an index, `host[:port]`.
    public var indexes: [Login]
    /// By id.
    public var named: [Named]

    /// Takes the parts.
    public init(registries: [Login] = [], indexes: [Login] = [], named: [Named] = []) {
        self.registries = registries
        self.indexes = indexes
        self.named = named
    }

    /// Reads what was kept, before there were ids, too.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        registries = try container.decode([Login].self, forKey: .registries)
        indexes = try container.decode([Login].self, forKey: .indexes)
        named = try container.decodeIfPresent([Named].self, forKey: .named) ?? []
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { registries.isEmpty && indexes.isEmpty && named.isEmpty }

    /// The secrets as a build takes them.
    var set: SecretSet { SecretSet(Dictionary(named.map { ($0.id, Array($0.value.utf8)) }, uniquingKeysWith: { $1 })) }
}

extension BuildSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing of the values.
    public var description: String { "…" }
    /// Nothing of the values.
    public var debugDescription: String { "…" }
    /// Nothing of the values.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
