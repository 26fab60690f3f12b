public import SBOM

/// That a build's bills of materials are wanted, one for each platform's image.
public struct SBOMRequest: Sendable, Hashable {
    /// In which form.
    public var format: SBOMFormat
    /// Whether each is pushed as a referrer of its image, to every repository that the image is pushed to.
    public var isAttached: Bool

    /// Takes the parts.
    public init(_ format: SBOMFormat = .spdx, isAttached: Bool = false) {
        self.format = format
        self.isAttached = isAttached
    }
}
