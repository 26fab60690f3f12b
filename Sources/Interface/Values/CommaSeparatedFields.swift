import Diagnostics

/// The fields of an option in buildx's form, `key=value,"key=a,b"`.
enum CommaSeparatedFields {
    /// Splits one line of CSV (RFC 4180): a field in double quotes may hold commas, and `""` for a quote.
    static func split(_ text: String) throws(InterfaceError) -> [String] {
        var fields: [String] = []
        var rest = Substring(text)
        while true {
            var field = ""
            if rest.first == "\"" {
                rest.removeFirst()
                while true {
                    guard let quote = rest.firstIndex(of: "\"") else {
                        throw InterfaceError(.invalidFlag, "a quote is not closed in '\(text)'")
                    }
                    field += rest[..<quote]
                    rest = rest[rest.index(after: quote)...]
                    guard rest.first == "\"" else { break }
                    field += "\""
                    rest.removeFirst()
                }
                guard rest.isEmpty || rest.first == "," else {
                    throw InterfaceError(.invalidFlag, "after a closing quote a comma is expected in '\(text)'")
                }
            } else {
                let end = rest.firstIndex(of: ",") ?? rest.endIndex
                field = String(rest[..<end])
                guard !field.contains("\"") else {
                    throw InterfaceError(
                        .invalidFlag,
                        "a quote stands in the middle of '\(field)'", hints: ["quote the whole: \"dest=a,b\""])
                }
                rest = rest[end...]
            }
            fields.append(field)
            guard !rest.isEmpty else { return fields }
            rest.removeFirst()
        }
    }
}
