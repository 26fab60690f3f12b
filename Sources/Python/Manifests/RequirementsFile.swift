import Content
import Diagnostics
import OCI
import Spec
import SystemPackage

/// A requirements file, read as far as a cache key, clear errors and hashes need it. What its lines mean is uv's
/// business.
struct RequirementsFile: Sendable {
    /// Where it lies.
    let path: FilePath
    /// Its text with the variables of the environment put in (`${NAME}`, as pip takes them). Secrets stay names.
    let text: String
    /// Its logical lines.
    let lines: [RequirementsLine]
    /// Its logical lines as uv is to see them: variables stay in URLs, where it puts them in itself, and what is secret in the
    /// URL of a repository is left out, since uv would hand it to git as an argument.
    let uvLines: [RequirementsLine]
    /// Whether uv understands it otherwise than pip: a requirement goes over several lines, or takes a variable outside of a
    /// URL or path; or a secret stands in it.
    let isBeyondUv: Bool
    /// The ids of the secrets that stand in it.
    let secrets: Set<String>

    /// Reads one file.
    /// - Throws: `PythonError` (`misplaced_secret`) with the line.
    init(_ path: FilePath, environment: [String: String], lent: LentVariables) throws {
        self.path = path
        let raw = String(decoding: try FileSystem.read(path), as: UTF8.self)
        let environment = lent.hidden(in: environment)
        text = expandingVariables(in: raw, from: environment)
        lines = RequirementsLine.lines(of: text)
        let rawLines = text == raw ? lines : RequirementsLine.lines(of: raw)
        var secrets: Set<String> = []
        for line in rawLines {
            secrets.formUnion(line.words.flatMap { lent.ids(in: $0) })
            for word in line.words {
                guard let id = lent.misplaced(in: word) else { continue }
                throw LentVariables.misplaced(id, context: [FailureContext("file", "\(path):\(line.number)")])
            }
        }
        self.secrets = secrets
        let hasRepositoryLogins = lines.contains { $0.words.contains { Self.isRepository($0) && $0.contains("@") } }
        uvLines =
            secrets.isEmpty && !hasRepositoryLogins
            ? lines
            : rawLines.map { line in
                var line = line
                line.words = line.words.map { word in
                    guard word.contains("://") else { return expandingVariables(in: word, from: environment) }
                    return Self.isRepository(word) ? URLCredentials.removed(from: word) : lent.renaming(word)
                }
                return line
            }
        isBeyondUv =
            uvLines != lines || lines.contains { $0.isRequirement && $0.isWrapped }
            || zip(lines, rawLines).contains { line, raw in
                raw.isRequirement && zip(line.words, raw.words).contains { $0 != $1 && !$1.contains("/") }
            }
    }

    private static func isRepository(_ word: String) -> Bool { word.contains("git+http") }

    /// A file and all that it includes, in the order of inclusion, each once.
    /// - Throws: `PythonError` (`manifest_not_found`) that names the including file and line.
    static func collect(
        _ path: FilePath, environment: [String: String], lent: LentVariables = LentVariables(SecretSet()),
        confinement: ManifestConfinement? = nil
    ) throws -> [RequirementsFile] {
        var seen: Set<FilePath> = []
        var files: [RequirementsFile] = []
        func visit(_ path: FilePath, includedAt place: FailureContext?) throws {
            guard seen.insert(path.lexicallyNormalized()).inserted else { return }
            try confinement?.check(path: path, origin: place?.value ?? "the request")
            guard try FileSystem.status(path)?.kind == .file else {
                throw PythonError(
                    .manifestNotFound, "there is no requirements file '\(path)'", context: place.map { [$0] } ?? [],
                    hints: place == nil ? [] : ["paths after -r and -c start at the file that names them"])
            }
            let file = try RequirementsFile(path, environment: environment, lent: lent)
            files.append(file)
            for line in file.lines {
                guard let include = line.include, !include.contains("://") else { continue }
                let target = path.removingLastComponent().pushing(FilePath(include))
                try visit(target, includedAt: FailureContext("file", "\(path):\(line.number)"))
            }
        }
        try visit(path, includedAt: nil)
        return files
    }

    /// Whether a part of it lies on another machine, so that its text cannot be known without asking.
    var includesRemote: Bool { lines.contains { $0.include?.contains("://") ?? false } }

    /// Refuses what uv passes over where only wheels are installed.
    /// - Throws: `PythonError` (`needs_build`) with file and line.
    func refuseSources() throws(PythonError) {
        for line in lines {
            guard let names = line.noBinary, names != ":none:" else { continue }
            throw PythonError(
                .needsBuild,
                "'--no-binary \(names)' asks for packages built from their sources, and only wheels are installed",
                context: [FailureContext("file", "\(path):\(line.number)")],
                hints: [
                    PackageSource.permissionHint,
                    "or leave the line out, or build a wheel with 'uv build --wheel' and name its directory with --find-links",
                ])
        }
    }
}

/// One logical line: continuation lines joined, comment removed.
struct RequirementsLine: Sendable, Hashable {
    /// Where it starts, from 1.
    let number: Int
    /// Its words.
    var words: [String]
    /// Whether more of it than options stands on continuation lines.
    var isWrapped = false

    /// Whether it asks for a distribution, and is no option.
    var isRequirement: Bool { !(words.first ?? "-").hasPrefix("-") }

    /// The file that the line includes, if it is `-r` or `-c`.
    var include: String? { value(of: ["-r", "--requirement", "-c", "--constraint", "--constraints"]) }

    /// Whether what the line includes only constrains.
    var isConstraint: Bool { (words.first ?? "").hasPrefix("-c") || (words.first ?? "").hasPrefix("--constraint") }

