/// Files that hold secrets, by their names.
enum SecretFiles {
    /// What lies in directories of projects and homes.
    private static let paths = [
        ".env", ".netrc", "_netrc", ".pypirc", ".npmrc", ".git-credentials", ".aws/credentials", ".docker/config.json",
        ".kube/config", ".ssh/id_rsa", ".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_dsa", "id_rsa", "id_ed25519",
        "id_ecdsa", "id_dsa", ".config/pip/pip.conf", ".vault-token", "kubeconfig",
        "application_default_credentials.json",
    ]
    private static let endings = [".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"]

    /// Whether a file is one by its path. Public keys and samples are none.
    static func tell(_ path: String) -> Bool {
        let name = ImagePath.name(path).lowercased()
        if paths.contains(where: { path == $0 || path.hasSuffix("/" + $0) }) { return true }
        if name.hasSuffix(".pem") { return name.contains("key") || name.contains("private") }
        return endings.contains(where: name.hasSuffix)
    }

    /// The files of secrets that a source of a COPY brings: itself, or what is known to lie in a directory.
    static func named(by source: String, in subject: LintSubject) -> [String] {
        guard !source.contains("$"), !source.contains("://"), let path = ImagePath.relative(source) else { return [] }
        if tell(path) { return subject.isIgnored(path) ? [] : [path] }
        guard let entry = subject.lowering.contextEntry, path.isEmpty || entry(path) == .directory else { return [] }
        return paths.map { ImagePath.joined(path, $0) }.filter { entry($0) == .file && !subject.isIgnored($0) }
    }
}
