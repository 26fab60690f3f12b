import Diagnostics
import OCI
import Spec

extension EnvironmentVariable {
    /// Reads `NAME=value`, or `NAME` alone, which takes the value of the environment; nil if that has none.
    init?(_ text: String, from environment: [String: String]) throws(InterfaceError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else {
            throw InterfaceError(.invalidFlag, "'\(text)' names no variable", hints: ["write NAME=value"])
        }
        guard !text.unicodeScalars.contains("\0") else {
            throw InterfaceError(.invalidFlag, "the value of '\(name)' holds a zero byte")
        }
        if parts.count == 2 {
            self.init(name: String(name), value: String(parts[1]))
        } else if let value = environment[String(name)] {
            self.init(name: String(name), value: value)
        } else {
            return nil
        }
    }
}

/// Reads `name=value`; a name alone has the empty value, as docker reads labels.
func pair(_ text: String, what: String) throws(InterfaceError) -> (name: String, value: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty else {
        throw InterfaceError(.invalidFlag, "'\(text)' names no \(what)", hints: ["write name=value"])
    }
    return (String(name), parts.count == 2 ? String(parts[1]) : "")
}

/// Reads an annotation in buildx's form: `name=value`, with the documents that it is for before it: `manifest:…`.
func annotation(_ text: String) throws(InterfaceError) -> (name: String, value: String) {
    let name = text.prefix { $0 != "=" }
    guard let colon = name.firstIndex(of: ":") else { return try pair(text, what: "annotation") }
    let documents = name[..<colon].split(separator: ",", omittingEmptySubsequences: false)
    let known = ["manifest", "index", "manifest-descriptor", "index-descriptor"]
    // Other names with a colon are names with a colon.
    guard documents.allSatisfy({ document in known.contains { document == $0 || document.hasPrefix("\($0)[") } }) else {
        return try pair(text, what: "annotation")
    }
    if let other = documents.first(where: { $0 != "manifest" }) {
        throw InterfaceError(
            .invalidFlag, "annotations of the \(other) are not written; those of each manifest are",
            hints: ["write manifest:\(text[text.index(after: colon)...])"])
    }
    return try pair(String(text[text.index(after: colon)...]), what: "annotation")
}

extension Timestamp {
    /// The time that `SOURCE_DATE_EPOCH` gives, or the usual one (reproducible-builds.org/specs/source-date-epoch).
    /// - Throws: `InterfaceError` (`invalid_variable`) when the value is no count of seconds up to the year 9999.
    init(environment: [String: String]) throws(InterfaceError) {
        guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else {
            self = .reproducible
            return
        }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let seconds = Int64(text), seconds <= 253_402_300_799
        else {
            throw InterfaceError(
                .invalidVariable, "SOURCE_DATE_EPOCH is '\(text)', which is no count of seconds since 1970",
                hints: ["set it to a whole number, for example by $(git log -1 --format=%ct), or unset it"])
        }
        self.init(seconds: seconds)
    }
}
