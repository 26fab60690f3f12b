/// What a user lends to the processes that fetch, by id: `--secret id=…`. What an id stands for is for the room that uses
/// it to say.
///
/// It is no part of a spec, has no description and is not Codable, since it must not get into anything that is kept or
/// shown.
public struct SecretSet: Sendable, Hashable {
    private var values: [String: [UInt8]]

    /// Takes the values.
    public init(_ values: [String: [UInt8]] = [:]) { self.values = values }

    /// Whether there is none.
    public var isEmpty: Bool { values.isEmpty }

    /// The ids, sorted.
    public var ids: [String] { values.keys.sorted() }

    /// A secret as it was given.
    public func bytes(_ id: String) -> [UInt8]? { values[id] }

    /// A secret as text, without the line's end that files have; nil where there is none, or where it is no UTF-8.
    public func text(_ id: String) -> String? {
        guard let bytes = values[id], var text = String(validating: bytes, as: UTF8.self) else { return nil }
        if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
        return text
    }

    /// The secrets without some.
    public func without(_ ids: Set<String>) -> SecretSet { SecretSet(values.filter { !ids.contains($0.key) }) }

    /// The secrets with others, which win.
    public func adding(_ others: [String: [UInt8]]) -> SecretSet { SecretSet(values.merging(others) { $1 }) }
}

extension SecretSet: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing of the values.
    public var description: String { "…" }
    /// Nothing of the values.
    public var debugDescription: String { "…" }
    /// Nothing of the values.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
