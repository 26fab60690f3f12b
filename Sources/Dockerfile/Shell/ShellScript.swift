import Spec

/// A shell's text as a list of simple commands. It is read up to the first thing that is more than words, `&&`, `;` and
/// comments; the command that has it says so.
struct ShellScript {
    private(set) var commands: [ShellCommand] = []

    private static let reserved: Set<String> = [
        "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!", "[[",
        "function",
    ]

    private var rest: ArraySlice<Unicode.Scalar>
    private var command = ShellCommand()
    private var word: ShellWord?
    /// A redirection whose file is still to come.
    private var redirection: ShellCommand.Redirection?
    /// Whether the text ended at something that cannot be followed.
    private var isStopped = false
    private let lookup: (String) -> String?
    /// What `cat` prints of a file, where that is known.
    private let fileText: (String) -> String?
    /// What `export` set.
    private var exported: [String: String] = [:]
    /// Where the text's last closing brace stands; -1 where there is none.
    private let lastBrace: Int
    /// How much variables may bring in.
    private var room = ExpansionBudget.single

    /// Reads a text.
    /// - Parameters:
    ///   - lookup: the variables that are known; others stop the reading.
    ///   - fileText: the files whose texts are known, for `$(cat FILE)`.
    init(
        _ text: String, lookup: @escaping (String) -> String? = { _ in nil },
        fileText: @escaping (String) -> String? = { _ in nil }
    ) {
        rest = Array(text.unicodeScalars)[...]
        lastBrace = rest.lastIndex(of: "}") ?? -1
        self.lookup = lookup
        self.fileText = fileText
        while !isStopped, let scalar = rest.popFirst() { read(scalar) }
        finishCommand()
    }

    private mutating func read(_ scalar: Unicode.Scalar) {
        switch scalar {
        case " ", "\t", "\r": finishWord()
        case "\n", ";":
            if scalar == ";", rest.first == ";" || (command.words.isEmpty && command.assignments.isEmpty && word == nil)
            {
                return stop("a ';' that ends no command")
            }
            finishCommand()
        case "&":
            guard rest.first == "&" else { return stop("a command in the background") }
            rest.removeFirst()
            finishWord()
            guard !command.words.isEmpty || !command.assignments.isEmpty else {
                return stop("a '&&' without a command")
            }
            finishCommand()
            skipBlanks()
            if rest.isEmpty { stop("a '&&' without a command") }
        case "|": stop(rest.first == "|" ? "'||'" : "a pipe")
        case "<": stop("a redirection of its input")
        case ">": redirect()
        case "(", ")": stop("a subshell")
        case "`": stop("a command substitution")
        case "$": dollar(isQuoted: false)
        case "#" where word == nil: rest = rest.drop { $0 != "\n" }
        case "\\":
            guard let next = rest.popFirst() else { return stop("a backslash that escapes nothing") }
            if next != "\n" { append(next, isQuoted: true) }
        case "'":
            guard let close = rest.firstIndex(of: "'") else { return stop("a quote that is not closed") }
            quote()
            for part in rest[..<close] { append(part, isQuoted: true) }
            rest = rest[(close + 1)...]
        case "\"": doubleQuoted()
        case "*", "?", "[":
            append(scalar, isQuoted: false)
            word?.hasPattern = true
        case "~" where word == nil:
            append(scalar, isQuoted: false)
        case "{" where word != nil && rest.startIndex <= lastBrace: stop("braces that are expanded")
        default: append(scalar, isQuoted: false)
        }
    }

    /// `>`, `>>` and `2>&1`. The word that follows is the file.
    private mutating func redirect() {
        var descriptor = "1"
        if let number = word, !number.isQuoted, number.text == "1" || number.text == "2" {
            descriptor = number.text
            word = nil
        } else {
            finishWord()
        }
        guard redirection == nil else { return stop("a redirection to nothing") }
        let appends = rest.first == ">"
        if appends { rest.removeFirst() }
        redirection = .init(descriptor: descriptor, appends: appends, target: ShellWord(text: ""))
        guard rest.first == "&" else { return }
        rest.removeFirst()
        guard let number = rest.popFirst(), number == "1" || number == "2", !appends else {
            return stop("a redirection to an open file")
        }
        word = ShellWord(text: "&\(number)")
        finishWord()
    }

    private mutating func skipBlanks() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" } }

    private mutating func stop(_ problem: String) {
        finishWord()
        command.problem = problem
        isStopped = true
    }

