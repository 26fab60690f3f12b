/// A table for people: columns as wide as their widest cell, two blanks between them, no blanks at a line's end.
struct Columns {
    /// On which side of its column a cell stands.
    enum Alignment {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]]

    /// Takes the headings, with the side on which each column stands.
    init(_ headings: [(String, Alignment)]) {
        alignments = headings.map(\.1)
        rows = [headings.map(\.0)]
    }

    mutating func append(_ row: [String]) { rows.append(row.map { printable($0).replacing("\n", with: " ") }) }

    /// The lines, the headings first, each ending in a line feed.
    func text(_ palette: Palette = .plain) -> String {
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for (number, row) in rows.enumerated() {
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                line += alignments[column] == .left ? cell + blanks : blanks + cell
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            text += (number == 0 ? palette(.bold, line) : line) + "\n"
        }
        return text
    }
}

/// Cuts a text to a width, the last character then being `…`.
func shortened(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
}
