import Content
import Diagnostics
import SystemPackage

/// A lock as uv can compile it: a requirements file with its pins and markers, and a page of links that holds exactly
/// its wheels. So uv decides markers and tags for the target, and needs neither network nor credentials.
struct LoweredLock: Sendable {
    private let document: PylockDocument
    private let name: String
    private let packages: [String: PylockDocument.Package]

    /// A package of this name is pinned with the lock's `requires-python` as its marker, so that uv tells whether the
    /// lock is for the target's Python.
    private static let guardName = "cooperage-requires-python"

    /// - Parameter name: what messages call the lock.
    init(_ document: PylockDocument, name: String) {
        self.document = document
        self.name = name
        packages = Dictionary(
            document.packages.map { (Self.key($0.name, $0.pin), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes the two files.
    /// - Parameter namesSources: whether what has no wheel is asked for by its sources, which uv then reads.
    /// - Returns: the path of the requirements and the URL of the page.
    func write(
        to directory: FilePath, as stem: String, namesSources: Bool = false
    ) throws -> (requirements: String, links: String) {
        var pins = ""
        var page = ""
        func add(_ package: PylockDocument.Package, marker: String?) {
            if namesSources, package.wheelFiles.isEmpty {
                if let sdist = package.sdist {
                    page += "<a href=\"\(Self.escaped(sdist.link))\">\(Self.escaped(sdist.fileName))</a>\n"
                } else if let place = package.sourceURL {
                    pins += "\(package.name) @ \(place)" + (marker.map { " ; \($0)" } ?? "") + "\n"
                    return
                }
            }
            pins += "\(package.name)==\(package.pin)" + (marker.map { " ; \($0)" } ?? "") + "\n"
            for wheel in package.wheelFiles {
                page += "<a href=\"\(Self.escaped(wheel.link))\">\(Self.escaped(wheel.fileName))</a>\n"
            }
            // uv alone can tell whether the marker holds: what has no wheel gets one in name, and if that comes back,
            // the package is needed.
            if package.wheelFiles.isEmpty, !namesSources {
                let file = "\(package.name.replacing("-", with: "_"))-\(package.pin)-py3-none-any.whl"
                page += "<a href=\"file:///\(file)#sha256=\(String(repeating: "0", count: 64))\">\(file)</a>\n"
            }
        }
        for package in document.packages { add(package, marker: package.marker) }
        if let specifiers = document.requiresPython, !specifiers.isEmpty {
            add(PylockDocument.Package(name: Self.guardName, version: "1"), marker: Self.marker(for: specifiers))
        }
        let requirements = directory.appending("\(stem).txt")
        let links = directory.appending("\(stem).html")
        try FileSystem.write(Array(pins.utf8), to: requirements)
        try FileSystem.write(Array(page.utf8), to: links)
        return (requirements.string, "file://" + PercentEncoding.path(links.string))
    }

    /// The part of the lock that uv's answer names.
    /// - Throws: `PythonError` (`invalid_lock`) if the lock is for other versions of Python.
    func checking(_ answer: PylockDocument, target: PythonTarget) throws(PythonError) -> PylockDocument {
        var answer = answer
        if let requiresPython = document.requiresPython, !requiresPython.isEmpty {
            let count = answer.packages.count
            answer.packages.removeAll { $0.name == Self.guardName }
            guard answer.packages.count < count else {
                throw PythonError(
                    .invalidLock, "'\(name)' is for Python \(requiresPython), and the target is \(target)",
                    context: [FailureContext("file", name)],
                    hints: ["lock it anew for that Python, or take a base image with another one"])
            }
        }
        answer = restoring(answer)
        answer.requiresPython = nil
        return answer
    }

    /// uv's answer with the lock's own words on its packages: sizes, and every digest. Of their wheels those stay that
    /// run on the target.
    func restoring(_ answer: PylockDocument) -> PylockDocument {
        var answer = answer
        for index in answer.packages.indices {
            let package = answer.packages[index]
            guard var own = packages[Self.key(package.name, package.pin)] else { continue }
            let compatible = Set(package.wheelFiles.map(\.fileName))
            own.wheels = own.wheels?.filter { compatible.contains($0.fileName) }
            own.marker = nil
            answer.packages[index] = own
        }
        return answer
    }

    private static func key(_ name: String, _ version: String) -> String { "\(normalizedName(name))==\(version)" }

    /// `>=3.11,<3.13` as a marker.
    static func marker(for specifiers: String) -> String {
        specifiers.split(separator: ",").map { specifier in
            let specifier = specifier.filter { $0 != " " }
            let operation = specifier.prefix { "<>=!~".contains($0) }
            return "python_full_version \(operation) '\(specifier.dropFirst(operation.count))'"
        }.joined(separator: " and ")
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;").replacing("<", with: "&lt;")
    }
}

extension PylockDocument.Package {
    /// The version; a tree of sources need not have one.
    fileprivate var pin: String {
        version ?? wheelFiles.first.flatMap { try? WheelFilename($0.fileName).version } ?? "0"
    }

    /// Where its sources are, as a requirement names them.
    fileprivate var sourceURL: String? {
        func url(_ path: String) -> String { "file://" + PercentEncoding.path(path) }
        if let directory {
            return url(FilePath(directory.path).pushing(FilePath(directory.subdirectory ?? "")).string)
        }
        if let vcs, let commit = vcs.commitID {
            let place = vcs.url ?? url(vcs.path ?? "")
            return "git+\(place)@\(commit)" + (vcs.subdirectory.map { "#subdirectory=\($0)" } ?? "")
        }
        return archive.map(\.link)
    }

    /// The files that can be installed as they are.
    var wheelFiles: [PylockDocument.File] {
        ((wheels ?? []) + [archive].compactMap(\.self)).filter { $0.fileName.hasSuffix(".whl") }
    }

    /// Names files by their place on this machine and not by that of the lock.
    mutating func makePathsAbsolute(from place: FilePath) {
        func absolute(_ file: PylockDocument.File) -> PylockDocument.File {
            guard file.url == nil, let path = file.path else { return file }
            var file = file
            file.path = place.pushing(FilePath(path)).lexicallyNormalized().string
            return file
        }
        wheels = wheels?.map(absolute)
        archive = archive.map(absolute)
        sdist = sdist.map(absolute)
        if let path = directory?.path {
            directory?.path = place.pushing(FilePath(path)).lexicallyNormalized().string
        }
        if vcs?.url == nil, let path = vcs?.path {
            vcs?.path = place.pushing(FilePath(path)).lexicallyNormalized().string
        }
    }
}

extension PylockDocument.File {
    /// The file's address with its digest, as a page of links has it.
    fileprivate var link: String {
        let place = url ?? "file://" + PercentEncoding.path(path ?? "")
        return place.prefix { $0 != "#" } + (hashes?["sha256"].map { "#sha256=\($0)" } ?? "")
    }
}
