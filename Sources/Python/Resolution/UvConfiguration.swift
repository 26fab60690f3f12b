import TOMLKit

/// What we need to know of uv's configuration, in `uv.toml` or in `[tool.uv]` of `pyproject.toml`.
struct UvConfiguration: Decodable {
    private struct Index: Decodable {
        var name: String?
        var url: String
    }

    private struct Tool: Decodable {
        var uv: UvConfiguration?
    }

    private struct Project: Decodable {
        var tool: Tool?
    }

    private var index: [Index]?

    /// The paths of a project's `[tool.uv.sources]`.
    static func sources(in text: String) -> [String] {
        guard let table = try? TOMLTable(string: text),
            let sources = table["tool"]?.table?["uv"]?.table?["sources"]?.table
        else { return [] }
        return sources.keys.sorted().flatMap { name in
            let source = sources[name]
            let all = source?.array.map { $0.map { $0.table?["path"]?.string } } ?? [source?.table?["path"]?.string]
            return all.compactMap(\.self)
        }
    }

    /// What a file says of keyrings. One that cannot be read says nothing.
    static func keyringProvider(in text: String) -> String? {
        guard let table = try? TOMLTable(string: text) else { return nil }
        let own = table["tool"]?.table?["uv"]?.table ?? table
        return own["pip"]?.table?["keyring-provider"]?.string ?? own["keyring-provider"]?.string
    }

    /// The indexes that have a name. A file that cannot be read has none: uv will say why.
    static func indexes(in text: String) -> [(name: String, url: String)] {
        guard let table = try? TOMLTable(string: text) else { return [] }
        let own = try? TOMLDecoder().decode(UvConfiguration.self, from: table)
        let project = try? TOMLDecoder().decode(Project.self, from: table)
        let all = (own?.index ?? []) + (project?.tool?.uv?.index ?? [])
        return all.compactMap { index in index.name.map { ($0, index.url) } }
    }
}
