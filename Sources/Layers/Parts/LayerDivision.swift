/// Divides the entries of a layer into parts of limited length: in their order, each part as long as it may be, and with the
/// directories that its entries lie in.
///
/// What lies in one part is one range of the entries, so that no entry's place depends on what comes after its part.
public struct LayerDivision: Sendable {
    /// An entry: its path, and its length at most.
    public struct Item: Sendable {
        let path: String
        let bound: Int64

        /// Takes the parts.
        public init(path: String, bound: Int64) {
            self.path = path
            self.bound = bound
        }
    }

    /// One part.
    public struct Part: Sendable, Hashable {
        /// Which of the entries.
        public let range: Range<Int>
        /// The layer's length at most, in bytes.
        public let bound: Int64
    }

    /// The parts in order; one alone where everything has room in it.
    public let parts: [Part]

    /// Divides entries.
    ///
    /// An entry that has no room in any part gets one of its own.
    /// - Parameters:
    ///   - items: the entries, sorted by path.
    ///   - directories: the directories that each part repeats where an entry of its lies in them.
    ///   - first: what the first part holds beside.
    ///   - limit: in bytes.
    public init(_ items: [Item], directories: [String], first: [Item] = [], limit: Int64) {
        let repeated = Set(directories.map(PathKey.init))
        var parts: [Part] = []
        var (start, length) = (0, LayerBound.end)
        var written: Set<PathKey> = []
        for item in first {
            length += item.bound
            written.insert(PathKey(item.path))
        }
        for (number, item) in items.enumerated() {
            let ancestors = LayerPath.ancestors(of: item.path).map(PathKey.init).filter(repeated.contains)
            func cost() -> Int64 {
                ancestors.filter { !written.contains($0) }.reduce(item.bound) {
                    $0 + LayerBound.header(path: $1.path)
                }
            }
            if number > start, length + cost() > limit {
                parts.append(Part(range: start..<number, bound: length))
                (start, length) = (number, LayerBound.end)
                written = []
            }
            length += cost()
            written.formUnion(ancestors)
            written.insert(PathKey(item.path))
        }
        parts.append(Part(range: start..<items.count, bound: length))
        self.parts = parts
    }
}
