import Content
import Diagnostics
import Glibc
import OCI
public import SystemPackage
import TOMLKit

/// What the manifests of a stranger may name: files below one directory, and the URLs that a policy allows.
///
/// A service resolves what others send it, on its own disk and in its own network. `-r ../../x`, `file:///…` or a link to
/// another tenant's wheel would show them what is not theirs. The tree below the directory is taken to hold no links that
/// lead out of it; whoever writes it sees to that.
///
/// The tree need not be there as a whole: what is about to be read of it is asked for first (`prepare`). Most builds know
/// the answer to their manifests already, and read nothing else.
///
/// Where the directory lies says nothing of what it holds, so that keys and locks that are kept name it by a fixed word:
/// the same manifests in another directory have the same answer.
public struct ManifestConfinement: Sendable {
    /// The directory, absolute.
    public let root: FilePath
    private let allowsURL: @Sendable (_ url: String) -> Bool
    private let prepared: @Sendable (_ path: FilePath) throws -> Void

    /// Takes the parts.
    /// - Parameters:
    ///   - root: an absolute directory.
    ///   - prepare: told of a file, or of a directory with all that is in it, before it is looked at.
    ///   - allowsURL: whether packages may come from a URL that a manifest names; it may hold credentials.
    public init(
        root: FilePath, prepare: @escaping @Sendable (_ path: FilePath) throws -> Void = { _ in },
        allowsURL: @escaping @Sendable (_ url: String) -> Bool
    ) {
        self.root = root.lexicallyNormalized()
        self.allowsURL = allowsURL
        prepared = prepare
    }

    // MARK: What is there

    /// Sees to it that a path below the directory is there, if it ever will be.
    public func prepare(_ path: FilePath) throws {
        let path = path.lexicallyNormalized()
        if path.starts(with: root) { try prepared(path) }
    }

    /// Sees to it that everything is there.
    func prepareAll() throws { try prepared(root) }

    /// Sees to it that the wheels and sources of a lock are there.
    func prepare(_ lock: Lock) throws {
        func prepare(url: String) throws {
            guard url.hasPrefix(prefix) else { return }
            try self.prepare(FilePath(PercentEncoding.decoded(url.dropFirst("file://".count))))
        }
        for package in lock.packages {
            switch package.source {
            case nil: try prepare(url: package.wheel.url)
            case .sdist(let archive), .archive(let archive): try prepare(url: archive.url)
            case .directory(let directory): try self.prepare(FilePath(directory.path))
            case .git: break
            }
        }
    }

    // MARK: Checking

    /// Refuses a path that leads out of the directory.
    func check(path: FilePath, origin: String) throws {
        let lexical = path.lexicallyNormalized()
        try prepare(lexical)
        // Behind a link `..` is another place than the text says.
        let real = Self.real(path)
        let realRoot = Self.real(root) ?? root
        guard lexical.starts(with: root), real.map({ $0.starts(with: realRoot) }) ?? true else {
            throw refuse("the path '\(unlocated(path.string))'", origin)
        }
    }

    /// Refuses a URL that may not be asked, or a file of this machine outside of the directory.
    public func check(url: String, origin: String) throws {
        let lower = url.lowercased()
        if lower.hasPrefix("file:") {
            var path = url.dropFirst("file:".count).prefix { $0 != "#" && $0 != "?" }
            if path.hasPrefix("//") {
                path = path.dropFirst(2)
                if path.lowercased().hasPrefix("localhost/") { path = path.dropFirst("localhost".count) }
            }
            guard path.hasPrefix("/") else { throw refuse("the URL '\(redacted(url: url))'", origin) }
            try check(path: FilePath(PercentEncoding.decoded(path)), origin: origin)
        } else {
            let plain = url.firstRange(of: "+http").map { String(url[url.index(after: $0.lowerBound)...]) } ?? url
            guard allowsURL(plain) else { throw refuse("the URL '\(redacted(url: url))'", origin) }
        }
    }

    /// Refuses sources that a lock may not have.
    func check(_ source: PackageSource, of package: String) throws {
        switch source {
        case .sdist(let archive), .archive(let archive): try check(url: archive.url, origin: package)
        case .git(let git): try check(url: git.url, origin: package)
        case .directory(let directory): try check(path: FilePath(directory.path), origin: package)
        }
    }

    /// Refuses a requirements file that names what it may not.
    /// - Parameter start: where uv is started: paths may start there as well as at the file.
    func check(_ file: RequirementsFile, start: FilePath) throws {
        let directory = file.path.removingLastComponent()
        for line in file.lines {
            let origin = "\(unlocated(file.path.string)):\(line.number)"
            // Most words of a locked file are digests, which name nothing.
            for word in line.words where !word.hasPrefix("--hash=") {
                try check(word: word, from: [directory, start], origin: origin)
            }
        }
    }

