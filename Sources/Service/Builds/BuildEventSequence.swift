/// A build's events from a number on, as they happen, whichever process runs it; at the end the build itself.
///
/// The reader sets the pace: events lie in the database until they are asked for, so one who reads slowly costs the build
/// nothing.
public struct BuildEventSequence: AsyncSequence, Sendable {
    /// What a reader gets.
    public enum Element: Sendable, Hashable {
        /// An event.
        case event(StoredEvent)
        /// Nothing happened for a while: a sign that the reader is still served.
        case silence
        /// The build ended, and this is the last element.
        case end(BuildRecord)
    }

    let store: any MetadataStore
    let bell: Doorbell
    let build: String
    let after: Int64
    /// After how long a silence is told of; nil tells of none.
    let silence: Duration?

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(store: store, bell: bell, build: build, last: after, silence: silence)
    }

    /// Reads on.
    public struct Iterator: AsyncIteratorProtocol {
        let store: any MetadataStore
        let bell: Doorbell
        let build: String
        var last: Int64
        private var buffer: ArraySlice<StoredEvent> = []
        private var isOver = false
        private let silence: Duration?
        private var lastTold = ContinuousClock.now

        /// How often other processes' events are looked for.
        private static let pause = Duration.milliseconds(500)

        init(store: any MetadataStore, bell: Doorbell, build: String, last: Int64, silence: Duration?) {
            self.silence = silence
            self.store = store
            self.bell = bell
            self.build = build
            self.last = last
        }

        private func further() async throws -> ArraySlice<StoredEvent> {
            try await store.events(of: build, after: last, limit: 500)[...]
        }

        /// The next element; nil after the end, or when the build is no longer kept.
        public mutating func next() async throws -> Element? {
            while !isOver {
                if let event = buffer.popFirst() {
                    last = event.number
                    lastTold = .now
                    return .event(event)
                }
                let ticket = bell.ticket()
                buffer = try await further()
                if !buffer.isEmpty { continue }
                // Only now, for it costs more to read than events: a submission may be long, and readers many.
                guard let record = try await store.build(build) else { break }
                if record.state.isFinal {
                    // What was written between the two looks, before the end.
                    buffer = try await further()
                    if !buffer.isEmpty { continue }
                    isOver = true
                    return .end(record)
                }
                try Task.checkCancellation()
                if let silence, lastTold.duration(to: .now) >= silence {
                    lastTold = .now
                    return .silence
                }
                await bell.wait(for: .build(build), since: ticket, atMost: Self.pause)
                try Task.checkCancellation()
            }
            return nil
        }
    }
}
