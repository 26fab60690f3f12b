import Spec

extension LoweringState {
    /// A change whose paths start at the root.
    func absolute(_ change: FileChange, in located: LocatedInstruction) throws(DockerfileError) -> FileChange {
        func path(_ text: String) throws(DockerfileError) -> String {
            try absolute(text, in: located, at: text)
        }
        func files(_ named: [NamedFiles]) throws(DockerfileError) -> [NamedFiles] {
            try named.map { files throws(DockerfileError) in
                NamedFiles(try path(files.path), isPattern: files.isPattern)
            }
        }
        switch change {
        case .copy, .download, .user, .group, .member: return change
        case .write(var text):
            text.path = try path(text.path)
            return .write(text)
        case .directory(var directory):
            directory.path = try path(directory.path)
            return .directory(directory)
        case .link(var link):
            link.path = try path(link.path)
            return .link(link)
        case .touch(let text): return .touch(path: try path(text))
        case .remove(var removal):
            removal.files = try files(removal.files)
            return .remove(removal)
        case .mode(var assignment):
            assignment.files = try files(assignment.files)
            return .mode(assignment)
        case .owner(var assignment):
            assignment.files = try files(assignment.files)
            return .owner(assignment)
        }
    }
}
