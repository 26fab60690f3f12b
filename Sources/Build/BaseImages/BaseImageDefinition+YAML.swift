public import Diagnostics
import OCI
import Spec

extension BaseImageDefinition {
    /// Reads a definition.
    /// - Parameters:
    ///   - yaml: the text, in the form that `base-images/README.md` describes.
    ///   - file: where it stands, for messages. Its last component must be the definition's name and `.yaml`.
    /// - Throws: `BaseImageError` (`invalid_base_definition`) with file, line and key.
    public init(yaml: String, file: String) throws(BaseImageError) {
        let root = try YAMLMapping(
            text: yaml, file: file,
            keys: ["name", "description", "source", "python", "user", "workdir", "env"])
        let stem = file.split(separator: "/").last.map { $0.hasSuffix(".yaml") ? String($0.dropLast(5)) : String($0) }
        name = try root.requiredText("name", "must be the file's name, '\(stem ?? file)'") { $0 == stem }
        summary = try root.requiredText("description", "must be one line") { !$0.isEmpty && !$0.contains("\n") }
        source = try BaseImageSource(root)
        python = try BasePython(root)
        user = try BaseUser(root)
        workingDirectory = try root.text("workdir", absolutePath, where: isAbsolutePath)
        environment = []
        if let variables = try root.mapping("env") {
            for name in variables.keys {
                guard isVariableName(name) else {
                    throw variables.error("is not the name of a variable", at: name)
                }
                environment.append(
                    EnvironmentVariable(name: name, value: try variables.requiredText(name) { _ in true }))
            }
        }
        guard case .image = source else { return }
        for (isThere, path) in [(user != nil, "user"), (python?.requirements.isEmpty == false, "python")] where isThere
        {
            throw root.error(
                "cannot be made in an image that is fetched", at: path,
                hints: ["'user' and 'python.requirements' are for 'source.debian'"])
        }
    }
}

extension BaseImageSource {
    fileprivate init(_ root: YAMLMapping) throws(BaseImageError) {
        guard let source = try root.mapping("source", keys: ["debian", "image"]) else {
            throw root.error("has no 'source'")
        }
        guard source.keys.count == 1 else { throw source.error("must hold one of 'debian' and 'image'") }
        if let debian = try source.mapping("debian", keys: ["suite", "components", "packages"]) {
            let components = try debian.list("components", "must be a component such as main", where: isWord)
            self = .debian(
                DebianRelease(
                    suite: try debian.requiredText("suite", "must be a code name such as bookworm", where: isWord),
                    components: components.isEmpty ? ["main"] : components,
                    packages: try debian.list("packages", "must be the name of a package", where: isPackageName)))
            return
        }
        let text = try source.requiredText("image")
        do {
            self = .image(try Reference(text))
        } catch {
            throw source.error("is '\(text)' and \(error.message)", at: "image", hints: error.hints)
        }
    }
}

extension BasePython {
    fileprivate init?(_ root: YAMLMapping) throws(BaseImageError) {
        guard let python = try root.mapping("python", keys: ["version", "environment", "requirements"]) else {
            return nil
        }
        version = try python.requiredText("version", "must read like 3.11") { text in
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { UInt16($0) != nil }
        }
        environment = try python.text("environment", absolutePath, where: isAbsolutePath)
        requirements = try python.list("requirements", "must be pinned, name==version") { requirement in
            let parts = requirement.split(separator: "=", omittingEmptySubsequences: false)
            return parts.count == 3 && !parts[0].isEmpty && parts[1].isEmpty && !parts[2].isEmpty
        }
    }
}

extension BaseUser {
    fileprivate init?(_ root: YAMLMapping) throws(BaseImageError) {
        guard let user = try root.mapping("user", keys: ["name", "uid", "gid", "home"]) else { return nil }
        name = try user.requiredText("name", "must be a login name", where: isWord)
        uid = try Self.number(user, "uid")
        gid = try Self.number(user, "gid")
        home = try user.requiredText("home", absolutePath, where: isAbsolutePath)
    }

    /// Numbers above 65535 cannot be mapped by the usual range of a user without root, who then cannot run the image.
    private static func number(_ user: YAMLMapping, _ key: String) throws(BaseImageError) -> UInt32 {
        let text = try user.requiredText(key, "must be a number from 1 to 65535") { text in
            UInt32(text).map { (1...65535).contains($0) } ?? false
        }
        return UInt32(text) ?? 0
    }
}

private let absolutePath = "must be an absolute path without '.' and '..'"

private func isAbsolutePath(_ text: String) -> Bool {
    text.hasPrefix("/") && text.utf8.count > 1
        && text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != ":" && $0.value != 0x7F }
        }
}

/// A name as Debian writes those of suites, components and users.
private func isWord(_ text: String) -> Bool {
    text.utf8.first.map(isLowercase) == true
        && text.utf8.allSatisfy { isLowercase($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
}

/// Debian policy, section 5.6.7; a version may follow, as apt takes it: `python3=3.11.2-1+b1`.
private func isPackageName(_ text: String) -> Bool {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, name.utf8.count > 1, let first = name.utf8.first, isLowercase(first) || isDigit(first)
    else { return false }
    let isNameByte = { (byte: UInt8) in isLowercase(byte) || isDigit(byte) || "+-.".utf8.contains(byte) }
    return name.utf8.allSatisfy(isNameByte)
        && parts.dropFirst().allSatisfy { version in
            !version.isEmpty
                && version.utf8.allSatisfy {
                    isNameByte($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || ":~".utf8.contains($0)
                }
        }
}

private func isVariableName(_ text: String) -> Bool {
    text.utf8.first.map(isDigit) == false
        && text.utf8.allSatisfy {
            isLowercase($0) || isDigit($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
}

private func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
