import Layers
import Spec

/// A directory that a line gave away with all that is in it, and the environments of packages there, whose files no list has.
struct GivenTree: Sendable {
    /// The directory, without a leading slash.
    let path: String
    /// Its new owner; nil leaves the user.
    let uid: UInt32?
    /// Its new group; nil leaves the group.
    let gid: UInt32?
    /// The prefixes of the environments, in the same form.
    let environments: Set<String>

    /// Whether something is the directory, or is in it.
    func holds(_ other: String) -> Bool { other == path || LayerPath.isBelow(path, other) }

    /// Whose an environment is now; nil means root.
    func owner(after owner: SchemeOwner?) -> SchemeOwner? {
        let new = SchemeOwner(uid: uid ?? owner?.uid ?? 0, gid: gid ?? owner?.gid ?? 0)
        return new == SchemeOwner(uid: 0, gid: 0) ? nil : new
    }
}

extension [GivenTree] {
    /// Whose an environment is in the end; nil means root.
    /// - Parameter owner: whose it was.
    func owner(of environment: String, after owner: SchemeOwner?) -> SchemeOwner? {
        reduce(owner) { $1.environments.contains(environment) ? $1.owner(after: $0) : $0 }
    }
}
