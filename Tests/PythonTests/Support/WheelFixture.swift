import Content
import OCI
import SystemPackage

/// A small wheel made by the test: real enough for uv, which reads its METADATA out of the archive.
struct WheelFixture: Sendable {
    let filename: String
    let name: String
    let version: String
    /// The text of its METADATA.
    let metadata: String
    let bytes: [UInt8]
    let digest: Digest

    init(_ name: String, _ version: String, tag: String = "py3-none-any", requires: [String] = []) throws {
        self.name = name
        self.version = version
        let stem = name.replacing("-", with: "_")
        filename = "\(stem)-\(version)-\(tag).whl"
        let info = "\(stem)-\(version).dist-info"
        metadata =
            (["Metadata-Version: 2.1", "Name: \(name)", "Version: \(version)"]
            + requires.map { "Requires-Dist: \($0)" }).joined(separator: "\n") + "\n"
        bytes = storedZip([
            ("\(stem).py", "VERSION = '\(version)'\n"),
            ("\(info)/METADATA", metadata),
            ("\(info)/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: \(tag)\n"),
            ("\(info)/RECORD", ""),
        ])
        digest = try Digester.digest(of: bytes)
    }

    @discardableResult
    func write(to directory: FilePath) throws -> FilePath {
        let path = directory.appending(filename)
        try FileSystem.write(bytes, to: path)
        return path
    }
}

/// A zip archive of stored entries (APPNOTE 4.3).
private func storedZip(_ files: [(name: String, text: String)]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
        let content = Array(file.text.utf8)
        let offset = archive.count
        var header: [UInt8] = []
        header += little(20, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x0021, 2)
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
