import Diagnostics

/// Reads one instruction's arguments into a value.
struct InstructionParser {
    private let split: SplitInstruction
    private let heredocs: [Heredoc]
    private let escape: UInt8

    /// The names of all instructions.
    static let names = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]

    init(_ split: SplitInstruction, heredocs: [Heredoc], escape: UInt8) {
        self.split = split
        self.heredocs = heredocs
        self.escape = escape
    }

    private var keyword: String { split.keyword.text.uppercased() }
    private var rest: LocatedText { split.rest }

    func instruction() throws(LineProblem) -> Instruction {
        switch keyword {
        case "FROM": return .from(try from())
        case "ARG": return .argument(try arguments())
        case "ENV": return .environment(try namedValues())
        case "LABEL": return .label(try namedValues())
        case "WORKDIR": return .workingDirectory(try text())
        case "USER": return .user(try text())
        case "STOPSIGNAL": return .stopSignal(try text())
        case "MAINTAINER": return .maintainer(try text())
        case "COPY", "ADD": return try copy()
        case "RUN": return .run(try run())
        case "CMD":
            try noFlags()
            return .command(try form(rest))
        case "ENTRYPOINT":
            try noFlags()
            return .entrypoint(try form(rest))
        case "SHELL": return .shell(try shell())
        case "EXPOSE": return .expose(try list(LineWords.plain(rest)))
        case "VOLUME": return .volume(try volumes())
        case "HEALTHCHECK": return .healthcheck(try healthcheck())
        case "ONBUILD": return .onBuild(try onBuild())
        default: throw unknown(split.keyword)
        }
    }

    // MARK: Problems

    private func problem(_ message: String, at offset: Int? = nil, _ hints: [String] = []) -> LineProblem {
        LineProblem(message: message, hints: hints, offset: offset ?? rest.offset)
    }

    private func unknown(_ name: LocatedText) -> LineProblem {
        let near = nearest(to: name.text.uppercased(), among: Self.names)
        return LineProblem(
            code: .unknownInstruction, message: "'\(SourceText.shown(name.text, limit: 40))' is not an instruction",
            hints: near.map { ["did you mean \($0)?"] }
                ?? ["a line that goes on from the one above needs the escape character at that one's end"],
            offset: name.offset)
    }

    private func needsArgument() throws(LineProblem) {
        guard !rest.text.isEmpty else {
            throw problem("\(keyword) needs an argument", at: split.keyword.offset)
        }
    }

    // MARK: Flags

    /// The flags by name. A flag that is known to be a switch may stand alone.
    private func flags(
        _ known: [String], switches: [String] = [], repeated: [String] = []
    ) throws(LineProblem) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for flag in split.flags {
            let parts = flag.text.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            guard known.contains(name) || switches.contains(name) || repeated.contains(name) else {
                let near = nearest(to: name, among: known + switches + repeated)
                throw problem(
                    "\(keyword) has no flag --\(name)", at: flag.offset, near.map { ["did you mean --\($0)?"] } ?? [])
            }
            guard found[name] == nil || repeated.contains(name) else {
                throw problem("--\(name) is given twice", at: flag.offset)
            }
            var value = parts.count == 2 ? String(parts[1]) : nil
            if switches.contains(name) {
                value = (value ?? "true").lowercased()
                guard value == "true" || value == "false" else {
                    throw problem("--\(name) is true or false, not '\(parts.last ?? "")'", at: flag.offset)
                }
            }
            guard let value else {
                throw problem("--\(name) needs a value", at: flag.offset, ["write --\(name)=VALUE"])
            }
            found[name, default: []].append(value)
        }
        return found
    }

    private func noFlags() throws(LineProblem) { _ = try flags([]) }

    // MARK: Forms

    private func text() throws(LineProblem) -> String {
        try noFlags()
        try needsArgument()
        return rest.text
    }

    private func list(_ words: [LocatedText]) throws(LineProblem) -> [String] {
        try noFlags()
        try needsArgument()
        return words.map(\.text)
    }

    private func form(_ text: LocatedText) throws(LineProblem) -> CommandForm {
        switch JSONWords(text.text) {
        case .words(let words): return .exec(words)
        case .others: throw onlyTexts(text)
        case nil: return .shell(text.text)
        }
    }

    private func onlyTexts(_ text: LocatedText) -> LineProblem {
        problem("the array holds something other than texts", at: text.offset, ["put quotes around each element"])
    }

    private func words(_ text: LocatedText) throws(LineProblem) -> [LocatedText] {
        switch JSONWords(text.text) {
        case .words(let words): return words.map { LocatedText(text: $0, offset: text.offset) }
        case .others: throw onlyTexts(text)
        case nil: return LineWords.plain(text)
        }
    }

    // MARK: Instructions

    private func from() throws(LineProblem) -> FromInstruction {
        let flags = try flags(["platform"])
        try needsArgument()
        let words = LineWords.plain(rest)
        var name: String?
        if words.count == 3, words[1].text.lowercased() == "as" {
            let stage = words[2].text.lowercased()
            guard let first = stage.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
                stage.utf8.allSatisfy(\.isStageName)
            else {
                throw problem(
                    "'\(words[2].text)' cannot be a stage's name", at: words[2].offset,
                    ["it starts with a letter and holds letters, digits, '-', '_' and '.'"])
            }
            name = stage
        } else if words.count != 1 {
            throw problem(
                "FROM takes an image, or an image, AS and a name", at: words.count > 1 ? words[1].offset : nil)
        }
        return FromInstruction(image: words[0].text, name: name, platform: flags["platform"]?.last)
    }

    private func arguments() throws(LineProblem) -> [ArgumentDeclaration] {
        try noFlags()
        try needsArgument()
        var found: [ArgumentDeclaration] = []
        for word in LineWords(rest.text, offset: rest.offset, escape: escape).words {
            let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, !name.isEmpty else {
                throw problem("'\(word.text)' has no name", at: word.offset, ["write NAME or NAME=value"])
            }
            found.append(
                ArgumentDeclaration(name: String(name), defaultValue: parts.count == 2 ? String(parts[1]) : nil))
        }
        return found
    }

    private func namedValues() throws(LineProblem) -> [NamedValue] {
        try noFlags()
        try needsArgument()
        let words = LineWords(rest.text, offset: rest.offset, escape: escape).words
        guard let first = words.first, first.text.contains("=") else {
            let bytes = Array(rest.text.utf8)
            let name = bytes.prefix { !$0.isBlank }
            let value = bytes[name.endIndex...].trimmingLeadingBlanks
            guard !value.isEmpty else {
                throw problem("\(keyword) '\(rest.text)' has no value", ["write \(keyword) NAME=value"])
            }
            return [NamedValue(name: name.text, value: value.text)]
        }
        var found: [NamedValue] = []
        for word in words {
            let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw problem(
                    "'\(word.text)' is not NAME=value", at: word.offset, ["a value with white space needs quotes"])
            }
            guard !parts[0].isEmpty else { throw problem("'\(word.text)' has no name", at: word.offset) }
            found.append(NamedValue(name: String(parts[0]), value: String(parts[1])))
        }
        return found
    }

    private func copy() throws(LineProblem) -> Instruction {
        let isCopy = keyword == "COPY"
        let flags =
            try isCopy
            ? flags(["from", "chown", "chmod"], switches: ["link", "parents"], repeated: ["exclude"])
            : flags(
                ["chown", "chmod", "checksum"], switches: ["link", "keep-git-dir", "unpack"], repeated: ["exclude"])
        let words = try words(rest)
        guard words.count >= 2, let destination = words.last else {
            throw problem("\(keyword) needs a source and a destination", at: split.keyword.offset)
        }
        guard Heredoc(mark: destination.text) == nil else {
            throw problem("a text of the Dockerfile cannot be the destination", at: destination.offset)
        }
        let sources = words.dropLast(1).filter { heredocs.isEmpty || Heredoc(mark: $0.text) == nil }
        let copy = CopyInstruction(
            sources: sources.map(\.text), heredocs: heredocs, destination: destination.text,
            from: flags["from"]?.last, owner: flags["chown"]?.last, mode: flags["chmod"]?.last,
            links: flags["link"]?.last == "true", keepsParents: flags["parents"]?.last == "true",
            excluded: flags["exclude"] ?? [], checksum: flags["checksum"]?.last,
            keepsGitDirectory: flags["keep-git-dir"]?.last == "true", unpacks: flags["unpack"].map { $0.last == "true" }
        )
        return isCopy ? .copy(copy) : .add(copy)
    }

    private func run() throws(LineProblem) -> RunInstruction {
        let flags = try flags(["network", "security"], repeated: ["mount"])
        try needsArgument()
        var mounts: [[String: String]] = []
        for text in flags["mount"] ?? [] {
            var mount = ["type": "bind"]
            for field in text.split(separator: ",") {
                let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                mount[parts[0].lowercased()] = parts.count == 2 ? String(parts[1]) : "true"
            }
            mounts.append(mount)
        }
        return RunInstruction(
            form: try form(rest), heredocs: heredocs, mounts: mounts, network: flags["network"]?.last,
            security: flags["security"]?.last)
    }

    private func shell() throws(LineProblem) -> [String] {
        try noFlags()
        try needsArgument()
        switch JSONWords(rest.text) {
        case .words(let words) where !words.isEmpty: return words
        case .others: throw onlyTexts(rest)
        default: throw problem("SHELL takes a JSON array of texts", [#"as in SHELL ["/bin/bash", "-c"]"#])
        }
    }

    private func volumes() throws(LineProblem) -> [String] {
        let words = try list(try words(rest))
        guard words.allSatisfy({ !$0.isEmpty }) else { throw problem("VOLUME names an empty path") }
        return words
    }

    private func healthcheck() throws(LineProblem) -> HealthcheckInstruction {
        try needsArgument()
        let bytes = Array(rest.text.utf8)
        let kind = bytes.prefix { !$0.isBlank }
        let command = bytes[kind.endIndex...].trimmingLeadingBlanks
        switch kind.text.uppercased() {
        case "NONE":
            guard command.isEmpty else { throw problem("HEALTHCHECK NONE takes no arguments") }
            return .none
        case "CMD":
            let flags = try flags(["interval", "timeout", "start-period", "start-interval", "retries"])
            guard !command.isEmpty else { throw problem("HEALTHCHECK CMD needs a command") }
            let form = try form(LocatedText(text: command.text, offset: rest.offset + command.startIndex))
            return .command(form, options: flags.compactMapValues(\.last))
        default: throw problem("'\(kind.text)' is neither NONE nor CMD")
        }
    }

    private func onBuild() throws(LineProblem) -> String {
        try noFlags()
        try needsArgument()
        let inner = SplitInstruction(Array(rest.text.utf8), escape: escape)
        let name = LocatedText(text: inner.keyword.text, offset: rest.offset + inner.keyword.offset)
        guard Self.names.contains(name.text.uppercased()) else { throw unknown(name) }
        guard !["ONBUILD", "FROM", "MAINTAINER"].contains(name.text.uppercased()) else {
            throw problem("\(name.text.uppercased()) cannot follow ONBUILD", at: name.offset)
        }
        return rest.text
    }
}

extension UInt8 {
    fileprivate var isStageName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
