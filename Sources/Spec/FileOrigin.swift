/// Where a copy takes its files from, if not from the context.
public enum FileOrigin: Sendable, Hashable {
    /// An earlier stage of the build, by its name.
    case stage(String)
    /// An image.
    case image(BaseSource)
}

extension FileOrigin: Codable {
    // One member whose name is the kind: `{"stage": "builder"}`.
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case stage, image
    }

    /// Reads the object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "files come from a stage or from an image"))
        }
        switch key {
        case .stage: self = .stage(try container.decode(String.self, forKey: key))
        case .image: self = .image(try container.decode(BaseSource.self, forKey: key))
        }
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .stage(let name): try container.encode(name, forKey: .stage)
        case .image(let source): try container.encode(source, forKey: .image)
        }
    }
}
