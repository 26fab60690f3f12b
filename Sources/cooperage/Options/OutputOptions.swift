import ArgumentParser
import Interface
import SBOM

/// Where the image goes.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("t"), .long], help: "A name of the image, registry/repository:tag. Repeatable.")
    var tag: [String] = []

    @Flag(help: "Push the image under its names.")
    var push = false

    @Option(
        name: [.customShort("o"), .long],
        help: "type=oci,dest=DIR, type=docker,dest=FILE, type=registry, or type=image,push=true. Repeatable.")
    var output: [String] = []

    @Option(help: "Divide layers that would be larger, compressed: 500MB, 5GiB, or a number of bytes.")
    var maxLayerSize: String?

    func apply(to settings: inout Settings) {
        settings.tags = tag.given("--tag")
        settings.pushes = push.given("--push")
        settings.outputs = output.given("--output")
        settings.layerLimit = maxLayerSize.given("--max-layer-size")
    }
}

/// Files that tell of the result.
struct ResultOptions: ParsableArguments {
    @Option(help: "Write digest, names and descriptor here, in buildx's JSON.", completion: .file())
    var metadataFile: String?

    @Option(
        help: "Write the image's ID here: the digest of its configuration, of an index its own.", completion: .file())
    var iidfile: String?

    @Option(
        help: "Write a bill of materials here; of several platforms one file each, the platform before the ending.",
        completion: .file())
    var sbom: String?

    @Option(
        help: "Its form, spdx-json or cyclonedx-json (default: by the ending .spdx.json or .cdx.json, else spdx-json).",
        completion: .list(SBOMFormat.allCases.map(\.rawValue)))
    var sbomFormat: String?

    @Option(help: "Push a bill of materials with the image, as its referrer: sbom, or type=sbom.")
    var attest: [String] = []

    func apply(to settings: inout Settings) {
        settings.metadataFile = metadataFile.given("--metadata-file")
        settings.imageIDFile = iidfile.given("--iidfile")
        settings.sbomFile = sbom.given("--sbom")
        settings.sbomFormat = sbomFormat.given("--sbom-format")
        settings.attestations = attest.given("--attest")
    }
}
