/// A text in which `*` stands for any characters, as policies write it.
struct PolicyPattern: Sendable {
    private let pattern: [UInt8]

    init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    /// Whether a text fits as a whole.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        // Where the last star stands, and how far the text had come there: one is enough to come back to.
        var (place, position) = (0, 0)
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                (place, position) = (last.place + 1, last.position + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Whether one of a list of patterns fits; an empty list allows all.
    static func allow(_ patterns: [String], _ text: String) -> Bool {
        patterns.isEmpty || patterns.contains { PolicyPattern($0).matches(text) }
    }
}
