public import OCI
public import Spec

// What an image holds, as a document for others: a software bill of materials. Nothing is unpacked and nothing scanned for
// it: the plan tells which wheels were installed, the lock where they came from, and the base's own records what it
// brought. The room makes values and documents; where a document goes is for `Build` and the command line.

/// What an image for one platform is made of.
///
/// Equal builds give equal bills on every machine: no path, no time of day and no name of a machine is in one. Neither is
/// user information, nor the query of a URL.
public struct BillOfMaterials: Sendable, Hashable {
    /// The image that is told of.
    public var image: ImageComponent
    /// The image that it stands on.
    public var base: ImageComponent
    /// What the build installed, in the order of the names.
    public var packages: [PackageComponent]
    /// What the base brought, in the order of the names; nil where nobody looked.
    public var basePackages: [PackageComponent]?
    /// The time that the document carries: the image's own.
    public var timestamp: Timestamp

    /// Takes the parts.
    public init(
        image: ImageComponent, base: ImageComponent, packages: [PackageComponent],
        basePackages: [PackageComponent]?, timestamp: Timestamp
    ) {
        self.image = image
        self.base = base
        self.packages = packages
        self.basePackages = basePackages
        self.timestamp = timestamp
    }

    /// The bill of what a plan came to.
    /// - Parameters:
    ///   - plan: what was installed on which base.
    ///   - urls: where the wheels lie, by their digests, as the lock has it.
    ///   - image: the digest of the finished image's manifest.
    ///   - name: how the image is called, if it has a name.
    ///   - basePackages: what the base has; nil where nobody looked.
    public init(
        _ plan: BuildPlan, urls: [Digest: String], image: Digest, name: Reference?, basePackages: [BasePackage]?
    ) throws {
        var packages: [PackageComponent] = []
        var replaced: Set<BasePackage.Place> = []
        for case .wheels(let layer) in plan.layers.map(\.recipe) {
            for wheel in layer.wheels.map(\.wheel) {
                packages.append(try PackageComponent(wheel, url: urls[wheel.digest]))
                for directory in [layer.scheme.purelib, layer.scheme.platlib] {
                    replaced.insert(BasePackage.Place(name: wheel.name, directory: directory))
                }
            }
        }
        let base = plan.annotations["org.opencontainers.image.base.name"].flatMap { try? Reference($0) }
        self.init(
            image: ImageComponent(
                name: name?.name ?? "image", digest: image, reference: name, platform: plan.platform),
            base: ImageComponent(
                name: base?.name ?? Self.name(ofBase: plan.base.name), digest: plan.base.digest, reference: base,
                platform: plan.platform),
            packages: Self.list(packages),
            // Where both have a distribution in one directory, Python finds the build's.
            basePackages: basePackages.map { packages in
                Self.list(packages.filter { $0.place.map { !replaced.contains($0) } ?? true }.map(\.component))
            },
            timestamp: plan.timestamp)
    }

    /// Each package once, however many places have it.
    private static func list(_ packages: [PackageComponent]) -> [PackageComponent] {
        var seen: Set<PackageURL> = []
        return packages.sorted().filter { seen.insert($0.packageURL).inserted }
    }

    /// The catalog's name of a base. A path says something about one machine and nothing about the image.
    private static func name(ofBase name: String) -> String {
        name.contains("/") || name.hasSuffix(".tar") ? "base" : name
    }
}

/// An image as part of a bill.
public struct ImageComponent: Sendable, Hashable {
    /// What people call it: `registry/repository`, or a name of the catalog.
    public var name: String
    /// The digest of its manifest.
    public var digest: Digest
    /// Where it can be had, if it has a name there.
    public var reference: Reference?
    /// What it runs on.
    public var platform: Platform

    /// Takes the parts.
    public init(name: String, digest: Digest, reference: Reference?, platform: Platform) {
        self.name = name
        self.digest = digest
        self.reference = reference
        self.platform = platform
    }
}
