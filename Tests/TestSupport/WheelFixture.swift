import Content
public import OCI
public import SystemPackage

/// A small wheel made by the test: real enough for uv, which reads its METADATA out of the archive.
public struct WheelFixture: Sendable {
    /// The wheel's file name.
    public let filename: String
    /// The distribution's name.
    public let name: String
    /// Its version.
    public let version: String
    /// The text of its METADATA.
    public let metadata: String
    /// The archive.
    public let bytes: [UInt8]
    /// The archive's digest.
    public let digest: Digest

    /// Makes a wheel of one module, `VERSION = '…'`.
    /// - Parameter files: further files by their paths in the archive, however bad these are.
    public init(
        _ name: String, _ version: String, tag: String = "py3-none-any", requires: [String] = [],
        files: [(name: String, bytes: [UInt8])] = []
    ) throws {
        self.name = name
        self.version = version
        let stem = name.replacing("-", with: "_")
        filename = "\(stem)-\(version)-\(tag).whl"
        let info = "\(stem)-\(version).dist-info"
        metadata =
            (["Metadata-Version: 2.1", "Name: \(name)", "Version: \(version)"]
            + requires.map { "Requires-Dist: \($0)" }).joined(separator: "\n") + "\n"
        let texts = [
            ("\(stem).py", "VERSION = '\(version)'\n"),
            ("\(info)/METADATA", metadata),
            ("\(info)/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: \(tag)\n"),
            ("\(info)/RECORD", ""),
        ]
        bytes = storedZip(texts.map { ($0, Array($1.utf8)) } + files)
        digest = try Digester.digest(of: bytes)
    }

    private init(_ wheel: WheelFixture, bytes: [UInt8]) throws {
        (filename, name, version, metadata) = (wheel.filename, wheel.name, wheel.version, wheel.metadata)
        self.bytes = bytes
        digest = try Digester.digest(of: bytes)
    }

    /// A file of the same name that holds something else.
    public func holding(_ bytes: [UInt8]) throws -> WheelFixture { try WheelFixture(self, bytes: bytes) }

    /// Writes the wheel under its name.
    @discardableResult
    public func write(to directory: FilePath) throws -> FilePath {
        let path = directory.appending(filename)
        try FileSystem.write(bytes, to: path)
        return path
    }
}

/// A zip archive of stored entries (APPNOTE 4.3).
private func storedZip(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
        let content = file.bytes
        let offset = archive.count
        var header: [UInt8] = []
        // Bit 11: the name is UTF-8.
        let flags = file.name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x800
        header += little(20, 2) + little(flags, 2) + little(0, 2) + little(0, 2) + little(0x0021, 2)
        header += little(Int(crc32(content)), 4) + little(content.count, 4) + little(content.count, 4)
        header += little(file.name.utf8.count, 2) + little(0, 2)
        archive += little(0x0403_4b50, 4) + header + file.name.utf8 + content
        directory += little(0x0201_4b50, 4) + little(20, 2) + header + little(0, 2) + little(0, 2) + little(0, 2)
        directory += little(0, 4) + little(offset, 4) + file.name.utf8
    }
    let end =
        little(0, 2) + little(0, 2) + little(files.count, 2) + little(files.count, 2)
        + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
    return archive + directory + little(0x0605_4b50, 4) + end
}

private func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xedb8_8320 : crc >> 1 }
    }
    return ~crc
}
