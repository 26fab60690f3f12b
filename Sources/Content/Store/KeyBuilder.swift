public import Diagnostics
public import OCI

/// Makes the digest of a list of parts, each framed by its length, so that no two lists share one: ("ab", "c") is not
/// ("a", "bc"). Unframed keys have handed out wrong layers elsewhere.
public struct KeyBuilder {
    private var bytes: [UInt8] = []

    /// Starts a key.
    /// - Parameters:
    ///   - kind: what the key is for.
    ///   - formatVersion: raised whenever the same parts would lead to another result.
    public init(kind: String, formatVersion: Int) {
        append(kind)
        append(formatVersion)
    }

    /// Adds a text.
    public mutating func append(_ text: String) {
        frame(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds a number.
    public mutating func append(_ number: some BinaryInteger) { append(String(number)) }

    /// Adds a text or its absence, which differs from an empty text.
    public mutating func append(_ text: String?) {
        append(text == nil ? 0 : 1)
        if let text { append(text) }
    }

    /// Adds a list, framed by its length.
    public mutating func append<Element>(_ list: [Element], _ body: (inout KeyBuilder, Element) -> Void) {
        append(list.count)
        for element in list { body(&self, element) }
    }

    /// The digest of all parts.
    public func digest() throws(ContentError) -> Digest { try Digester.digest(of: bytes) }

    private mutating func frame(_ count: Int) {
        withUnsafeBytes(of: UInt64(count).littleEndian) { bytes.append(contentsOf: $0) }
    }
}
