public import OCI

/// Something that happened in a build. One stream of these is what the terminal, JSON output and logs render.
public enum BuildEvent: Sendable, Hashable, Codable {
    /// A phase began.
    case phaseStarted(BuildPhase)
    /// A phase ended after so many seconds.
    case phaseEnded(BuildPhase, seconds: Double)
    /// Something the user should know although the build goes on.
    case warning(String)
    /// Something that was chosen on the user's behalf.
    case notice(String)
    /// A piece of work moved on: a download, a layer in the making, an upload.
    case progress(BuildProgress)
    /// A layer is finished, was cached, or reached the registry.
    case layer(LayerOutcome)
}

/// The parts of a build by which time is told.
public enum BuildPhase: String, Sendable, Hashable, Codable, CaseIterable {
    /// Finding the base and reading what it holds.
    case base
    /// Turning manifests into a lock.
    case resolve
    /// Listing and hashing the context's files.
    case context
    /// Deciding on the layers.
    case plan
    /// Downloading wheels.
    case fetch
    /// Making layers.
    case layers
    /// Pushing or exporting.
    case output
}

/// How far a piece of work is.
public struct BuildProgress: Sendable, Hashable, Codable {
    /// What is done.
    public enum Activity: String, Sendable, Hashable, Codable {
        case downloading
        case making
        case uploading
        case exporting
    }

    /// What is done.
    public var activity: Activity
    /// To what: a layer's title, a wheel's file name.
    public var subject: String
    /// Bytes so far.
    public var done: Int64
    /// Bytes in all, if known.
    public var total: Int64?
    /// Whether the piece is finished.
    public var isFinished: Bool

    /// Takes the parts.
    public init(activity: Activity, subject: String, done: Int64, total: Int64?, isFinished: Bool = false) {
        self.activity = activity
        self.subject = subject
        self.done = done
        self.total = total
        self.isFinished = isFinished
    }
}

/// What became of a layer.
public struct LayerOutcome: Sendable, Hashable, Codable {
    /// How it came to be where it is now.
    public enum Disposition: String, Sendable, Hashable, Codable {
        /// Made in this build.
        case made
        /// Found in the cache.
        case cached
        /// Uploaded to the registry.
        case pushed
        /// Mounted from another repository of the registry.
        case mounted
        /// Already in the repository.
        case present
    }

    /// The layer's title.
    public var title: String
    /// The compressed blob.
    public var descriptor: Descriptor
    /// What happened.
    public var disposition: Disposition
    /// The platform whose image it belongs to.
    public var platform: Platform?

    /// Takes the parts.
    public init(title: String, descriptor: Descriptor, disposition: Disposition, platform: Platform? = nil) {
        self.title = title
        self.descriptor = descriptor
        self.disposition = disposition
        self.platform = platform
    }
}
