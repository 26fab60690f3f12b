import Diagnostics
import FoundationEssentials
import OCI

/// Reads the JSON documents of images.
enum ImageDocument {
    /// The most that a manifest, an index or a configuration may take, in bytes. Registries allow 4 MiB.
    static let limit = 8 << 20

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], what: String) throws -> Value {
        do {
            return try CanonicalJSON.decode(type, from: Data(bytes))
        } catch {
            throw ImageError(.invalidImage, "the \(what) cannot be read", cause: error)
        }
    }
}
