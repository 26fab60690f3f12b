import Diagnostics
import FoundationEssentials
import OCI

/// An error as people and programs read it.
public struct ErrorReport: Sendable, Hashable, Encodable {
    /// The code's stable name; `unexpected` for errors that are none of ours.
    public let code: String
    /// One sentence with the value at fault.
    public let message: String
    /// Where it happened, outermost first.
    public let places: [Place]
    /// What is underneath, outermost first.
    public let causes: [String]
    /// What can be done.
    public let hints: [String]
    /// What the program ends with: 1 for what was asked for, 2 for the command line, 3 for the world outside, 130 for
    /// an interruption.
    public let exitCode: Int32

    /// One place: `file`, `requirements.txt:3`.
    public struct Place: Sendable, Hashable, Encodable {
        /// What kind of place.
        public let label: String
        /// Which one.
        public let value: String
    }

    private enum CodingKeys: String, CodingKey {
        case code, message
        case places = "context"
        case causes, hints
        case exitCode = "exit_code"
    }

    /// Reads an error, ours or not.
    public init(_ error: any Error) {
        let diagnostic = error as? any Diagnostic
        code = diagnostic?.codeName ?? (error is CancellationError ? "interrupted" : "unexpected")
        message = Self.message(of: error)
        var places = diagnostic?.context ?? []
        var causes: [String] = []
        var hints = diagnostic?.hints ?? []
        var next = diagnostic?.cause
        // A chain of causes is as long as our rooms are many; the bound is for a cause that is its own.
        for _ in 0..<16 {
            guard let cause = next else { break }
            causes.append(Self.message(of: cause))
            let inner = cause as? any Diagnostic
            places += (inner?.context ?? []).filter { !places.contains($0) }
            hints += (inner?.hints ?? []).filter { !hints.contains($0) }
            next = inner?.cause
        }
        self.places = places.map { Place(label: $0.label, value: $0.value) }
        self.causes = causes
        self.hints = hints
        exitCode = Self.exitCode(of: error)
    }

    private static func exitCode(of error: any Error) -> Int32 {
        if error is CancellationError { return 130 }
        if let error = error as? InterfaceError, error.code == .invalidFlag { return 2 }
        return (error as? any Diagnostic)?.blame == .request ? 1 : 3
    }

    /// A sentence for any error. Those of Foundation's coders say where in the document and what, never their raw form.
    private static func message(of error: any Error) -> String {
        switch error {
        case let error as any Diagnostic: error.message
        case is CancellationError: "interrupted"
        case let error as DecodingError: sentence(of: error)
        case EncodingError.invalidValue(let value, let context):
            "'\(value)' cannot be written: \(context.debugDescription)"
        default: "\(error)"
        }
    }

    private static func sentence(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "'\(path(context, key))' is missing"
        case .typeMismatch(let type, let context): "'\(path(context))' is not of the type \(type)"
        case .valueNotFound(let type, let context): "'\(path(context))' is null, not of the type \(type)"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "the document cannot be read: \(context.underlyingError.map { message(of: $0) } ?? context.debugDescription)"
                : "'\(path(context))' cannot be read: \(context.underlyingError.map { message(of: $0) } ?? context.debugDescription)"
        @unknown default: "the document cannot be read"
        }
    }

    private static func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
        (context.codingPath + (key.map { [$0] } ?? [])).map { $0.intValue.map(String.init) ?? $0.stringValue }
            .joined(separator: ".")
    }

    /// The error as lines: the message, where, why, and what to do.
    public func text(_ palette: Palette = .plain) -> String {
        var lines = ["\(palette(.red, "error")): \(indented(message))"]
        lines += places.map { "  at \($0.label) \(indented($0.value))" }
        lines += causes.map { "  caused by: \(indented($0))" }
        lines += hints.map { "\(palette(.cyan, "hint")): \(indented($0))" }
        return lines.map { "\($0)\n" }.joined()
    }

    private func indented(_ text: String) -> String {
        printable(text.last == "\n" ? String(text.dropLast()) : text).replacing("\n", with: "\n    ")
    }

    /// The error as one line of JSON: `{"event":"error",…}`.
    public func json() -> String {
        struct Line: Encodable {
            let report: ErrorReport

            private enum Key: String, CodingKey { case event }

            func encode(to encoder: any Encoder) throws {
                try report.encode(to: encoder)
                var container = encoder.container(keyedBy: Key.self)
                try container.encode("error", forKey: .event)
            }
        }
        guard let bytes = try? CanonicalJSON.encode(Line(report: self)) else { return "" }
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }
}
