/// A form in which a distribution keeps the list of what is installed: paragraphs of fields with an empty line between them.
public enum SystemPackageFormat: Sendable {
    /// dpkg's status file, deb822(5): `Package: adduser`, `Version: 3.134`.
    case dpkg
    /// apk's list of installed packages: `P:musl`, `V:1.2.4-r2`.
    case apk

    private var nameField: String { self == .dpkg ? "Package: " : "P:" }
    private var versionField: String { self == .dpkg ? "Version: " : "V:" }

    /// The version in the first paragraph that is about one of some packages; nil where there is none. Works on bytes: a
    /// distribution's list is long.
    public func version(of packages: Set<Substring>, in text: String) -> Substring? {
        var isWanted = false
        var found: Substring?
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.isEmpty {
                if isWanted, let found { return found }
                (isWanted, found) = (false, nil)
            } else if line.starts(with: nameField.utf8) {
                isWanted = packages.contains(Substring(line.dropFirst(nameField.utf8.count)))
            } else if line.starts(with: versionField.utf8) {
                found = Substring(line.dropFirst(versionField.utf8.count))
            }
        }
        return isWanted ? found : nil
    }
}
