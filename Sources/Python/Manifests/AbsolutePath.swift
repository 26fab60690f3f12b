public import Content
import Diagnostics
import Glibc
public import SystemPackage

extension FileSystem {
    /// The path from the root, links untouched: uv is started in another directory than ours.
    public static func absolute(_ path: FilePath) throws -> FilePath {
        if path.isAbsolute { return path.lexicallyNormalized() }
        guard let directory = getcwd(nil, 0) else {
            throw ContentError(.fileSystem, "the working directory of this process does not exist any more")
        }
        defer { free(directory) }
        return FilePath(String(cString: directory)).pushing(path).lexicallyNormalized()
    }
}
