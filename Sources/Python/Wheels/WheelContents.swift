import Diagnostics
import Layers
import Spec

/// What a wheel puts into an image, as far as it matters to the wheels beside it: kept, so that a layer can be put together
/// without opening the wheels again.
struct WheelContents: Codable, Sendable {
    /// One file.
    struct File: Codable, Sendable {
        /// The path in the image.
        let path: String
        /// The length in bytes.
        let size: Int64
        /// The CRC-32 of the content.
        let crc: UInt32

        // One letter each: an environment has ten thousand files.
        private enum CodingKeys: String, CodingKey {
            case path = "p"
            case size = "s"
            case crc = "c"
        }
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
    /// - Parameter warn: hears of each two wheels whose contents for a path differ.
    /// - Throws: `WheelError` where one wheel's file is another's directory.
    static func exclusions(among wheels: [WheelContents], warn: (String) -> Void) throws(WheelError) -> [Set<PathKey>] {
        var owners: [PathKey: (wheel: Int, file: File)] = [:]
        var exclusions = [Set<PathKey>](repeating: [], count: wheels.count)
        var differing: [Pair: [String]] = [:]
        for (number, wheel) in wheels.enumerated() {
            for file in wheel.files {
                let key = PathKey(file.path)
                if let (loser, lost) = owners.updateValue((number, file), forKey: key) {
                    exclusions[loser].insert(key)
                    if (lost.size, lost.crc) != (file.size, file.crc) {
                        differing[Pair(loser: loser, winner: number), default: []].append(file.path)
                    }
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
        for (pair, paths) in differing.sorted(by: { $0.key < $1.key }) {
            let more = paths.count > 1 ? " and \(paths.count - 1) more" : ""
            warn(
                "\(wheels[pair.loser].filename) and \(wheels[pair.winner].filename) both bring '/\(paths[0])'\(more) with "
                    + "different contents: those of \(wheels[pair.winner].filename) are taken")
        }
        return exclusions
    }

    private struct Pair: Hashable, Comparable {
        let loser: Int
        let winner: Int

        static func < (left: Pair, right: Pair) -> Bool { (left.loser, left.winner) < (right.loser, right.winner) }
    }
}
