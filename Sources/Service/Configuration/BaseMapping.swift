public import OCI

/// What builds start from in place of an image that they name: one that the server cannot pull, most often.
public struct BaseMapping: Sendable, Hashable {
    /// The image that is named. Its tag counts: another version is another image.
    public var image: Reference
    /// What stands in for it.
    public var base: BuildSubmission.Base

    /// Takes the parts.
    public init(image: Reference, base: BuildSubmission.Base) {
        self.image = image
        self.base = base
    }
}

extension ServiceSettings {
    /// What stands in for an image; nil where it is the base itself. One that is named by digest is that one and no other.
    func standIn(for reference: Reference) -> BuildSubmission.Base? {
        guard reference.digest == nil else { return nil }
        return baseMappings.first { $0.image.tagged == reference.tagged }?.base
    }

    /// The base that a submission comes to.
    func mapped(_ base: BuildSubmission.Base) -> BuildSubmission.Base {
        guard case .reference(let reference) = base else { return base }
        return standIn(for: reference) ?? base
    }
}
