import Diagnostics

/// One `--attest` in buildx's form: `type=sbom`, or `sbom` alone. `disabled=true` takes it back.
struct Attestation: Sendable, Hashable {
    /// Whether a bill of materials is wanted.
    let isWanted: Bool

    /// Reads the text.
    /// - Throws: `InterfaceError` with the part at fault.
    init(_ text: String) throws(InterfaceError) {
        var type: String?
        var isWanted = true
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (pair[0].lowercased(), pair.count == 2 ? pair[1] : nil) {
            case (_, nil) where type == nil: type = String(part)
            case ("type", let value?) where type == nil: type = value
            case ("disabled", "true"?): isWanted = false
            case ("disabled", "false"?): isWanted = true
            case ("generator", _):
                throw Self.error("'\(part)' cannot be followed: no scanner makes the bill of materials, the lock does")
            default: throw Self.error("'\(part)' is no part of an attestation")
            }
        }
        guard type == "sbom" else {
            throw Self.error(
                "'\(type ?? text)' is no attestation that is made here", hints: ["there is one: --attest sbom"])
        }
        self.isWanted = isWanted
    }

    private static func error(_ message: String, hints: [String] = ["write --attest sbom"]) -> InterfaceError {
        InterfaceError(.invalidFlag, message, hints: hints)
    }
}
