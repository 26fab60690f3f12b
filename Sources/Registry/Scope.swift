import OCI

/// What a token is to allow (the distribution project's token scope grammar): `repository:team/app:pull,push`.
struct Scope: Sendable, Hashable, CustomStringConvertible {
    let repository: String
    let actions: String

    var description: String { "repository:\(repository):\(actions)" }

    static func pull(_ reference: Reference) -> Scope { Scope(repository: reference.repository, actions: "pull") }

    static func push(_ reference: Reference) -> Scope { Scope(repository: reference.repository, actions: "pull,push") }

    static func delete(_ reference: Reference) -> Scope {
        Scope(repository: reference.repository, actions: "pull,delete")
    }
}
