public import Diagnostics

/// An image that cannot be read or written.
public typealias ImageError = Failure<ImageErrorCode>

/// What can be wrong with an image.
public enum ImageErrorCode: String, FailureCode {
    /// A document cannot be read, or documents contradict each other.
    case invalidImage = "invalid_image"
    /// The place holds no image, or not the one asked for.
    case imageNotFound = "image_not_found"
    /// There is an image, but for other platforms.
    case platformNotFound = "platform_not_found"
    /// The place holds something else that would be overwritten.
    case occupied

    /// The image was asked for.
    public var blame: Blame { .request }
}
