import OCI

/// A bill as a CycloneDX 1.6 document (ECMA-424). The names of the properties are those of its JSON schema.
struct CycloneDXDocument: Encodable {
    /// A URN of a UUID, the document's name.
    var serialNumber = "urn:uuid:"
    private let schema = "http://cyclonedx.org/schema/bom-1.6.schema.json"
    private let bomFormat = "CycloneDX"
    private let specVersion = "1.6"
    private let version = 1
    private let metadata: Metadata
    private let components: [Component]
    private let dependencies: [Dependency]
    private let compositions: [Composition]?

    private enum CodingKeys: String, CodingKey {
        case serialNumber, bomFormat, specVersion, version, metadata, components, dependencies, compositions
        case schema = "$schema"
    }

    init(_ bill: BillOfMaterials) throws {
        metadata = Metadata(
            timestamp: bill.timestamp.rfc3339,
            // Without a version of ours: the same image has the same document, whichever version tells of it.
            tools: Metadata.Tools(components: [Metadata.Tool()]), component: Component(bill.image, reference: "image"))
        var components = [Component(bill.base, reference: "base")]
        var image = Dependency(ref: "image", dependsOn: ["base"])
        var base = Dependency(ref: "base", dependsOn: [])
        for package in bill.packages {
            components.append(try Component(package, kind: "wheel"))
            image.dependsOn.append(try package.identifier("wheel"))
        }
        for package in bill.basePackages ?? [] {
            components.append(try Component(package, kind: "base"))
            base.dependsOn.append(try package.identifier("base"))
        }
        self.components = components
        dependencies = [image, base]
        compositions = bill.basePackages == nil ? [Composition(assemblies: ["base"])] : nil
    }
}

extension CycloneDXDocument {
    private struct Metadata: Encodable {
        struct Tools: Encodable {
            let components: [Tool]
        }

        struct Tool: Encodable {
            let type = "application"
            let name = "cooperage"
        }

        let timestamp: String
        let tools: Tools
        let component: Component
    }

    private struct Component: Encodable {
        let type: String
        let reference: String
        let name: String
        let version: String
        let purl: String
        var hashes: [Hash]?
        var externalReferences: [ExternalReference]?
        var properties: [Property]?

        private enum CodingKeys: String, CodingKey {
            case type, name, version, purl, hashes, externalReferences, properties
            case reference = "bom-ref"
        }

        init(_ image: ImageComponent, reference: String) {
            type = "container"
            self.reference = reference
            name = image.name
            version = image.digest.description
            purl = PackageURL(image).text
            properties = [Property(name: "cooperage:image:platform", value: image.platform.description)]
        }

        init(_ package: PackageComponent, kind: String) throws {
            type = "library"
            reference = try package.identifier(kind)
            name = package.name
            version = package.version
            purl = package.packageURL.text
            guard let file = package.file else { return }
            let hash = Hash(file.digest)
            hashes = [hash]
            externalReferences = file.url.map { [ExternalReference(url: $0, hashes: [hash])] }
            properties = [Property(name: "cooperage:wheel:filename", value: file.name)]
            if let size = file.size { properties?.append(Property(name: "cooperage:wheel:size", value: "\(size)")) }
        }
    }

    private struct Hash: Encodable {
        let alg: String
        let content: String

        init(_ digest: Digest) {
            alg =
                switch digest.algorithm {
                case .sha256: "SHA-256"
                case .sha512: "SHA-512"
                }
            content = digest.encoded
        }
    }

    private struct ExternalReference: Encodable {
        let type = "distribution"
        let url: String
        let hashes: [Hash]
    }

    private struct Property: Encodable {
        let name: String
        let value: String
    }

    private struct Dependency: Encodable {
        let ref: String
        var dependsOn: [String]
    }

    /// What is known to be missing.
    private struct Composition: Encodable {
        let aggregate = "incomplete"
        let assemblies: [String]
    }
}
