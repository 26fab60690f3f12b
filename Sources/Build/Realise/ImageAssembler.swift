import Content
import Images
import OCI
import Spec

/// Puts an image together out of its base, a plan and the finished layers: a pure function of the three.
struct ImageAssembler: Sendable {
    let cache: BuildCache

    /// The image; its documents are kept in the cache.
    func assemble(_ plan: BuildPlan, base: BaseImage, layers: [MadeLayer]) throws -> Image {
        let created = plan.timestamp.rfc3339
        var configuration = base.configuration
        configuration.created = created
        configuration.config = plan.execution
        configuration.rootfs = .init(diffIDs: base.configuration.rootfs.diffIDs + layers.map(\.diffID))
        configuration.history =
            base.layerHistory
            + plan.layers.map { .init(created: created, createdBy: "cooperage", comment: $0.title) }
        return try cache.keep(
            configuration, layers: base.image.manifest.layers + layers.map(\.descriptor),
            annotations: plan.annotations.isEmpty ? nil : plan.annotations
        ) { try await base.image.layer($0) }
    }
}

extension BaseImage {
    /// The base's history with exactly one entry for each of its layers beside the empty ones: registries count them.
    var layerHistory: [ImageConfiguration.History] {
        let history = configuration.history ?? []
        let layers = configuration.rootfs.diffIDs.count
        if history.count(where: { $0.emptyLayer != true }) == layers { return history }
        return (0..<layers).map { _ in
            ImageConfiguration.History(created: configuration.created, comment: "layer of the base \(name)")
        }
    }
}
