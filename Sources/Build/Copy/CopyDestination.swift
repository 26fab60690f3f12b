public import OCI
public import SystemPackage

/// Where a copy of an image goes.
public enum CopyDestination: Sendable, Hashable {
    /// To a registry, under a name.
    case registry(Reference)
    /// To an OCI layout directory.
    case layout(FilePath)
    /// To a docker archive.
    case archive(FilePath)
}

/// What a copy came to.
public struct CopyResult: Sendable, Hashable {
    /// The digest of the manifest or index.
    public let digest: Digest
    /// Its digest reference; where it went to files, the digest.
    public let reference: String
    /// The digests of the blobs.
    public let blobs: [Digest]
    /// The bytes that went to a registry; nil where none was asked.
    public let uploadedBytes: Int64?
}
