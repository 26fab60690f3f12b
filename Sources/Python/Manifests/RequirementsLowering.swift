import Content
import Diagnostics
import SystemPackage

/// Requirements files in words that uv understands. It takes variables in URLs and paths alone, and a requirement only
/// from one line; pip takes both anywhere.
struct RequirementsLowering: Sendable {
    private let files: [RequirementsFile]

    /// - Parameter files: with all that they include.
    init(_ files: [RequirementsFile]) { self.files = files }

    /// Whether uv would understand something else than pip.
    var isNeeded: Bool { files.contains(where: \.isBeyondUv) }

    /// Writes the files anew, each logical line on a line of its own and the places that files name from the root.
    /// - Returns: where each of them is now, by its absolute path.
    func write(to directory: FilePath) throws -> [FilePath: FilePath] {
        var places: [FilePath: FilePath] = [:]
        for (number, file) in files.enumerated() {
            // uv's messages end with the name that people know.
            let own = directory.appending("requirements-\(number)")
            places[try FileSystem.absolute(file.path)] = own.appending(
                file.path.lastComponent?.string ?? "requirements.txt")
        }
        for file in files {
            let path = try FileSystem.absolute(file.path)
            guard let place = places[path] else { continue }
            try FileSystem.makeDirectory(place.removingLastComponent())
            let start = path.removingLastComponent()
            let lines = file.uvLines.map { Self.text(of: $0, start: start, places: places) + "\n" }
            try FileSystem.write(lines.joined().utf8, to: place)
        }
        return places
    }

    private static func text(
        of line: RequirementsLine, start: FilePath, places: [FilePath: FilePath]
    ) -> String {
        if let include = line.include, !include.contains("://") {
            let path = start.pushing(FilePath(include)).lexicallyNormalized()
            return "\(line.isConstraint ? "-c" : "-r") \(places[path] ?? path)"
        }
        if let links = line.findLinks, !links.contains("://") {
            return "--find-links \(start.pushing(FilePath(links)).lexicallyNormalized())"
        }
        return line.words.joined(separator: " ")
    }
}
