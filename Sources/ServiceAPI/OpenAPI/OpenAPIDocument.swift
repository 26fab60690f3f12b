import Diagnostics
import FoundationEssentials
import Service
import Yams

/// The OpenAPI 3.1 document: YAML in this directory's other files, which the server hands out as JSON.
///
/// Answers that many operations share stand under `x-answers` and are merged in (`<<`, YAML's merge key).
enum OpenAPIDocument {
    /// The document with the program's version.
    static func json(version: String) throws -> Data {
        guard let node = try Yams.compose(yaml: yaml), case .object(var document) = JSONValue(node) else {
            throw ServiceError(.invalidConfiguration, "the OpenAPI document is not a mapping")
        }
        document["x-answers"] = nil
        if case .object(var info) = document["info"] {
            info["version"] = .string(version)
            document["info"] = .object(info)
        }
        return try JSONAnswer.encode(JSONValue.object(document))
    }

    private static var yaml: String {
        [head, statusPaths, buildPaths, contextPaths, administrationPaths, components, buildSchemas, otherSchemas]
            .joined(separator: "\n")
    }
}

/// A JSON value.
enum JSONValue: Encodable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Takes a YAML node; merge keys are followed.
    init(_ node: Node) {
        switch node {
        case .sequence(let sequence): self = .array(sequence.map { JSONValue($0) })
        case .mapping(let mapping):
            var object: [String: JSONValue] = [:]
            var merged: [String: JSONValue] = [:]
            for (key, value) in mapping {
                let value = JSONValue(value)
                guard key.string == "<<" else {
                    object[key.string ?? ""] = value
                    continue
                }
                let parts = if case .array(let parts) = value { parts } else { [value] }
                for case .object(let part) in parts { merged.merge(part) { first, _ in first } }
            }
            self = .object(object.merging(merged) { own, _ in own })
        case .scalar(let scalar):
            guard scalar.style == .plain else {
                self = .string(scalar.string)
                return
            }
            self =
                if node.null != nil {
                    .null
                } else if let value = node.bool {
                    .bool(value)
                } else if let value = node.int {
                    .integer(value)
                } else if let value = node.float {
                    .number(value)
                } else {
                    .string(scalar.string)
                }
        case .alias: self = .null
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
