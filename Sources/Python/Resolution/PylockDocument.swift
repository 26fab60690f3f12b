import Diagnostics
import TOMLKit

/// A standard lock (PEP 751), read as far as it decides which wheel a package has.
struct PylockDocument: Sendable, Decodable {
    /// The version of the format, `1.0`.
    var lockVersion: String
    /// The versions of Python that the lock is for.
    var requiresPython: String?
    /// The extras of the project whose lock it is.
    var extras: [String]?
    /// The groups that count where nobody chooses.
    var defaultGroups: [String]?
    /// The packages.
    var packages: [Package]

    private enum CodingKeys: String, CodingKey {
        case lockVersion = "lock-version"
        case requiresPython = "requires-python"
        case defaultGroups = "default-groups"
        case extras, packages
    }

    /// One package, possibly one of several of its name with markers that exclude each other.
    struct Package: Sendable, Decodable {
        var name: String
        var version: String?
        var marker: String?
        var wheels: [File]?
        /// A file that a requirement names by its URL.
        var archive: File?
        var sdist: File?
        var vcs: Repository?
        var directory: Directory?

        init(name: String, version: String?) {
            self.name = name
            self.version = version
        }
    }

    /// A file of a package.
    struct File: Sendable, Decodable {
        var name: String?
        var url: String?
        /// Relative to the lock.
        var path: String?
        var size: Int64?
        var hashes: [String: String]?
        /// Of the project in an archive.
        var subdirectory: String?

        /// The file's name, given or as its place ends.
        var fileName: String {
            if let name { return name }
            let place = (url ?? path ?? "").prefix { $0 != "?" && $0 != "#" }
            let last = place.split(separator: "/").last.map(String.init) ?? ""
            return PercentEncoding.decoded(last)
        }
    }

    /// A repository of sources.
    struct Repository: Sendable, Decodable {
        var type: String?
        var url: String?
        /// Relative to the lock.
        var path: String?
        var requestedRevision: String?
        var commitID: String?
        var subdirectory: String?

        var place: String { url ?? path ?? "" }

        private enum CodingKeys: String, CodingKey {
            case type, url, path, subdirectory
            case requestedRevision = "requested-revision"
            case commitID = "commit-id"
        }
    }

    /// A directory of sources.
    struct Directory: Sendable, Decodable {
        /// Relative to the lock.
        var path: String
        var editable: Bool?
        var subdirectory: String?
    }

    /// Reads a lock.
    /// - Throws: `PythonError` (`invalid_lock`) with what is wrong and where.
    init(text: String, name: String) throws(PythonError) {
        let place = [FailureContext("file", name)]
        do {
            self = try TOMLDecoder().decode(PylockDocument.self, from: text)
        } catch let error as TOMLParseError {
            throw PythonError(
                .invalidLock, "'\(name)' is not TOML: \(error.description)",
                context: [FailureContext("file", "\(name):\(error.source.begin.line)")])
        } catch let error as DecodingError {
            throw PythonError(.invalidLock, "'\(name)' is not a pylock file: \(Self.reason(error))", context: place)
        } catch {
            throw PythonError(.invalidLock, "'\(name)' cannot be read as a pylock file", context: place, cause: error)
        }
        guard lockVersion == "1" || lockVersion.hasPrefix("1.") else {
            throw PythonError(
                .invalidLock, "'\(name)' has lock-version '\(lockVersion)', and 1.0 is what can be read", context: place
            )
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "'\((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "'\(path(context))' is not of the right type"
        @unknown default: return "it cannot be decoded"
        }
    }
}
