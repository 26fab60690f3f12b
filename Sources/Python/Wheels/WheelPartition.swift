public import Content
public import Diagnostics
import OCI
public import Spec

/// Divides an environment's wheels into layers: a pure function of the wheels and a budget.
///
/// A large wheel has a layer of its own. Small ones share layers with those of a similar size, and which of these a wheel
/// shares follows from its name alone, never from its rank: adding or changing a wheel touches one layer and leaves
/// the others as they are, byte for byte. Pure wheels share layers with pure ones, so that images for several platforms have
/// these layers in common.
///
/// Drawback admitted: a small wheel that grows beyond its size class moves, and changes two layers.
public struct WheelPartition: Sendable, Hashable {
    /// The layers that Python packages may use. Runtimes stop near 127, and children need some.
    public var budget: Int
    /// The size in bytes from which a wheel has a layer of its own.
    public var largeSize: Int64
    /// The upper bounds of the size classes that small wheels fall into, in bytes.
    public var classBounds: [Int64]
    /// How many layers the pure wheels of each size class are spread over.
    public var cohortsPerClass: Int
    /// How many layers those of each size class are spread over that are for one platform. There are fewer of them.
    public var platformCohortsPerClass: Int

    /// The usual division.
    public init(
        budget: Int = 72, largeSize: Int64 = 3 << 20, classBounds: [Int64] = [64 << 10, 512 << 10],
        cohortsPerClass: Int = 6, platformCohortsPerClass: Int = 2
    ) {
        self.budget = budget
        self.largeSize = largeSize
        self.classBounds = classBounds
        self.cohortsPerClass = cohortsPerClass
        self.platformCohortsPerClass = platformCohortsPerClass
    }

    /// The same where each layer gets a second one beside it: fewer layers where wheels are so many that it matters, and
    /// the same ones otherwise, so that images with and without the second ones share the first.
    public var paired: WheelPartition {
        var partition = self
        partition.budget = budget * 2 / 3
        return partition
    }

    /// Divides wheels.
    /// - Returns: the layers from the bottom up: large wheels first, largest at the bottom, then the shared layers.
    ///   Each layer's wheels are sorted by name.
    /// - Throws: `ContentError` when nothing can be hashed.
    public func divide(_ wheels: [WheelReference]) throws(ContentError) -> [[WheelReference]] {
        let threshold = largeThreshold(wheels)
        var large: [WheelReference] = []
        var cohorts: [Cohort: [WheelReference]] = [:]
        for wheel in wheels {
            let size = wheel.size ?? 0
            if size >= threshold {
                large.append(wheel)
            } else {
                let sizeClass = classBounds.firstIndex { size < $0 } ?? classBounds.count
                let count = wheel.isPure ? cohortsPerClass : platformCohortsPerClass
                let cohort = Cohort(
                    sizeClass: sizeClass, isPure: wheel.isPure, number: try bucket(of: wheel.name, count: count))
                cohorts[cohort, default: []].append(wheel)
            }
        }
        let alone = large.sorted { ($1.size ?? 0, $0.name) < ($0.size ?? 0, $1.name) }.map { [$0] }
        let shared = cohorts.sorted { $0.key < $1.key }.map { $0.value.sorted { $0.name < $1.name } }
        return alone + shared
    }

    private struct Cohort: Hashable, Comparable {
        let sizeClass: Int
        let isPure: Bool
        let number: Int

        static func < (left: Cohort, right: Cohort) -> Bool {
            (left.sizeClass, left.isPure ? 1 : 0, left.number) < (right.sizeClass, right.isPure ? 1 : 0, right.number)
        }
    }

    /// The size from which wheels stand alone: doubled until they fit into the budget, so that it moves rarely and by a
    /// factor, not with each wheel that is added.
    private func largeThreshold(_ wheels: [WheelReference]) -> Int64 {
        let room = max(0, budget - (classBounds.count + 1) * (cohortsPerClass + platformCohortsPerClass))
        var threshold = largeSize
        while threshold < 1 << 50, wheels.count(where: { ($0.size ?? 0) >= threshold }) > room { threshold *= 2 }
        return threshold
    }

    private func bucket(of name: String, count: Int) throws(ContentError) -> Int {
        let hash = try Digester.digest(of: name.utf8).encoded.prefix(8)
        return Int(UInt32(hash, radix: 16) ?? 0) % max(1, count)
    }
}

extension WheelReference {
    /// Whether the wheel is for any platform (binary distribution format, "Platform Tag").
    fileprivate var isPure: Bool { filename.hasSuffix("-any.whl") }
}
