/// What was found out about one registry, where it is not what is usual.
public struct StoredProfile: Sendable, Hashable {
    /// How blobs get there; nil leaves what is known of its kind.
    public var uploads: RegistryProfile.UploadStyle?
    /// The longest body that it takes in a request, in bytes; nil is any.
    public var largestBody: Int64?
    /// Whether blobs are asked for from other repositories.
    public var mounts: Bool?

    /// Nothing.
    public init() {}

    /// A profile with what was found out.
    func applied(to profile: RegistryProfile) -> RegistryProfile {
        var profile = profile
        if let uploads { profile.uploads = uploads }
        if let largestBody { profile.largestBody = largestBody }
        if let mounts { profile.mounts = mounts }
        return profile
    }
}
