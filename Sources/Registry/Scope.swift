import OCI

/// What a token is to allow (the distribution project's token scope grammar): `repository:team/app:pull,push`.
struct Scope: Sendable, Hashable, CustomStringConvertible {
    let description: String

    static func pull(_ reference: Reference) -> Scope { Scope(description: "repository:\(reference.repository):pull") }

    static func push(_ reference: Reference) -> Scope {
        Scope(description: "repository:\(reference.repository):pull,push")
    }
}
