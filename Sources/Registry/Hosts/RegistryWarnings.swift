import Diagnostics
import Synchronization
import Transfer

/// What registries want users to know: `Warning: 299 - "text"` (distribution specification, "Warnings"). Each is told once.
final class RegistryWarnings: Sendable {
    /// A longer text is cut; the specification has 4096 bytes for all of an answer's.
    private static let limit = 1000

    private let tell: @Sendable (String) -> Void
    private let told = Mutex<Set<String>>([])

    init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }

    /// Hears an answer.
    func heard(_ response: HTTPResponse, of registry: String) {
        for value in response.headers.values("Warning") {
            guard let text = Self.text(value) else { continue }
            tellOnce("\(registry) warns: \(text)")
        }
    }

    /// Tells something of ours.
    func tellOnce(_ message: String) {
        if told.withLock({ $0.insert(message).inserted }) { tell(message) }
    }

    /// The text of a warning for users; nil for one of another kind, such as a proxy's.
    static func text(_ value: String) -> String? {
        guard value.hasPrefix("299 - \""), value.hasSuffix("\""), value.count > 8 else { return nil }
        var text = ""
        var isEscaped = false
        for character in value.dropFirst(7).dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            text.unicodeScalars += character.unicodeScalars.map {
                $0.value < 0x20 || $0.value == 0x7F ? " " : $0
            }
        }
        return String(text.prefix(limit))
    }
}
