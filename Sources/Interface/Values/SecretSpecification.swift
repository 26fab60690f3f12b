import Content
import Diagnostics
public import Spec
import SystemPackage

/// One `--secret` in buildx's form: `id=NAME`, `id=NAME,env=VARIABLE`, `id=NAME,src=FILE`.
public struct SecretSpecification: Sendable, Hashable {
    /// Where the value is.
    enum Source: Sendable, Hashable {
        case environment(String)
        case file(FilePath)
        /// The variable of the id's name, and where there is none the file.
        case either(String)
    }

    /// What it is asked for by.
    let id: String
    /// Where the value is.
    let source: Source

    /// The longest value in bytes, buildkit's own limit.
    static let limit = 500 << 10

    /// Reads the text.
    /// - Throws: `InterfaceError` with the part at fault.
    init(_ text: String) throws(InterfaceError) {
        var fields: [String: String] = [:]
        for part in try CommaSeparatedFields.split(text) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else {
                // It may be the value itself.
                throw Self.error("a part of a secret is not key=value", hints: [Self.form])
            }
            let key = pair[0].lowercased() == "source" ? "src" : pair[0].lowercased()
            guard ["id", "src", "env", "type"].contains(key) else {
                throw Self.error("'\(key)' is no key of a secret", hints: ["the keys are id, env, src and type"])
            }
            guard fields.updateValue(String(pair[1]), forKey: key) == nil else {
                throw Self.error("'\(key)' is there twice")
            }
        }
        guard let id = fields["id"], Self.isID(id) else {
            throw Self.error(
                fields["id"].map { "'\($0)' is no id of a secret" } ?? "a secret has no id",
                hints: ["an id has letters, digits, '_', '-' and '.'", Self.form])
        }
        self.id = id
        if let type = fields["type"], type != "env", type != "file" {
            throw Self.error("'\(type)' is no type of a secret", hints: ["the types are env and file"])
        }
        switch (fields["type"], fields["env"], fields["src"]) {
        case (_, _?, _?): throw Self.error("the secret '\(id)' has a variable and a file", hints: [Self.form])
        case ("file", let variable?, nil):
            throw Self.error("the secret '\(id)' is a file, and '\(variable)' is a variable", hints: [Self.form])
        case ("env", nil, let name?), (_, let name?, nil): source = .environment(name)
        case (_, nil, let path?): source = .file(FilePath(path))
        case ("env", nil, nil): source = .environment(id)
        case ("file", nil, nil): source = .file(FilePath(id))
        case (_, nil, nil): source = .either(id)
        }
    }

    private static let form = "write id=NAME,env=VARIABLE or id=NAME,src=FILE"

    /// Whether a text is an id: up to 128 letters, digits, `_`, `-` and `.`.
    public static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return byte < 0x80 && (character.isLetter || character.isNumber || "_-.".contains(character))
            }
    }

    private static func error(_ message: String, hints: [String] = []) -> InterfaceError {
        InterfaceError(.invalidFlag, message, hints: hints)
    }

    /// The value.
    /// - Throws: `InterfaceError` where it is not there, or too long.
    func value(in environment: [String: String]) throws -> [UInt8] {
        switch source {
        case .environment(let name):
            guard let value = environment[name] else {
                throw Self.error("the variable '\(name)' of the secret '\(id)' is not set")
            }
            return try checked(Array(value.utf8))
        case .file(let path): return try read(path)
        case .either(let name):
            if let value = environment[name] { return try checked(Array(value.utf8)) }
            guard FileSystem.exists(FilePath(name)) else {
                throw Self.error(
                    "the secret '\(id)' is neither a variable nor a file", hints: [Self.form])
            }
            return try read(FilePath(name))
        }
    }

    private func read(_ path: FilePath) throws -> [UInt8] {
        guard let status = try FileSystem.status(path), status.kind != .directory else {
            throw Self.error("there is no file '\(path)' for the secret '\(id)'")
        }
        guard status.size <= Self.limit else { throw tooLong }
        return try checked(try FileSystem.read(path))
    }

    private func checked(_ value: [UInt8]) throws(InterfaceError) -> [UInt8] {
        guard !value.isEmpty else { throw Self.error("the secret '\(id)' is empty") }
        guard value.count <= Self.limit else { throw tooLong }
        return value
    }

    private var tooLong: InterfaceError {
        Self.error("the secret '\(id)' is longer than \(Self.limit >> 10) KiB, which no password is")
    }
}

extension SecretSet {
    /// The secrets that flags name, with their values.
    /// - Throws: `InterfaceError` with the flag.
    public init(_ given: [Given<String>], environment: [String: String]) throws {
        var values: [String: [UInt8]] = [:]
        for given in given {
            try given.read { text in
                let secret = try SecretSpecification(text)
                guard values.updateValue(try secret.value(in: environment), forKey: secret.id) == nil else {
                    throw InterfaceError(.invalidFlag, "the secret '\(secret.id)' is there twice")
                }
            }
        }
        self.init(values)
    }
}
