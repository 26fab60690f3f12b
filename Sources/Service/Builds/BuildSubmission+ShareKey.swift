import Content
import Diagnostics
import FoundationEssentials
public import OCI

extension BuildSubmission {
    /// A key that is equal for submissions of one project that come to the same image: all that they say but its names and
    /// where it goes.
    public func shareKey(project: String) throws -> Digest {
        var image = self
        image.tags = []
        image.pushes = false
        image.exports = false
        image.expectedImage = nil
        var key = KeyBuilder(kind: "build", formatVersion: 1)
        key.append(project)
        key.append(String(decoding: try CanonicalJSON.encode(image), as: UTF8.self))
        return try key.digest()
    }
}
