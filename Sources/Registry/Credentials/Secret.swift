/// A password or a token. It shows nothing of itself, neither in texts nor to a debugger's dump.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// Keeps a value.
    public init(_ value: String) { self.value = value }

    /// The value, for the one place that sends it.
    public func reveal() -> String { value }

    /// Nothing of the value.
    public var description: String { "…" }

    /// Nothing of the value.
    public var debugDescription: String { "…" }

    /// Nothing of the value.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