    private func check(word: String, from places: [FilePath], origin: String) throws {
        // `--option=value`, `-rvalue`, `name@value`
        var value = Substring(word)
        if value.hasPrefix("--") {
            guard let equals = value.firstIndex(of: "=") else { return }
            value = value[value.index(after: equals)...]
        } else if value.hasPrefix("-") {
            value = value.dropFirst(2)
        } else if let at = value.firstIndex(of: "@"), !value[..<at].contains("/"), !value[..<at].contains(":") {
            value = value[value.index(after: at)...]
        }
        while let first = value.first, "\"'".contains(first) { value = value.dropFirst() }
        let lower = value.lowercased()
        if value.contains("://") || lower.hasPrefix("file:") {
            try check(url: String(value), origin: origin)
        } else if value.contains("/") || value.hasPrefix("~") || value == ".." {
            guard !value.hasPrefix("~") else { throw refuse("the path '\(value)'", origin) }
            for place in places { try check(path: place.pushing(FilePath(String(value))), origin: origin) }
        }
    }

    /// Refuses a TOML file (a project, a lock, uv's configuration) that names what it may not. One that cannot be read is
    /// uv's to complain about.
    func check(toml text: String, at path: FilePath) throws {
        guard path.lexicallyNormalized().starts(with: root), let table = try? TOMLTable(string: text) else { return }
        try check(table, key: "", directory: path.removingLastComponent(), origin: unlocated(path.string))
    }

    /// Keys whose texts are paths, also where they do not look like it.
    private static let pathKeys: Set<String> = [
        "path", "directory", "editable", "virtual", "find-links", "cache-dir", "constraint", "override", "members",
        "subdirectory",
    ]

    private func check(
        _ value: any TOMLValueConvertible, key: String, directory: FilePath, origin: String
    ) throws {
        switch value.type {
        case .table:
            guard let table = value.table else { return }
            for name in table.keys {
                guard let member = table[name] else { continue }
                try check(member, key: name, directory: directory, origin: origin)
            }
        case .array:
            guard let array = value.array else { return }
            for member in array { try check(member, key: key, directory: directory, origin: origin) }
        case .string:
            guard let text = value.string else { return }
            if Self.pathKeys.contains(key), !text.contains("://"), !text.lowercased().hasPrefix("file:") {
                try check(path: directory.pushing(FilePath(text)), origin: origin)
            } else if key.hasSuffix("url") || key == "registry" || key == "index" || Self.pathKeys.contains(key)
                || text.lowercased().contains("file:") || text.contains("@")
            {
                for word in text.split(whereSeparator: \.isWhitespace)
                where word.contains("://") || word.lowercased().contains("file:") {
                    try check(word: String(word), from: [directory], origin: origin)
                }
            }
        default: return
        }
    }

    private func refuse(_ what: String, _ origin: String) -> PythonError {
        PythonError(
            .invalidManifest, "\(what) is not to be used by this build",
            context: [FailureContext("file", unlocated(origin))],
            hints: [
                "files are named relative to the context and lie in it; indexes and hosts are those that the policy allows"
            ])
    }

    private static func real(_ path: FilePath) -> FilePath? {
        guard let resolved = realpath(path.string, nil) else { return nil }
        defer { free(resolved) }
        return FilePath(String(cString: resolved))
    }

    // MARK: Places

    private static let word = "context:"

    /// A text in which the directory is named by a fixed word.
    func unlocated(_ text: String) -> String { text.replacing(root.string, with: Self.word) }

    /// A lock in which what lies in the directory is named by a fixed word.
    func unlocated(_ lock: Lock) -> Lock {
        lock.replacingPlaces {
            replacing($0, prefix, with: Self.word)
        } path: {
            relative($0).map { Self.word + $0 } ?? $0
        }
    }

    /// A lock that was kept, with the directory where it is now.
    func located(_ lock: Lock) -> Lock {
        lock.replacingPlaces {
            replacing($0, Self.word, with: prefix)
        } path: {
            guard $0.hasPrefix(Self.word) else { return $0 }
            return root.pushing(FilePath(String($0.dropFirst(Self.word.count)))).lexicallyNormalized().string
        }
    }

    private var prefix: String { "file://" + PercentEncoding.path(root.string) + "/" }

    private func replacing(_ text: String, _ start: String, with other: String) -> String {
        text.hasPrefix(start) ? other + text.dropFirst(start.count) : text
    }

    /// The way to a path from the directory; nil for one outside.
    private func relative(_ path: String) -> String? {
        var path = FilePath(path).lexicallyNormalized()
        guard path.removePrefix(root) else { return nil }
        return path.isEmpty ? "." : path.string
    }

    /// A lock as its reader has it, who has the directory somewhere else: what lies in it is named by paths relative to it.
    public func relative(_ lock: Lock) -> Lock {
        lock.replacingPlaces {
            replacing($0, prefix, with: "")
        } path: {
            relative($0) ?? $0
        }
    }
}

extension Lock {
    /// The lock with other places of files and directories of this machine.
    fileprivate func replacingPlaces(url: (String) -> String, path: (String) -> String) -> Lock {
        var lock = self
        for number in lock.packages.indices {
            lock.packages[number].wheel.url = url(lock.packages[number].wheel.url)
            lock.packages[number].source = lock.packages[number].source?.moved(url: url, path: path)
        }
        return lock
    }
}
