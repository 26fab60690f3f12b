import Content
import Diagnostics
import OCI
public import Spec
public import SystemPackage

extension BaseSource {
    /// Reads how a base is named, by the first rule that fits:
    ///
    /// 1. `oci:DIR` is a layout directory, `docker-archive:FILE` an archive.
    /// 2. A name without slash, colon and `@` that does not end in `.tar` is an entry of the catalog.
    /// 3. What ends in `.tar` is an archive; what starts with `/`, `./` or `../`, or is a layout directory, a layout.
    /// 4. All else is an image in a registry.
    /// - Parameter path: makes a path of what was written.
    /// - Throws: `OCIError` when the last rule applies and the text is no reference.
    public init(named text: String, path: (String) -> FilePath = { FilePath($0) }) throws {
        func isLayout(_ path: FilePath) -> Bool { FileSystem.exists(path.appending("oci-layout")) }
        if text.hasPrefix("oci:") {
            self = .layout(path: path(String(text.dropFirst("oci:".count))).string)
        } else if text.hasPrefix("docker-archive:") {
            self = .archive(path: path(String(text.dropFirst("docker-archive:".count))).string)
        } else if text.hasSuffix(".tar") {
            self = .archive(path: path(text).string)
        } else if !text.contains(where: { "/:@".contains($0) }), text != ".", text != ".." {
            guard !text.isEmpty else {
                throw InterfaceError(.invalidFlag, "the base has no name", hints: ["'cooperage base list' shows some"])
            }
            self = .catalog(text)
        } else if ["/", "./", "../"].contains(where: text.hasPrefix) || text == "." || text == ".."
            || isLayout(path(text))
        {
            self = .layout(path: path(text).string)
        } else {
            self = .registry(try Reference(text))
        }
    }
}

extension BaseSource {
    /// Reads how an image to inspect is named: as a base, but for a layout directory, which may be named without a slash.
    public init(inspected text: String) throws {
        if FileSystem.exists(FilePath(text).appending("oci-layout")) {
            self = .layout(path: text)
        } else {
            try self.init(named: text)
        }
    }
}
