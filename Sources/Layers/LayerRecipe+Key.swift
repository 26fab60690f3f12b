public import Content
public import Diagnostics
public import OCI
public import Spec

extension LayerRecipe {
    /// Raised, with a line in the changelog, whenever an equal recipe would give other bytes.
    public static let formatVersion = 1

    /// The name of the finished layer in every cache: a digest of all that its bytes depend on, each part framed.
    public func key() throws(ContentError) -> Digest {
        var key = KeyBuilder(kind: "layer", formatVersion: Self.formatVersion)
        switch self {
        case .wheels(let layer):
            key.append("wheels")
            key.append(layer.timestamp.seconds)
            key.append(layer.scheme)
            key.append(layer.wheels) { $0.append($1) }
            key.append(layer.part)
        case .bytecode(let layer):
            key.append("bytecode")
            key.append(layer)
            key.append(layer.modules.wheels) { $0.append($1) }
        case .files(let layer):
            key.append("files")
            key.append(layer.timestamp.seconds)
            key.append(layer.compression.rawValue)
            key.append(layer.entries) { $0.append($1) }
            // Most layers remove nothing.
            if !layer.removed.isEmpty { key.append(layer.removed) { $0.append($1) } }
        }
        return try key.digest()
    }
}

extension WheelLayer {
    /// The name of one wheel's run of members within a layer of several.
    public func runKey(of wheel: WheelInstallation) throws(ContentError) -> RecordKey {
        var key = KeyBuilder(kind: "wheel-run", formatVersion: LayerRecipe.formatVersion)
        key.append(timestamp.seconds)
        key.append(scheme)
        key.append(wheel)
        key.append(part)
        return RecordKey(kind: "wheel-runs", digest: try key.digest())
    }
}

extension BytecodeLayer {
    /// Raised, with a line in the changelog, whenever equal modules would be compiled to other bytes.
    public static let formatVersion = 1

    /// The name of one wheel's run of members within a layer of several.
    public func runKey(of wheel: WheelInstallation) throws(ContentError) -> RecordKey {
        var key = KeyBuilder(kind: "bytecode-run", formatVersion: LayerRecipe.formatVersion)
        key.append(self)
        key.append(wheel)
        return RecordKey(kind: "bytecode-runs", digest: try key.digest())
    }
}

extension KeyBuilder {
    /// What holds for all wheels of a layer.
    fileprivate mutating func append(_ layer: BytecodeLayer) {
        append(BytecodeLayer.formatVersion)
        append(layer.python)
        append(layer.modules.timestamp.seconds)
        append(layer.modules.scheme)
    }

    fileprivate mutating func append(_ scheme: InstallScheme) {
        for path in [
            scheme.prefix, scheme.interpreter, scheme.purelib, scheme.platlib, scheme.scripts, scheme.headers,
            scheme.data,
        ] { append(path) }
        append(scheme.directories) { key, directory in
            key.append(directory.path)
            key.append(directory.mode)
            key.append(directory.uid)
            key.append(directory.gid)
        }
        append(scheme.links) { key, link in
            key.append(link.path)
            key.append(link.target)
        }
        // Packages are root's but where a Dockerfile gives them away.
        if let owner = scheme.owner {
            append("owner")
            append(owner.uid)
            append(owner.gid)
        }
    }

    // Not the limit that made the part: another one that comes to the same files has the same layer.
    fileprivate mutating func append(_ part: WheelPart?) {
        guard let part else { return }
        append("part")
        append(part.first)
        append(part.count)
    }

    // The file's name decides where some parts go; where the wheel came from does not.
    fileprivate mutating func append(_ installation: WheelInstallation) {
        append(installation.wheel.name)
        append(installation.wheel.version)
        append(installation.wheel.filename)
        append(installation.wheel.digest.description)
        append(installation.excluded) { $0.append($1) }
    }

    fileprivate mutating func append(_ entry: FileEntry) {
        append(entry.path)
        append(entry.mode)
        append(entry.uid)
        append(entry.gid)
        switch entry.kind {
        case .directory: append("directory")
        case .file(let digest, let size):
            append("file")
            append(digest.description)
            append(size)
        case .symbolicLink(let target):
            append("link")
            append(target)
        }
    }
}
