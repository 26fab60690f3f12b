public import Diagnostics

/// A layer that could not be made or read.
public typealias LayerError = Failure<LayerErrorCode>

/// What can be wrong with a layer or with what should go into one.
public enum LayerErrorCode: String, FailureCode {
    /// The file is not a ZIP archive, or its directory is damaged.
    case invalidZip = "invalid_zip"
    /// A ZIP entry uses a feature that wheels do not have: encryption, another compression, several disks.
    case unsupportedZip = "unsupported_zip"
    /// An entry's bytes do not match its declared size or CRC-32, or its stream is damaged.
    case corruptEntry = "corrupt_entry"
    /// An archive is larger, or claims to be larger, than the limits allow.
    case tooLarge = "too_large"
    /// A path is absolute, leaves the root or cannot be written.
    case unsafePath = "unsafe_path"
    /// Two entries of one layer have the same path.
    case duplicatePath = "duplicate_path"
    /// A layer's tar or its compression cannot be read.
    case unreadableLayer = "unreadable_layer"
    /// A source file changed while it was read.
    case changedSource = "changed_source"
    /// A library that we stand on cannot work here.
    case unavailable

    /// All but a broken library is about what was given to us.
    public var blame: Blame { self == .unavailable ? .outside : .request }
}
