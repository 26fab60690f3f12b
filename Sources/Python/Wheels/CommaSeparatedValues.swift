/// The records of a CSV text (RFC 4180), fields in double quotes where they hold commas, quotes or line ends.
struct CommaSeparatedValues: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    /// The next record's fields; an empty line is a record of one empty field.
    mutating func next() -> [String]? {
        guard !rest.isEmpty else { return nil }
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\"") where isQuoted:
                if rest.first == UInt8(ascii: "\"") {
                    field.append(byte)
                    rest.removeFirst()
                } else {
                    isQuoted = false
                }
            case UInt8(ascii: "\"") where field.isEmpty: isQuoted = true
            case UInt8(ascii: ",") where !isQuoted:
                fields.append(String(decoding: field, as: UTF8.self))
                field = []
            case UInt8(ascii: "\r") where !isQuoted && rest.first == UInt8(ascii: "\n"): continue
            case UInt8(ascii: "\n") where !isQuoted, UInt8(ascii: "\r") where !isQuoted:
                fields.append(String(decoding: field, as: UTF8.self))
                return fields
            default: field.append(byte)
            }
        }
        fields.append(String(decoding: field, as: UTF8.self))
        return fields
    }

    /// A field as it is written.
    static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
