import FoundationEssentials
import Service

/// The members that a document may have: one that is not known was meant to say something, and is not passed over.
indirect enum JSONShape: Sendable {
    /// Whatever its own type reads.
    case any
    /// An object with these members.
    case object([String: JSONShape])
    /// A list.
    case list(JSONShape)

    /// An object whose members have no members of their own.
    static func members(_ names: [String]) -> JSONShape {
        .object(Dictionary(names.map { ($0, .any) }, uniquingKeysWith: { $1 }))
    }
}

/// The body of a request.
protocol RequestDocument: Decodable {
    /// What it may hold.
    static var shape: JSONShape { get }
}

/// Looks for members that a document may not have. Everything else about it is for the document's own type to refuse.
struct JSONShapeCheck: Decodable {
    struct Unknown: Error {
        let name: String
        /// The path of the object that has it, slashes between.
        let place: String
        /// What it may have.
        let members: [String]
    }

    /// Where the decoder is told the shape.
    static let shape = CodingUserInfoKey(rawValue: "shape")

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        guard let key = Self.shape, let shape = decoder.userInfo[key] as? JSONShape else { return }
        try Self.check(decoder, shape)
    }

    private static func check(_ decoder: any Decoder, _ shape: JSONShape) throws {
        switch shape {
        case .any: return
        case .list(let element):
            guard var list = try? decoder.unkeyedContainer() else { return }
            while !list.isAtEnd { try check(list.superDecoder(), element) }
        case .object(let members):
            guard let object = try? decoder.container(keyedBy: Key.self) else { return }
            for key in object.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
                guard let member = members[key.stringValue] else {
                    let path = decoder.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
                    throw Unknown(
                        name: key.stringValue, place: path.joined(separator: "/"), members: members.keys.sorted())
                }
                if case .any = member { continue }
                try check(object.superDecoder(forKey: key), member)
            }
        }
    }
}
