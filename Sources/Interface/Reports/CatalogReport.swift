public import Build
import FoundationEssentials
import OCI

/// The catalog of base images, as a table or as JSON.
public struct CatalogReport: Sendable {
    private let definitions: [BaseImageDefinition]

    /// Takes the entries.
    public init(_ definitions: [BaseImageDefinition]) { self.definitions = definitions }

    private struct Entry: Encodable {
        let name: String
        let description: String
        let source: String
        let python: String?
    }

    private var entries: [Entry] {
        definitions.map { definition in
            let source =
                switch definition.source {
                case .debian(let release): "made of Debian \(release.suite)"
                case .image(let reference): reference.description
                }
            return Entry(
                name: definition.name, description: definition.summary, source: source,
                python: definition.python?.version)
        }
    }

    /// An array of objects with name, description, source and Python version, without a line feed.
    public func json() throws -> String { String(decoding: try CanonicalJSON.encode(entries), as: UTF8.self) }

    /// A line an entry.
    public func text(_ palette: Palette = .plain) -> String {
        var table = Columns([("NAME", .left), ("PYTHON", .left), ("SOURCE", .left), ("DESCRIPTION", .left)])
        for entry in entries { table.append([entry.name, entry.python ?? "-", entry.source, entry.description]) }
        return table.text(palette)
    }
}
