import OCI

/// A bill as an SPDX 2.3 document; the clauses are those of the specification. The names of the properties are those of
/// its JSON schema.
struct SPDXDocument: Encodable {
    /// Clause 6.5 wants a URI that no other document has; who has no site of his own takes this one.
    var documentNamespace = "https://spdx.org/spdxdocs/cooperage-"
    private let spdxVersion = "SPDX-2.3"
    private let dataLicense = "CC0-1.0"
    private let identifier = SPDXDocument.document
    private let name: String
    private let creationInfo: Creation
    private let packages: [Package]
    private let relationships: [Relationship]

    private enum CodingKeys: String, CodingKey {
        case documentNamespace, spdxVersion, dataLicense, name, creationInfo, packages, relationships
        case identifier = "SPDXID"
    }

    init(_ bill: BillOfMaterials) throws {
        name = bill.image.name
        // Without a version of ours: the same image has the same document, whichever version tells of it.
        creationInfo = Creation(created: bill.timestamp.rfc3339, creators: ["Tool: cooperage"])
        var packages = [
            Package(bill.image, identifier: Self.image, comment: nil),
            Package(
                bill.base, identifier: Self.base,
                comment: bill.basePackages == nil ? "What the base contains is not listed." : nil),
        ]
        var relationships = [
            Relationship(Self.document, .describes, Self.image), Relationship(Self.image, .descendantOf, Self.base),
        ]
        for (owner, kind, list) in [
            (Self.image, "wheel", bill.packages), (Self.base, "base", bill.basePackages ?? []),
        ] {
            for package in list {
                let reference = Self.reference(try package.identifier(kind))
                packages.append(Package(package, identifier: reference))
                relationships.append(Relationship(owner, .contains, reference))
            }
        }
        self.packages = packages
        self.relationships = relationships
    }

    private static let document = reference("DOCUMENT")
    private static let image = reference("image")
    private static let base = reference("base")

    private static func reference(_ name: String) -> String { "SPDXRef-\(name)" }
}

extension SPDXDocument {
    /// Clauses 6.8 and 6.9.
    private struct Creation: Encodable {
        let created: String
        let creators: [String]
    }

    /// Clause 7.
    private struct Package: Encodable {
        let identifier: String
        let name: String
        let versionInfo: String
        var packageFileName: String?
        /// Clause 7.7: where the package can be had.
        var downloadLocation = Package.noAssertion
        let filesAnalyzed = false
        var checksums: [Checksum]?
        // Nothing was unpacked, and so nobody looked for a licence (clauses 7.13, 7.15, 7.17).
        let licenseConcluded = Package.noAssertion
        let licenseDeclared = Package.noAssertion
        let copyrightText = Package.noAssertion
        let externalRefs: [ExternalReference]
        var primaryPackagePurpose: String?
        var comment: String?

        private enum CodingKeys: String, CodingKey {
            case name, versionInfo, packageFileName, downloadLocation, filesAnalyzed, checksums, licenseConcluded
            case licenseDeclared, copyrightText, externalRefs, primaryPackagePurpose, comment
            case identifier = "SPDXID"
        }

        static let noAssertion = "NOASSERTION"

        init(_ image: ImageComponent, identifier: String, comment: String?) {
            self.identifier = identifier
            name = image.name
            versionInfo = image.digest.description
            checksums = [Checksum(image.digest)]
            externalRefs = [ExternalReference(PackageURL(image))]
            primaryPackagePurpose = "CONTAINER"
            self.comment = comment
        }

        init(_ package: PackageComponent, identifier: String) {
            self.identifier = identifier
            name = package.name
            versionInfo = package.version
            packageFileName = package.file?.name
            if let url = package.file?.url { downloadLocation = url }
            checksums = package.file.map { [Checksum($0.digest)] }
            externalRefs = [ExternalReference(package.packageURL)]
            primaryPackagePurpose = package.file == nil ? nil : "LIBRARY"
            // The form has no place for a length.
            comment = package.file?.size.map { "The file has \($0) bytes." }
        }
    }

    /// Clause 7.10.
    private struct Checksum: Encodable {
        let algorithm: String
        let checksumValue: String

        init(_ digest: Digest) {
            algorithm = digest.algorithm.rawValue.uppercased()
            checksumValue = digest.encoded
        }
    }

    /// Clause 7.21 and Annex F.3.5.
    private struct ExternalReference: Encodable {
        let referenceCategory = "PACKAGE-MANAGER"
        let referenceType = "purl"
        let referenceLocator: String

        init(_ url: PackageURL) { referenceLocator = url.text }
    }

    /// Clause 11.
    private struct Relationship: Encodable {
        enum Kind: String, Encodable {
            case describes = "DESCRIBES"
            case descendantOf = "DESCENDANT_OF"
            case contains = "CONTAINS"
        }

        let spdxElementId: String
        let relationshipType: Kind
        let relatedSpdxElement: String

        init(_ element: String, _ kind: Kind, _ other: String) {
            spdxElementId = element
            relationshipType = kind
            relatedSpdxElement = other
        }
    }
}
