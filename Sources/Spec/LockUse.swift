/// What a lock that was made before counts for when manifests are resolved.
public enum LockUse: Sendable, Hashable, Codable {
    /// Its versions are kept as long as the manifests allow them. It need not be there.
    case preferred(path: String)
    /// It has to be there and to fit the manifests, and its wheels are installed.
    case required(path: String)

    /// Where it lies.
    public var path: String {
        switch self {
        case .preferred(let path), .required(let path): path
        }
    }
}

extension PythonStep {
    /// Where the lock lies that has to fit.
    public var requiredLock: String? {
        if case .required(let path) = lock { path } else { nil }
    }
}
