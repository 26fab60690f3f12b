public import OCI
import SBOM
public import SystemPackage

/// Where the bills of materials of a build are written: one file a platform.
public struct SBOMFile: Sendable, Hashable {
    /// The path as it was given.
    public let path: FilePath
    /// Whether the build has several images, and each a file.
    public let isForSeveral: Bool

    /// Takes the parts.
    public init(_ path: FilePath, isForSeveral: Bool) {
        self.path = path
        self.isForSeveral = isForSeveral
    }

    /// The file of a platform's image. Of several, each has its platform before the ending: `app.linux-arm64.spdx.json`.
    public func path(for platform: Platform) -> FilePath {
        guard isForSeveral, let name = path.lastComponent?.string else { return path }
        let ending =
            SBOMFormat(fileName: name).map { String(name.suffix($0.fileEnding.count)) }
            ?? path.extension.map { ".\($0)" } ?? ""
        let inserted = platform.description.replacing("/", with: "-")
        return path.removingLastComponent().appending("\(name.dropLast(ending.count)).\(inserted)\(ending)")
    }
}
