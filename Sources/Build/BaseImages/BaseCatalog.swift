import Content
public import Diagnostics
public import SystemPackage

/// The base images that have a name: those of the user's own directories, and those that this program brings.
public struct BaseCatalog: Sendable {
    /// Directories of definitions, the first one first: an entry hides those of the same name behind it.
    public let directories: [FilePath]

    /// Looks into these directories, then into what this program brings.
    public init(directories: [FilePath] = []) {
        self.directories = directories
    }

    /// Looks into the directories that `$COOPERAGE_BASE_IMAGES` names, separated by colons.
    public init(environment: [String: String]) {
        let paths = environment["COOPERAGE_BASE_IMAGES"]?.split(separator: ":") ?? []
        self.init(directories: paths.map { FilePath(String($0)) })
    }

    /// The names of all entries, sorted.
    /// - Throws: `BaseImageError` if a directory cannot be listed.
    public func names() throws(BaseImageError) -> [String] {
        var names = Set(EmbeddedBaseImages.definitions.keys)
        for directory in directories {
            do {
                for file in try FileSystem.names(in: directory) where file.hasSuffix(".yaml") {
                    names.insert(String(file.dropLast(".yaml".count)))
                }
            } catch {
                throw BaseImageError(
                    .invalidDefinition, "the catalog '\(directory)' cannot be read",
                    hints: ["COOPERAGE_BASE_IMAGES names directories of YAML files, separated by colons"], cause: error)
            }
        }
        return names.sorted()
    }

    /// All entries, sorted by name.
    public func definitions() throws(BaseImageError) -> [BaseImageDefinition] {
        var definitions: [BaseImageDefinition] = []
        for name in try names() { definitions.append(try definition(named: name)) }
        return definitions
    }

    /// The entry of a name.
    /// - Throws: `BaseImageError`: `unknown_base`, or `invalid_base_definition` with file and line.
    public func definition(named name: String) throws(BaseImageError) -> BaseImageDefinition {
        let isFileName = !name.isEmpty && name != "." && name != ".." && !name.contains("/")
        for directory in directories where isFileName {
            let file = directory.appending(name + ".yaml")
            guard FileSystem.exists(file) else { continue }
            let bytes: [UInt8]
            do {
                bytes = try FileSystem.read(file, limit: 1 << 20)
            } catch {
                throw BaseImageError(
                    .invalidDefinition, "the definition of '\(name)' cannot be read",
                    context: [FailureContext("file", file.string)], cause: error)
            }
            return try BaseImageDefinition(yaml: String(decoding: bytes, as: UTF8.self), file: file.string)
        }
        guard let text = EmbeddedBaseImages.definitions[name] else {
            throw BaseImageError(
                .unknownBase, "no base image is called '\(name)'",
                hints: [
                    "the catalog has \(try names().joined(separator: ", "))",
                    "an image in a registry is named with its registry: docker.io/library/python:3.11-slim",
                ])
        }
        return try BaseImageDefinition(yaml: text, file: "base-images/\(name).yaml")
    }
}
