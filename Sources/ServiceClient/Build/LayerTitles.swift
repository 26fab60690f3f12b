import OCI
import Spec
import Synchronization

/// Which layer has which title, as a build's events tell: plans name layers by their titles alone.
final class LayerTitles: Sendable {
    private struct Key: Hashable {
        let title: String
        let platform: Platform?
    }

    private let digests = Mutex<[Key: Digest]>([:])

    func add(_ event: BuildEvent) {
        guard case .layer(let outcome) = event else { return }
        digests.withLock {
            $0[Key(title: outcome.title, platform: outcome.platform)] = outcome.descriptor.digest
            if outcome.platform != nil, $0[Key(title: outcome.title, platform: nil)] == nil {
                $0[Key(title: outcome.title, platform: nil)] = outcome.descriptor.digest
            }
        }
    }

    /// The layers of an image in their order, as far as events told of them.
    func ordered(_ plans: [ServiceClient.LayerOrder]) -> [Digest] {
        digests.withLock { digests in
            plans.flatMap { plan in
                plan.base.layers.map(\.digest)
                    + plan.layers.compactMap {
                        digests[Key(title: $0.title, platform: plan.platform)]
                            ?? digests[
                                Key(title: $0.title, platform: nil)]
                    }
            }
        }
    }
}
