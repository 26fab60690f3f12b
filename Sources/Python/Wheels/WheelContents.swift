import Diagnostics
import Layers
import Spec

/// What a wheel puts into an image, as far as it matters to the wheels beside it: kept, so that a layer can be put
/// together without opening the wheels again.
struct WheelContents: Sendable {
    /// One file.
    struct File: Sendable {
        /// The path in the image.
        let path: String
        /// The length in bytes.
        let size: Int64
        /// The CRC-32 of the content.
        let crc: UInt32
    }

    /// The wheel's file name, for messages.
    let filename: String
    /// The directories that it needs, sorted.
    let directories: [String]
    /// Its files, sorted by path.
    let files: [File]

    init(_ installed: InstalledWheel, of wheel: WheelReference) {
        filename = wheel.filename
        directories = installed.directories
        files = installed.files.map { file in
            var size: Int64 = 0
            if case .file(let length) = file.header.kind { size = length }
            return File(path: file.header.path, size: size, crc: file.content.crc ?? 0)
        }
    }

    /// The paths that each of some wheels leaves to a later one: of all that bring a path, the last keeps it.
    ///
    /// A pure function of the wheels and their order.
    /// - Throws: `WheelError` where one wheel's file is another's directory.
    static func exclusions(among wheels: [WheelContents]) throws(WheelError) -> [Set<PathKey>] {
        var exclusions = [Set<PathKey>](repeating: [], count: wheels.count)
        for overlap in try overlaps(among: wheels) { exclusions[overlap.loser].insert(PathKey(overlap.path)) }
        return exclusions
    }

    /// A sentence about each two wheels whose contents for a path differ.
    /// - Throws: `WheelError` where one wheel's file is another's directory.
    static func differences(among wheels: [WheelContents]) throws(WheelError) -> [String] {
        var differing: [Pair: [String]] = [:]
        for overlap in try overlaps(among: wheels) where overlap.differs {
            differing[Pair(loser: overlap.loser, winner: overlap.winner), default: []].append(overlap.path)
        }
        return differing.sorted { $0.key < $1.key }.map { pair, paths in
            let more = paths.count > 1 ? " and \(paths.count - 1) more" : ""
            let (loser, winner) = (wheels[pair.loser].filename, wheels[pair.winner].filename)
            return
                "\(loser) and \(winner) both bring '/\(paths[0])'\(more) with different contents: those of \(winner) "
                + "are taken"
        }
    }

    /// A path that a wheel brings although a later one does.
    private struct Overlap {
        let path: String
        let loser: Int
        let winner: Int
        let differs: Bool
    }

    private static func overlaps(among wheels: [WheelContents]) throws(WheelError) -> [Overlap] {
        var owners: [PathKey: (wheel: Int, file: File)] = [:]
        owners.reserveCapacity(wheels.reduce(0) { $0 + $1.files.count })
        var overlaps: [Overlap] = []
        for (number, wheel) in wheels.enumerated() {
            for file in wheel.files {
                if let (loser, lost) = owners.updateValue((number, file), forKey: PathKey(file.path)) {
                    overlaps.append(
                        Overlap(
                            path: file.path, loser: loser, winner: number,
                            differs: (lost.size, lost.crc) != (file.size, file.crc)))
                }
            }
        }
        for wheel in wheels {
            for directory in wheel.directories {
                guard let owner = owners[PathKey(directory)] else { continue }
                throw WheelError(
                    .invalidWheel,
                    "'/\(directory)' is a file of \(wheels[owner.wheel].filename) and a directory of \(wheel.filename)",
                    hints: ["the two packages cannot be installed together: leave one of them out"])
            }
        }
        return overlaps
    }

    private struct Pair: Hashable, Comparable {
        let loser: Int
        let winner: Int

        static func < (left: Pair, right: Pair) -> Bool { (left.loser, left.winner) < (right.loser, right.winner) }
    }
}

extension WheelContents: Codable {
    // An environment has ten thousand files, and a document of that many objects takes longer to read than the layers
    // take to put together: files are one text, `CRC SIZE PATH` each, ended by the one byte that no path holds.
    private enum CodingKeys: String, CodingKey {
        case filename, directories, files
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        filename = try container.decode(String.self, forKey: .filename)
        directories = try container.decode([String].self, forKey: .directories)
        files = try container.decode(String.self, forKey: .files).utf8.split(separator: 0).map { line in
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard parts.count == 3, let crc = UInt32(parts[0], radix: 16), let size = Int64(parts[1]) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .files, in: container, debugDescription: "a file is CRC, size and path")
            }
            return File(path: parts[2], size: size, crc: crc)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(filename, forKey: .filename)
        try container.encode(directories, forKey: .directories)
        let lines = files.map { "\(String($0.crc, radix: 16)) \($0.size) \($0.path)\0" }
        try container.encode(lines.joined(), forKey: .files)
    }
}
