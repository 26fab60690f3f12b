/// What a caller lends to one build: credentials of registries and indexes. They are encrypted before they are stored, and
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

    /// By registry.
    public var registries: [Login]
    /// By the host of an index, `host[:port]`.
    public var indexes: [Login]

    /// Takes the parts.
    public init(registries: [Login] = [], indexes: [Login] = []) {
        self.registries = registries
        self.indexes = indexes
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { registries.isEmpty && indexes.isEmpty }
}

extension BuildSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing of the values.
    public var description: String { "…" }
    /// Nothing of the values.
    public var debugDescription: String { "…" }
    /// Nothing of the values.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
