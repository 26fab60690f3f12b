/// The values of a Dockerfile that its names call secrets.
enum SecretValues {
    /// What is not to be shown: values of `ENV` and `ARG` with such names, and given arguments of such names.
    static func values(in document: DockerfileDocument, given: [String: String]) -> [String] {
        var values = given.filter { SecretNames.tell($0.key) }.map(\.value)
        for located in document.instructions {
            for (name, value) in named(located) where SecretNames.tell(name) && SecretNames.isLiteral(value) {
                let word = try? Expander { (_) throws(ExpansionProblem) in nil }.word(value)
                values += [value, word].compactMap(\.self)
            }
        }
        return values
    }

    /// The names and values that an instruction sets.
    static func named(_ located: LocatedInstruction) -> [(name: String, value: String)] {
        switch located.instruction {
        case .environment(let values): values.map { ($0.name, $0.value) }
        case .argument(let declarations): declarations.map { ($0.name, $0.defaultValue ?? "") }
        default: []
        }
    }
}