    /// The distributions that shall not come as wheels, if the line is `--no-binary`.
    var noBinary: String? { value(of: ["--no-binary"]) }

    /// Whether the line is an option without a value, alone or among others.
    func sets(_ option: String) -> Bool { (words.first ?? "").hasPrefix("-") && words.contains(option) }

    /// The directory or page that the line adds, if it is `-f`.
    var findLinks: String? { value(of: ["-f", "--find-links"]) }

    /// The digests that the line allows (`--hash=sha256:…`).
    var hashes: [Digest] {
        words.indices.compactMap { index in
            if words[index].hasPrefix("--hash=") { return try? Digest(words[index].dropFirst(7)) }
            return words[index] == "--hash" && index + 1 < words.count ? try? Digest(words[index + 1]) : nil
        }
    }

    /// The normalised name of the distribution that the line asks for, if it names one.
    var name: String? {
        guard let first = words.first, !first.hasPrefix("-") else { return nil }
        let name = first.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || "-_.".contains($0) }
        return name.isEmpty || first.contains("/") ? nil : normalizedName(name)
    }

    /// The paths that the line may name: of directories and files of sources, `-e ./pkg`, `name @ ../pkg[extra]`,
    /// `file:///pkg.tar.gz`. Which of them are there is for the reader to see.
    var localPaths: [FilePath] {
        guard include == nil, findLinks == nil else { return [] }
        return words.compactMap { word in
            // Most words of a locked file are digests, which name nothing.
            guard !word.hasPrefix("--hash=") else { return nil }
            var text = Substring(word)
            if text.hasPrefix("--editable=") { text = text.dropFirst("--editable=".count) }
            if let at = text.firstIndex(of: "@"), !text[..<at].contains("/"), !text[..<at].contains(":") {
                text = text[text.index(after: at)...]
            }
            if text.lowercased().hasPrefix("file:") {
                text = text.dropFirst("file:".count)
                if text.hasPrefix("//") { text = text.dropFirst(2) }
                if text.hasPrefix("localhost/") { text = text.dropFirst("localhost".count) }
                text = Substring(PercentEncoding.decoded(text))
            }
            text = text.prefix { $0 != "[" && $0 != "#" && $0 != ";" }
            let isPath = text.contains("/") || text == "." || text == ".." || SourceTree.isArchive(String(text))
            return isPath && !text.contains("://") && !text.hasPrefix("-") ? FilePath(String(text)) : nil
        }
    }

    /// An option that says where packages come from.
    enum IndexOption: Sendable, Hashable {
        case index, extraIndex, findLinks, noIndex
    }

    /// What the line says of where packages come from.
    var indexOption: (option: IndexOption, value: String)? {
        if words.first == "--no-index" { return (.noIndex, "1") }
        if let value = findLinks { return (.findLinks, value) }
        if let value = value(of: ["--extra-index-url"]) { return (.extraIndex, value) }
        return value(of: ["-i", "--index-url"]).map { (.index, $0) }
    }

    private func value(of options: [String]) -> String? {
        guard let first = words.first else { return nil }
        for option in options {
            if first == option { return words.count > 1 ? words[1] : nil }
            if option.hasPrefix("--"), first.hasPrefix(option + "=") {
                return String(first.dropFirst(option.count + 1))
            }
            if !option.hasPrefix("--"), !first.hasPrefix("--"), first.hasPrefix(option) {
                return String(first.dropFirst(2))
            }
        }
        return nil
    }

    /// The logical lines of a text that hold anything. It works on bytes, since locked files with hashes are long and
    /// this is done in each build.
    static func lines(of text: String) -> [RequirementsLine] {
        var lines: [RequirementsLine] = []
        var words: [String] = []
        var isWrapped = false
        var start = 1
        var isContinued = false
        let physicalLines = Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, physical) in physicalLines.enumerated() {
            if !isContinued {
                words = []
                isWrapped = false
                start = index + 1
            }
            let before = words.count
            let line = physical.last == UInt8(ascii: "\r") ? physical.dropLast() : physical
            isContinued = line.last == UInt8(ascii: "\\")
            for word in (isContinued ? line.dropLast() : line).split(whereSeparator: \.isBlank) {
                // A comment starts a word; `#` inside one is part of a URL.
                if word.first == UInt8(ascii: "#") { break }
                words.append(String(decoding: word, as: UTF8.self))
            }
            if before > 0, before < words.count, !words[before].hasPrefix("--") { isWrapped = true }
            if !isContinued || index == physicalLines.count - 1, !words.isEmpty {
                lines.append(RequirementsLine(number: start, words: words, isWrapped: isWrapped))
            }
        }
        return lines
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

/// Puts the environment's values in for `${NAME}`, NAME being upper-case letters, digits and `_`; what is not set
/// stays as it is (pip's rule, "Using environment variables").
/// - Parameter replacement: says what stands for a name instead of its value.
func expandingVariables(
    in text: String, from environment: [String: String], replacement: ((_ name: String) -> String)? = nil
) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var copied = 0
    var position = 0
    while let dollar = bytes[position...].firstIndex(of: UInt8(ascii: "$")) {
        position = dollar + 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{"),
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "}"))
        else { continue }
        let name = bytes[(position + 1)..<end]
        guard !name.isEmpty, name.allSatisfy(\.isVariableName),
            let value = environment[String(decoding: name, as: UTF8.self)]
        else { continue }
        result += bytes[copied..<dollar] + (replacement?(String(decoding: name, as: UTF8.self)) ?? value).utf8
        copied = end + 1
        position = copied
    }
    return copied == 0 ? text : String(decoding: result + bytes[copied...], as: UTF8.self)
}

extension UInt8 {
    var isVariableName: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
