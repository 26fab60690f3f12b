public import Build
import Diagnostics
public import OCI
public import SystemPackage

/// One `--output` in buildx's form: `type=oci,dest=out`. A value is quoted as in CSV: `type=oci,"dest=a,b"`.
public struct OutputSpecification: Sendable, Hashable {
    /// Where the image goes; nil leaves it in the cache, which `type=image` without `push=true` asks for.
    public var output: BuildOutput?
    /// Further names of the image.
    public var names: [Reference]

    /// Reads the text.
    /// - Parameter path: makes a path of what `dest` says.
    /// - Throws: `InterfaceError` with the part at fault.
    public init(_ text: String, path: (String) -> FilePath = { FilePath($0) }) throws {
        var fields = try Self.fields(of: text)
        let type = fields.removeValue(forKey: "type")
        names = try (fields.removeValue(forKey: "name") ?? "").split(separator: ",").map { try Reference($0) }
        switch type {
        case "oci":
            output = .layout(path(try Self.destination(&fields, of: "oci", example: "type=oci,dest=out/")))
            if let tar = fields.removeValue(forKey: "tar"), tar != "false" {
                throw Self.error(
                    "a layout is written as a directory, not as a tar", hints: ["leave out 'tar=\(tar)'"])
            }
        case "docker":
            output = .dockerArchive(
                path(try Self.destination(&fields, of: "docker", example: "type=docker,dest=image.tar")))
        case "registry": output = .registry
        case "image":
            switch fields.removeValue(forKey: "push") {
            case nil, "false": output = nil
            case "true": output = .registry
            case let other?: throw Self.error("'push=\(other)' is neither true nor false")
            }
        case "local", "tar":
            throw Self.error(
                "'type=\(type ?? "")' would write the image's files; only images are written", hints: [Self.types])
        case let type?: throw Self.error("'\(type)' is no type of output", hints: [Self.types])
        case nil: throw Self.error("'\(text)' has no type", hints: [Self.types])
        }
        if let key = fields.keys.min() {
            throw Self.error(
                "'\(key)' is no key of an output of type '\(type ?? "")'",
                hints: ["the keys are type, dest, name, push"])
        }
    }

    private static let types =
        "the types are oci (a layout directory), docker (an archive), registry, and image (with push=true)"

    private static func error(_ message: String, hints: [String] = []) -> InterfaceError {
        InterfaceError(.invalidFlag, message, hints: hints)
    }

    private static func destination(
        _ fields: inout [String: String], of type: String, example: String
    ) throws(InterfaceError) -> String {
        guard let destination = fields.removeValue(forKey: "dest"), !destination.isEmpty else {
            throw error("an output of type '\(type)' needs a 'dest'", hints: ["for example \(example)"])
        }
        guard destination != "-" else {
            throw error("an image is not written to standard output", hints: ["name a file: \(example)"])
        }
        return destination
    }

    private static func fields(of text: String) throws(InterfaceError) -> [String: String] {
        let parts = try CommaSeparatedFields.split(text)
        if let only = parts.first, parts.count == 1, !only.contains("=") {
            throw error(
                "'\(only)' is a place without a type",
                hints: ["write type=oci,dest=\(only) for a layout, type=docker,dest=\(only) for an archive"])
        }
        var fields: [String: String] = [:]
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw error("'\(part)' is not key=value") }
            let key = pair[0].lowercased()
            guard fields.updateValue(String(pair[1]), forKey: key == "destination" ? "dest" : key) == nil else {
                throw error("'\(key)' is there twice")
            }
        }
        return fields
    }
}
