/// An option of a command, as the command's table has it.
struct CommandOption: Sendable {
    /// What an option does.
    enum Effect: Sendable, Equatable {
        /// Nothing that the image would show.
        case none
        /// It names a requirements file.
        case requirements
        /// It names the index that replaces PyPI.
        case index
        /// It names a further index.
        case extraIndex
        /// It names a place that lists distributions.
        case findLinks
        /// It cannot be followed; the text says why.
        case refused(String)
    }

    /// Its names, with their dashes.
    let names: [String]
    /// Whether a value follows.
    let takesValue: Bool
    /// Whether the value may be empty.
    let mayBeEmpty: Bool
    /// What it does.
    let effect: Effect

    /// - Parameter names: its names with spaces between them.
    init(_ names: String, takesValue: Bool = false, mayBeEmpty: Bool = false, _ effect: Effect) {
        self.names = names.split(separator: " ").map(String.init)
        self.takesValue = takesValue
        self.mayBeEmpty = mayBeEmpty
        self.effect = effect
    }
}

/// The arguments of a command, divided into options that a table knows, and operands.
struct CommandArguments {
    /// The options in order, each with its value.
    private(set) var options: [(effect: CommandOption.Effect, name: String, value: String)] = []
    /// What is no option.
    private(set) var operands: [ShellWord] = []

    /// - Throws: `CommandRefusal` for an option that is not in the table, or one that cannot be followed.
    init(_ words: some Sequence<ShellWord>, table: [CommandOption]) throws(CommandRefusal) {
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            let text = word.text
            if text == "--" {
                operands += rest
                return
            }
            guard text.hasPrefix("-"), text != "-" else {
                operands.append(word)
                continue
            }
            if text.hasPrefix("--") {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let option = try Self.option(String(parts[0]), in: table, word: text)
                try take(option, String(parts[0]), attached: parts.count == 2 ? String(parts[1]) : nil, &rest)
                continue
            }
            // `-r file`, `-rfile`, and short options in one word.
            var letters = text.dropFirst()
            while let letter = letters.popFirst() {
                let option = try Self.option("-\(letter)", in: table, word: text)
                if option.takesValue {
                    try take(option, "-\(letter)", attached: letters.isEmpty ? nil : String(letters), &rest)
                    break
                }
                try take(option, "-\(letter)", attached: nil, &rest)
            }
        }
    }

    /// The operand of a command that takes exactly one.
    /// - Parameter what: what it names, for the refusal: `user`.
    func only(_ what: String) throws(CommandRefusal) -> String {
        guard let operand = operands.first, operands.count == 1 else {
            throw CommandRefusal(reason: "it does not name one \(what)")
        }
        return operand.text
    }

    /// Whether one of some names of an option is there.
    func has(_ names: String...) -> Bool { options.contains { names.contains($0.name) } }

    /// The last value of an option, by its names.
    func value(_ names: String...) -> String? { options.last { names.contains($0.name) }?.value }

    /// All values of an option in order, by its names.
    func values(_ names: String...) -> [String] { options.filter { names.contains($0.name) }.map(\.value) }

    private static func option(
        _ name: String, in table: [CommandOption], word: String
    ) throws(CommandRefusal) -> CommandOption {
        guard let option = table.first(where: { $0.names.contains(name) }) else {
            throw CommandRefusal(reason: "its option \(name) is not known", word: word)
        }
        return option
    }

    private mutating func take(
        _ option: CommandOption, _ name: String, attached: String?, _ rest: inout ArraySlice<ShellWord>
    ) throws(CommandRefusal) {
        if case .refused(let reason) = option.effect { throw CommandRefusal(reason: "\(name) \(reason)", word: name) }
        guard option.takesValue else {
            guard attached == nil else { throw CommandRefusal(reason: "\(name) takes no value", word: name) }
            options.append((option.effect, name, ""))
            return
        }
        guard let value = attached ?? rest.popFirst()?.text, option.mayBeEmpty || !value.isEmpty else {
            throw CommandRefusal(reason: "\(name) has no value", word: name)
        }
        options.append((option.effect, name, value))
    }
}
