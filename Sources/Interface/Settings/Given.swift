public import Diagnostics
public import SystemPackage

/// A value with the place where the user gave it.
public struct Given<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The value.
    public var value: Value
    /// Where it was given.
    public var origin: Origin

    /// Takes the parts.
    public init(_ value: Value, _ origin: Origin) {
        self.value = value
        self.origin = origin
    }

    /// Reads the value further.
    /// - Throws: what is wrong with it, with its place.
    public func read<Result>(_ body: (Value) throws -> Result) throws -> Result {
        try origin.locating { try body(value) }
    }
}

/// Where the user gave a value.
public enum Origin: Sendable, Hashable {
    /// On the command line: `--tag`.
    case flag(String)
    /// In a settings file, under a key. TOML files do not tell lines.
    case file(FilePath, line: Int?, key: String)

    /// A path that was written here: in a file it is relative to the file.
    public func path(_ text: String) -> FilePath {
        guard case .file(let file, _, _) = self, !FilePath(text).isAbsolute else { return FilePath(text) }
        return file.removingLastComponent().pushing(FilePath(text))
    }

    /// The place as errors name it.
    public var place: [FailureContext] {
        switch self {
        case .flag(let name): [FailureContext("flag", name)]
        case .file(let path, let line, let key):
            [FailureContext("file", path.string + (line.map { ":\($0)" } ?? "")), FailureContext("key", key)]
        }
    }

    /// An error about what was given here.
    public func error(_ message: String, hints: [String] = []) -> InterfaceError {
        InterfaceError(code, message, context: place, hints: hints)
    }

    /// Adds this place to what goes wrong.
    func locating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as any Diagnostic {
            throw InterfaceError(
                code, error.message, context: place + error.context, hints: error.hints, cause: error.cause)
        }
    }

    private var code: InterfaceErrorCode {
        if case .flag = self { .invalidFlag } else { .invalidSettings }
    }
}
