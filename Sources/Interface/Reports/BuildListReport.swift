/// Builds of a server as a table, one a line.
public struct BuildListReport: Sendable, Hashable {
    /// One build.
    public struct Row: Sendable, Hashable {
        /// The id.
        public var id: String
        /// Where it stands: `running`.
        public var state: String
        /// When it was accepted, RFC 3339.
        public var created: String
        /// The seconds from its beginning to its end, once it has ended.
        public var seconds: Double?
        /// What it is known by: a digest reference, a tag.
        public var image: String

        /// Takes the parts.
        public init(id: String, state: String, created: String, seconds: Double?, image: String) {
            self.id = id
            self.state = state
            self.created = created
            self.seconds = seconds
            self.image = image
        }
    }

    private let rows: [Row]

    /// Takes the builds in the order in which they are shown.
    public init(_ rows: [Row]) { self.rows = rows }

    /// The table.
    public func text(_ palette: Palette = .plain) -> String {
        var table = Columns([
            ("BUILD", .left), ("STATE", .left), ("CREATED", .left), ("TOOK", .right), ("IMAGE", .left),
        ])
        for row in rows {
            table.append([row.id, row.state, row.created, row.seconds.map { formatted(seconds: $0) } ?? "-", row.image])
        }
        return table.text(palette)
    }
}

/// Names and values, one pair a line. Of pairs of one name that follow each other, the first shows the name.
public struct FieldsReport: Sendable, Hashable {
    /// A name and its value.
    public struct Field: Sendable, Hashable {
        /// The name, at most 11 characters.
        public var name: String
        /// The value.
        public var value: String

        /// Takes both.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    private let fields: [Field]

    /// Takes the fields in order.
    public init(_ fields: [Field]) { self.fields = fields }

    /// The lines.
    public func text(_ palette: Palette = .plain) -> String {
        var text = ""
        var last = ""
        for field in fields {
            let shown = field.name == last ? "" : field.name
            let blanks = String(repeating: " ", count: max(1, 12 - shown.count))
            text += palette(.bold, shown) + blanks + printable(field.value).replacing("\n", with: " ") + "\n"
            last = field.name
        }
        return text
    }
}
