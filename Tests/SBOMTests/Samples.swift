import Content
import OCI
import Spec

@testable import SBOM

extension Digest {
    /// A digest of a text.
    static func of(_ text: String) throws -> Digest { try Digester.digest(of: Array(text.utf8)) }
}

/// A plan that installs wheels on a base.
enum SamplePlan {
    static let platform = Platform(os: "linux", architecture: "amd64")

    /// The usual wheels: a local version, a file without a known length, a name in another form than its file's.
    static func wheels() throws -> [WheelReference] {
        [
            WheelReference(
                name: "torch", version: "2.3.0+cpu", filename: "torch-2.3.0+cpu-cp311-cp311-linux_x86_64.whl",
                digest: try .of("torch"), size: 190_000_000),
            WheelReference(
                name: "zope-interface", version: "6.0", filename: "zope.interface-6.0-py3-none-any.whl",
                digest: try .of("zope"), size: nil),
            WheelReference(
                name: "alpha", version: "1.0", filename: "alpha-1.0-py3-none-any.whl", digest: try .of("alpha"),
                size: 1234),
        ]
    }

    static func plan(
        _ wheels: [WheelReference]? = nil, base: String = "python-3.11", reference: String? = nil,
        timestamp: Timestamp = .reproducible
    ) throws -> BuildPlan {
        let scheme = InstallScheme(
            prefix: "/opt/venv", interpreter: "/opt/venv/bin/python", purelib: "/opt/venv/lib/python3.11/site-packages",
            platlib: "/opt/venv/lib/python3.11/site-packages", scripts: "/opt/venv/bin", headers: "/opt/venv/include",
            data: "/opt/venv")
        let layers = try (wheels ?? Self.wheels()).map { wheel in
            PlannedLayer(
                title: wheel.name, key: wheel.digest,
                recipe: .wheels(
                    WheelLayer(wheels: [WheelInstallation(wheel: wheel)], scheme: scheme, timestamp: timestamp)))
        }
        return BuildPlan(
            platform: platform, base: PlannedBase(name: base, digest: try .of("base"), layers: []), layers: layers,
            execution: .init(), annotations: reference.map { ["org.opencontainers.image.base.name": $0] } ?? [:],
            timestamp: timestamp)
    }

    static func urls() throws -> [Digest: String] {
        [
            try .of("torch"):
                "https://build:pass%77ord@download.pytorch.org/whl/cpu/torch-2.3.0%2Bcpu.whl?token=hidden#x",
            try .of("zope"): "file:///home/somebody/wheels/zope.interface-6.0-py3-none-any.whl",
            try .of("alpha"): "https://files.pythonhosted.org/packages/al/pha/alpha-1.0-py3-none-any.whl",
        ]
    }

    static func bill(name: String? = "registry.example/team/app:1") throws -> BillOfMaterials {
        let tree = try BaseTree.debian()
        return try BillOfMaterials(
            plan(reference: "docker.io/library/python:3.11-slim"), urls: urls(), image: .of("image"),
            name: name.map { try Reference($0) }, basePackages: BasePackage.all(in: tree))
    }
}
