import Content
public import SystemPackage

/// The program that a shell would run by a name; nil where none of the directories in `PATH` has it.
public func program(named name: String, in environment: [String: String]) -> FilePath? {
    for directory in (environment["PATH"] ?? "").split(separator: ":") {
        let path = FilePath(String(directory)).appending(name)
        if isExecutable(path) { return path }
    }
    return nil
}

/// Whether a path is a file that may be executed.
public func isExecutable(_ path: FilePath) -> Bool {
    guard let status = try? FileSystem.status(path) else { return false }
    return status.kind == .file && status.mode & 0o111 != 0
}
