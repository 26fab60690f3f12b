extension FileChange: Codable {
    // One member whose name is the kind: `{"remove": {…}}`.
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case copy, download, write, directory, link, touch, remove, mode, owner, user, group, member
    }

    /// Reads the object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a change of files has one kind"))
        }
        switch key {
        case .copy: self = .copy(try container.decode(FileCopy.self, forKey: key))
        case .download: self = .download(try container.decode(FileDownload.self, forKey: key))
        case .write: self = .write(try container.decode(FileText.self, forKey: key))
        case .directory: self = .directory(try container.decode(NewDirectory.self, forKey: key))
        case .link: self = .link(try container.decode(NewLink.self, forKey: key))
        case .touch: self = .touch(path: try container.decode(String.self, forKey: key))
        case .remove: self = .remove(try container.decode(FileRemoval.self, forKey: key))
        case .mode: self = .mode(try container.decode(ModeAssignment.self, forKey: key))
        case .owner: self = .owner(try container.decode(OwnerAssignment.self, forKey: key))
        case .user: self = .user(try container.decode(NewUser.self, forKey: key))
        case .group: self = .group(try container.decode(NewGroup.self, forKey: key))
        case .member: self = .member(try container.decode(NewMember.self, forKey: key))
        }
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .copy(let value): try container.encode(value, forKey: .copy)
        case .download(let value): try container.encode(value, forKey: .download)
        case .write(let value): try container.encode(value, forKey: .write)
        case .directory(let value): try container.encode(value, forKey: .directory)
        case .link(let value): try container.encode(value, forKey: .link)
        case .touch(let path): try container.encode(path, forKey: .touch)
        case .remove(let value): try container.encode(value, forKey: .remove)
        case .mode(let value): try container.encode(value, forKey: .mode)
        case .owner(let value): try container.encode(value, forKey: .owner)
        case .user(let value): try container.encode(value, forKey: .user)
        case .group(let value): try container.encode(value, forKey: .group)
        case .member(let value): try container.encode(value, forKey: .member)
        }
    }
}
