/// How an installer was told to install, beside what each build can say: what commands of a Dockerfile have as flags.
public struct InstallationOptions: Sendable, Hashable, Codable {
    /// What is newer than what is there already.
    public enum Upgrade: Sendable, Hashable, Codable {
        /// All that is needed is looked for anew (`uv pip install --upgrade`).
        case all
        /// What the requirements name themselves (`pip install --upgrade`).
        case named
        /// These packages (`--upgrade-package`).
        case packages([String])
    }

    /// A project whose code is used where it lies in the image (`-e`).
    public struct EditableSource: Sendable, Hashable, Codable {
        /// Its directory, as the manifests name it.
        public var directory: String
        /// Where its files are in the image, absolute.
        public var place: String

        /// Takes the parts.
        public init(directory: String, place: String) {
            self.directory = directory
            self.place = place
        }
    }

    /// Whether what the packages need is left out (`--no-deps`).
    public var leavesOutDependencies: Bool
    /// Which versions before a release count, in uv's words; nil leaves it to uv.
    public var prerelease: String?
    /// How several indexes answer for one package, in uv's words; nil takes the first that knows it.
    public var indexStrategy: String?
    /// Which of the allowed versions is taken, in uv's words; nil takes the highest.
    public var resolution: String?
    /// Whether newer versions replace those that are there; nil keeps what fulfils the requirements.
    public var upgrade: Upgrade?
    /// Whether what the requirements do not need is taken away, but for installers (`uv sync`).
    public var isExact: Bool
    /// Whether a missing interpreter leaves the bytecode out, rather than ending the build.
    public var hasOptionalBytecode: Bool
    /// The projects whose code is used where it lies.
    public var editableSources: [EditableSource]

    /// The usual ones; what differs can be set.
    public init() {
        leavesOutDependencies = false
        isExact = false
        hasOptionalBytecode = false
        editableSources = []
    }

    /// Whether installations with these can be resolved together with others: nothing in them is about one alone.
    public var isCommon: Bool {
        var common = self
        (common.hasOptionalBytecode, common.editableSources) = (false, [])
        return common == InstallationOptions()
    }
}