    private mutating func append(_ scalar: Unicode.Scalar, isQuoted: Bool) {
        var current = word ?? ShellWord(text: "")
        current.text.unicodeScalars.append(scalar)
        if isQuoted { current.isQuoted = true }
        word = current
    }

    private mutating func quote() {
        var current = word ?? ShellWord(text: "")
        current.isQuoted = true
        word = current
    }

    private mutating func doubleQuoted() {
        quote()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return
            case "$":
                dollar(isQuoted: true)
                if isStopped { return }
            case "`": return stop("a command substitution")
            case "\\":
                guard let next = rest.popFirst() else { return stop("a quote that is not closed") }
                if next == "\n" { continue }
                if !"$`\"\\".unicodeScalars.contains(next) { append("\\", isQuoted: true) }
                append(next, isQuoted: true)
            default: append(scalar, isQuoted: true)
            }
        }
        stop("a quote that is not closed")
    }

    /// A variable that is known is put in; outside of quotes its white space divides words.
    private mutating func dollar(isQuoted: Bool) {
        let isBraced = rest.first == "{"
        if rest.first == "(" { return substitute() }
        if isBraced { rest.removeFirst() }
        let name = rest.prefix {
            $0 == "_" || ($0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType == .decimal))
        }
        rest = rest[name.endIndex...]
        if name.isEmpty, !isBraced, rest.first.map({ " \t\n\"".unicodeScalars.contains($0) }) ?? true {
            return append("$", isQuoted: isQuoted)
        }
        let text = name.text
        if isBraced {
            guard rest.popFirst() == "}" else { return stop("an expansion of '\(text)'") }
        }
        guard !text.isEmpty, let value = exported[text] ?? lookup(text) else {
            return stop(text.isEmpty ? "a parameter of the shell" : "the variable '\(text)', whose value is not known")
        }
        room -= value.unicodeScalars.count
        guard room >= 0 else { return stop("more text than a command line can hold") }
        for scalar in value.unicodeScalars {
            if isQuoted {
                append(scalar, isQuoted: true)
            } else if " \t\n".unicodeScalars.contains(scalar) {
                finishWord()
            } else {
                append(scalar, isQuoted: false)
                if "*?[".unicodeScalars.contains(scalar) { word?.hasPattern = true }
            }
        }
    }

    /// `$(cat FILE)` and `$(< FILE)` of a file whose text is known.
    private mutating func substitute() {
        let inner = rest.dropFirst().prefix { $0 != ")" }
        let words = inner.text.split { $0 == " " || $0 == "\t" }
        let isQuoted = words.last.map { $0.first == "\"" && $0.last == "\"" && $0.count > 2 } ?? false
        let path = words.last.map { isQuoted ? $0.dropFirst().dropLast() : $0 } ?? ""
        guard words.count == 2, words[0] == "cat" || words[0] == "<", inner.endIndex < rest.endIndex,
            let text = fileText(String(path))
        else { return stop("a command substitution") }
        rest = rest[(inner.endIndex + 1)...]
        for scalar in text.unicodeScalars { append(scalar, isQuoted: true) }
    }

    private mutating func finishWord() {
        guard let finished = word else { return }
        word = nil
        if var redirection {
            redirection.target = finished
            command.redirections.append(redirection)
            self.redirection = nil
            // Errors in a file are what nobody can tell.
            if redirection.descriptor == "2", command.files.contains(redirection) {
                command.problem = "a file for its errors"
                isStopped = true
            }
            return
        }
        if command.words.isEmpty, ShellCommand.assignment(finished.text) != nil {
            command.assignments.append(finished.text)
        } else {
            if command.words.isEmpty, !finished.isQuoted, Self.reserved.contains(finished.text) {
                command.problem = "'\(finished.text)', a word of the shell's language"
                isStopped = true
            }
            command.words.append(finished)
        }
    }

    private mutating func finishCommand() {
        finishWord()
        if redirection != nil, command.problem == nil { command.problem = "a redirection to nothing" }
        redirection = nil
        if command.name == "export" {
            for word in command.texts.dropFirst() {
                if let variable = ShellCommand.assignment(word) { exported[variable.name] = variable.value }
            }
        }
        let isNothing = command.words.isEmpty && command.assignments.isEmpty && command.redirections.isEmpty
        if !isNothing || command.problem != nil { commands.append(command) }
        command = ShellCommand()
    }
}
