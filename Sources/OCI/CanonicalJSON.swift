public import FoundationEssentials

/// JSON whose bytes are a pure function of the value: keys sorted, no white space, slashes not escaped. Documents that
/// are named by their digest are written with it.
public enum CanonicalJSON {
    /// Writes a value.
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// Reads a value.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: Data) throws -> Value {
        try JSONDecoder().decode(type, from: bytes)
    }
}
