import Images
import Layers
import OCI
import Python
import SBOM

extension BuildEngine {
    /// The bill of an image, out of what was planned and locked and of what the base's own records tell.
    func bill(_ build: PlannedBuild, image: Image, tags: [Reference]) async throws -> BillOfMaterials {
        let wheels = build.draft.locks.flatMap(\.packages).map(\.wheel)
        return try BillOfMaterials(
            build.plan, urls: Dictionary(wheels.map { ($0.digest, $0.url) }) { first, _ in first },
            image: image.descriptor.digest, name: tags.first, basePackages: try await build.draft.base.packages())
    }
}

extension BaseImage {
    /// What the base has installed.
    fileprivate func packages() async throws -> [BasePackage] {
        try await remembered("base-packages", version: BasePackage.formatVersion, question: []) {
            BasePackage.all(in: $0)
        }
    }
}
