public import Images
public import OCI
public import SBOM
public import SystemPackage

/// Where a finished image goes.
public enum BuildOutput: Sendable, Hashable {
    /// To the registries that its tags name.
    case registry
    /// Into an OCI layout directory.
    case layout(FilePath)
    /// Into a docker archive, a file.
    case dockerArchive(FilePath)
}

/// What a build came to.
public struct BuildResult: Sendable {
    /// The image, or the index over one for each platform.
    public var images: ImageSet
    /// The names under which it was pushed.
    public var pushed: [Reference]
    /// The bytes that went to registries.
    public var uploadedBytes: Int64
    /// The bill of materials of each image, where bills were asked for.
    public var sboms: [SBOMDocument] = []
}
