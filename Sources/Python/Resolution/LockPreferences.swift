import OCI

/// What an earlier lock chose, or what is there already. uv keeps to its versions, and we to its wheels, as long as the manifests and the index allow
/// them: a newer release alone changes nothing.
struct LockPreferences: Sendable {
    private struct Choice {
        let name: String
        let version: String
        let files: [PylockDocument.File]
    }

    private var choices: [Choice]

    /// - Parameter lock: of the same target.
    init(_ lock: Lock) {
        choices = lock.packages.map { package in
            var file = PylockDocument.File()
            file.name = package.wheel.filename
            file.hashes = [package.wheel.digest.algorithm.rawValue: package.wheel.digest.encoded]
            return Choice(name: package.name, version: package.version, files: [file])
        }
    }

    /// - Parameter document: of whatever targets.
    init(_ document: PylockDocument) {
        choices = document.packages.compactMap { package in
            package.version.map { Choice(name: package.name, version: $0, files: package.wheelFiles) }
        }
    }

    /// Adds the versions that an image has, of packages of which nothing is preferred yet.
    /// - Returns: nil where there is nothing to prefer.
    static func merging(_ preferences: LockPreferences?, _ installed: [InstalledDistribution]) -> LockPreferences? {
        var result = preferences ?? LockPreferences(choices: [])
        var names = Set(result.choices.map { normalizedName($0.name) })
        // uv would refuse a file with a version that is none.
        for distribution in installed
        where distribution.hasVersion && names.insert(distribution.normalizedName).inserted {
            result.choices.append(Choice(name: distribution.normalizedName, version: distribution.version, files: []))
        }
        return result.choices.isEmpty ? nil : result
    }

    private init(choices: [Choice]) { self.choices = choices }

    /// A lock that names the versions alone: uv keeps to those of the file that it is to write.
    var pylockText: String {
        choices.reduce(into: "lock-version = \"1.0\"\ncreated-by = \"cooperage\"\n") { text, choice in
            text += "\n[[packages]]\nname = \(quoted(choice.name))\nversion = \(quoted(choice.version))\n"
        }
    }

    /// Whether a wheel is the one that was chosen.
    func contain(_ wheel: ChosenWheel) -> Bool {
        choices.contains { choice in
            guard normalizedName(choice.name) == wheel.filename.name, choice.version == wheel.version else {
                return false
            }
            return choice.files.contains { file in
                // A bare page of links tells no digest.
                guard !wheel.digests.isEmpty else { return file.fileName == wheel.filename.text }
                return wheel.digests.contains { file.hashes?[$0.algorithm.rawValue] == $0.encoded }
            }
        }
    }

    /// What a key holds of it.
    var parts: [String] {
        choices.flatMap { choice in
            [choice.name, choice.version]
                + choice.files.flatMap { [$0.fileName] + ($0.hashes ?? [:]).map { "\($0):\($1)" }.sorted() }
        }
    }
}
