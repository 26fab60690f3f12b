import Content
import Diagnostics
import SystemPackage
import TOMLKit

/// A table of a TOML file about registries, which tells where it is wrong.
struct ConfigurationTable {
    let file: FilePath
    /// The keys that lead here: `registry[1].mirror[0]`.
    let place: String
    private let table: TOMLTable

    /// Reads a file.
    /// - Throws: `RegistryError` (`invalid_configuration`) with the line, `ContentError`.
    init(_ file: FilePath) throws {
        let text = String(decoding: try FileSystem.read(file, limit: 4 << 20), as: UTF8.self)
        do {
            table = try TOMLTable(string: text)
        } catch {
            let parse = error as? TOMLParseError
            let line = parse.map { ":\($0.source.begin.line)" } ?? ""
            throw RegistryError(
                .invalidConfiguration, "'\(file)' is not TOML: \(parse?.description ?? "\(error)")",
                context: [FailureContext("file", file.string + line)])
        }
        self.file = file
        place = ""
    }

    private init(_ table: TOMLTable, _ place: String, of file: FilePath) {
        self.table = table
        self.place = place
        self.file = file
    }

    /// Whether there is such a key.
    func has(_ key: String) -> Bool { table[key] != nil }

    /// A text; nil where there is none.
    func text(_ key: String) throws(RegistryError) -> String? {
        guard let value = table[key] else { return nil }
        guard let text = value.string else { throw error(key, "must be a text") }
        return text
    }

    /// A truth value; nil where there is none.
    func flag(_ key: String) throws(RegistryError) -> Bool? {
        guard let value = table[key] else { return nil }
        guard let flag = value.bool else { throw error(key, "must be true or false") }
        return flag
    }

    /// A number of bytes; nil where there is none.
    func size(_ key: String) throws(RegistryError) -> Int64? {
        guard let value = table[key] else { return nil }
        guard let number = value.int, number > 0 else { throw error(key, "must be a number of bytes") }
        return Int64(number)
    }

    /// An array of tables; empty where there is none.
    func tables(_ key: String) throws(RegistryError) -> [ConfigurationTable] {
        guard let value = table[key] else { return [] }
        let isTables = value.array.map { array in array.allSatisfy { $0.table != nil } } ?? false
        guard let array = value.array, isTables else { throw error(key, "must be tables, as in [[\(path(key))]]") }
        return array.enumerated().compactMap { number, value in
            value.table.map { ConfigurationTable($0, "\(path(key))[\(number)]", of: file) }
        }
    }

    /// An error about a key.
    func error(_ key: String, _ why: String, hints: [String] = []) -> RegistryError {
        RegistryError(
            .invalidConfiguration, "'\(path(key))' \(why)",
            context: [FailureContext("file", file.string), FailureContext("key", path(key))], hints: hints)
    }

    private func path(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }
}
