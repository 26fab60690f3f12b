/// What somebody may do in a project. Each role may do what those before it may.
public enum Role: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Look at builds, their events and their images.
    case reader
    /// Upload contexts, begin and cancel builds.
    case builder
    /// Change the project, its tokens and its credentials.
    case admin

    /// The one that may less is smaller.
    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .reader: 0
        case .builder: 1
        case .admin: 2
        }
    }
}
