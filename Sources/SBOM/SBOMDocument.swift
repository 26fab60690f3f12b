import Content
import FoundationEssentials
public import OCI

/// A bill of materials, written.
public struct SBOMDocument: Sendable, Hashable {
    /// In which form.
    public let format: SBOMFormat
    /// The platform of the image that it tells of.
    public let platform: Platform
    /// The document, the same for the same bill on every machine.
    public let bytes: [UInt8]

    /// Writes a bill.
    public init(_ bill: BillOfMaterials, _ format: SBOMFormat) throws {
        self.format = format
        platform = bill.image.platform
        switch format {
        case .spdx:
            var document = try SPDXDocument(bill)
            let identity = try Self.identity(of: document, image: bill.image.digest)
            document.documentNamespace += identity
            bytes = try Self.text(document)
        case .cycloneDX:
            var document = try CycloneDXDocument(bill)
            let identity = try Self.identity(of: document, image: bill.image.digest)
            document.serialNumber += identity
            bytes = try Self.text(document)
        }
    }

    private static func text(_ document: some Encodable) throws -> [UInt8] {
        try Array(CanonicalJSON.encode(document)) + [UInt8(ascii: "\n")]
    }

    /// A UUID that follows from the image and from what is said of it (RFC 9562, 5.8, version 8): both forms ask for one
    /// that no other document has, and a random one would make the same build's documents differ.
    private static func identity(of document: some Encodable, image: Digest) throws -> String {
        var key = KeyBuilder(kind: "sbom", formatVersion: 1)
        key.append(image.description)
        key.append(String(decoding: try CanonicalJSON.encode(document), as: UTF8.self))
        var digits = Array(try key.digest().encoded.prefix(32))
        digits[12] = "8"
        digits[16] = "a"
        for place in [20, 16, 12, 8] { digits.insert("-", at: place) }
        return String(digits)
    }
}
