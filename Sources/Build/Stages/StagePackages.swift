/// Where a stage's own steps have put packages, before its lines change files.
struct StagePackages: Sendable {
    /// The directories that hold them, sorted, without a leading slash. Their files are in no list: their wheels have them.
    var directories: [String]
    /// The prefixes of the environments among them that the steps make.
    var environments: Set<String>
}
