public import Dockerfile
public import Spec

/// The Dockerfile of a request, and what was said beside it: what a server is told, which puts the two together itself.
public struct RequestedDockerfile: Sendable, Hashable {
    /// What the Dockerfile says, with what is lent put in.
    public var lowered: LoweredDockerfile
    /// The text of the context's ignore file, with what the build itself writes; nil leaves nothing out.
    public var ignoreFile: String?
    /// What holds for all of its installations: an installation of nothing.
    public var given: PythonStep
}
