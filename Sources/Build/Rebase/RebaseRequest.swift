public import OCI
public import Spec

/// An image that is to be put on another base.
public struct RebaseRequest: Sendable, Hashable {
    /// The image.
    public var image: BaseSource
    /// What it was built on; nil takes what the image's annotations name.
    public var oldBase: BaseSource?
    /// What it is put on.
    public var newBase: BaseSource
    /// Which image of an index; nil takes all.
    public var platform: Platform?
    /// Where the result goes; empty gives the image's own name to it.
    public var destinations: [CopyDestination]
    /// Whether nobody looks if what is in the layers goes with the new base.
    public var isForced: Bool

    /// Takes the parts.
    public init(
        _ image: BaseSource, from oldBase: BaseSource? = nil, to newBase: BaseSource, platform: Platform? = nil,
        destinations: [CopyDestination] = [], isForced: Bool = false
    ) {
        self.image = image
        self.oldBase = oldBase
        self.newBase = newBase
        self.platform = platform
        self.destinations = destinations
        self.isForced = isForced
    }
}
