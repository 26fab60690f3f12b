public import Build
import Diagnostics
import OCI
import Spec
import SystemPackage

extension CopyDestination {
    /// Reads where an image is to go, by the rules by which images are named (`BaseSource`): `oci:DIR`, `docker-archive:FILE`,
    /// what ends in `.tar`, a path, else a name in a registry.
    /// - Throws: `InterfaceError` for a word that may be any of these, `OCIError` for what is no reference.
    public init(_ text: String) throws {
        switch try BaseSource(inspected: text) {
        case .layout(let path): self = .layout(FilePath(path))
        case .archive(let path): self = .archive(FilePath(path))
        case .registry(let reference): self = .registry(reference)
        case .scratch:
            throw InterfaceError(
                .invalidFlag, "'\(text)' is no place for an image", hints: ["name a directory or a repository"])
        case .catalog(let name):
            throw InterfaceError(
                .invalidFlag, "'\(name)' may be a directory, or a repository of Docker Hub",
                hints: ["write oci:\(name) or docker.io/library/\(name)"])
        }
    }
}
