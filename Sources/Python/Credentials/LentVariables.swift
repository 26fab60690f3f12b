public import Diagnostics
public import Spec

/// What secrets stand for where packages are fetched, by their ids:
///
/// - `netrc` is a netrc file,
/// - `UV_INDEX_NAME_USERNAME` and `UV_INDEX_NAME_PASSWORD` are those variables of uv, for the index called NAME,
/// - any other of capital letters, digits and `_` stands in URLs as `${ID}`, for a user or a password.
///
/// The last are given to uv under names of our own, so that no id can be a variable which means something to it.
public struct LentVariables: Sendable {
    /// The id of a netrc file.
    public static let netrcID = "netrc"
    private static let prefix = "COOPERAGE_SECRET_"

    private let secrets: SecretSet
    /// What may stand in URLs, by id.
    let values: [String: String]

    /// Takes the secrets.
    public init(_ secrets: SecretSet) {
        self.secrets = secrets
        values = Dictionary(
            secrets.ids.filter(Self.isVariable).compactMap { id in secrets.text(id).map { (id, $0) } },
            uniquingKeysWith: { $1 })
    }

    /// The text of the netrc file among them.
    public var netrc: String? { secrets.text(Self.netrcID) }

    /// uv's own variables among them.
    var indexVariables: [String: String] { values.filter { Self.isIndexVariable($0.key) } }

    /// What uv finds for the names that `renaming` puts into its manifests.
    var aliases: [String: String] {
        Dictionary(values.map { (Self.prefix + $0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Variables without those under names of our own, for programs that read no manifests.
    static func withoutAliases(_ variables: [String: String]) -> [String: String] {
        variables.filter { !$0.key.hasPrefix(prefix) }
    }

    /// An environment in which the variables of a manifest are looked up, where a secret goes before a variable of its name.
    func hidden(in environment: [String: String]) -> [String: String] {
        secrets.isEmpty ? environment : environment.filter { secrets.bytes($0.key) == nil || $0.key == Self.netrcID }
    }

    /// A text with the secrets in it.
    func expanding(_ text: String) -> String {
        values.isEmpty ? text : expandingVariables(in: text, from: values)
    }

    /// A text in which `${ID}` of a secret is the name that uv knows it by.
    func renaming(_ text: String) -> String {
        guard !values.isEmpty else { return text }
        return expandingVariables(in: text, from: values.mapValues { _ in "" }) { "${\(Self.prefix)\($0)}" }
    }

    /// The ids that stand in a text.
    func ids(in text: String) -> Set<String> {
        guard !values.isEmpty else { return [] }
        var found: Set<String> = []
        _ = expandingVariables(in: text, from: values) {
            found.insert($0)
            return ""
        }
        return found
    }

    /// The first secret of a text that stands elsewhere than for the user or the password of a URL: it would get into keys,
    /// locks and messages.
    func misplaced(in text: String) -> String? {
        let left = URLCredentials.removed(from: text)
        return ids(in: left).min()
    }

    /// The text of an option with the secrets, and with the other variables of an environment.
    /// - Throws: `PythonError` (`misplaced_secret`).
    public func expanding(option text: String, from environment: [String: String]) throws(PythonError) -> String {
        if let id = misplaced(in: text) { throw Self.misplaced(id) }
        return expanding(expandingVariables(in: text, from: hidden(in: environment)))
    }

    /// The ids that stand in the text of an option.
    public func ids(ofOption text: String) -> Set<String> { ids(in: text) }

    static func misplaced(_ id: String, context: [FailureContext] = []) -> PythonError {
        PythonError(
            .misplacedSecret, "the secret '\(id)' stands for something else than the user or the password of a URL",
            context: context, hints: ["write https://user:${\(id)}@host/…, or https://${\(id)}@host/…"])
    }

    /// Whether an id is of the form of a variable.
    static func isVariable(_ id: String) -> Bool { !id.isEmpty && id.utf8.allSatisfy(\.isVariableName) }

    private static func isIndexVariable(_ id: String) -> Bool {
        id.hasPrefix("UV_INDEX_") && (id.hasSuffix("_PASSWORD") || id.hasSuffix("_USERNAME"))
    }
}
