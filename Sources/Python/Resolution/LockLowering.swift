import Content
import Diagnostics
import SystemPackage

/// Turns a lock into what uv compiles: a requirements file with its pins and markers, and a page of links that holds
/// exactly its wheels. So uv decides markers and tags for the target and needs no network.
struct LockLowering: Sendable {
    let uv: UvTool
    let environment: UvEnvironment
    let scratch: FilePath

    func lower(_ manifest: Manifest) async throws -> [String] { [] }

    func checking(_ document: PylockDocument, manifests: [Manifest]) throws -> PylockDocument { document }
}
