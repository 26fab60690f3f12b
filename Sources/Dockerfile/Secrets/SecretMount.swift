/// A secret that a RUN shows to its commands: `--mount=type=secret,id=…`.
struct SecretMount: Sendable, Hashable {
    /// What it is lent as.
    let id: String
    /// The file that holds it, absolute; nil where a variable alone does.
    let path: String?
    /// The variable that holds it.
    let variable: String?
    /// Whether it has to be lent.
    let isRequired: Bool

    /// Reads a mount's fields.
    /// - Throws: `CommandRefusal` for one without a name, or with fields that are none.
    init(_ fields: [String: String], expand: (String) throws -> String) throws {
        let known: Set<String> = [
            "type", "id", "target", "dst", "destination", "env", "required", "mode", "uid", "gid",
        ]
        if let field = fields.keys.sorted().first(where: { !known.contains($0) }) {
            throw CommandRefusal(reason: "a mount of a secret has no field '\(field)'", word: field)
        }
        let target = try (fields["target"] ?? fields["dst"] ?? fields["destination"]).map(expand)
        let id = try fields["id"].map(expand) ?? target.map(ImagePath.name) ?? ""
        guard !id.isEmpty, id.utf8.allSatisfy(\.isSecretName) else {
            throw CommandRefusal(reason: "the mount's id '\(id)' is not of letters, digits, '_', '-' and '.'")
        }
        self.id = id
        variable = try fields["env"].map(expand)
        switch target {
        case let target?: path = ImagePath.absolute(target, in: "/")
        case nil: path = variable == nil ? "/run/secrets/\(id)" : nil
        }
        isRequired = ["true", "1"].contains(fields["required"]?.lowercased() ?? "")
    }
}

/// What the installations of a Dockerfile take from a secret beside what stands in URLs.
public struct SecretUse: Sendable, Hashable {
    /// What a secret is for an installer.
    public enum Kind: Sendable, Hashable {
        /// A netrc file.
        case netrc
        /// The value of a variable, also where requirements files name it.
        case variable(String)
        /// A file of pip's settings.
        case pipConfiguration
        /// A file of uv's settings.
        case uvConfiguration
    }

    /// What it is lent as.
    public var id: String
    /// What it is.
    public var kind: Kind
    /// Whether nothing is installed without it.
    public var isRequired: Bool
    /// The lines of the instruction.
    public var lines: LineRange
}

extension UInt8 {
    fileprivate var isSecretName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
