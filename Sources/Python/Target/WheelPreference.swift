public import Diagnostics

/// Ranks wheels for a target as installers do: the best tag wins, then the higher build number.
public struct WheelPreference: Sendable {
    private let ranks: [WheelTag: Int]

    /// Ranks for a target.
    /// - Throws: `PythonError` (`unsupported_interpreter`) for an unknown platform.
    public init(_ target: PythonTarget) throws(PythonError) {
        let tags = try target.tags
        ranks = Dictionary(zip(tags, 0...), uniquingKeysWith: { first, _ in first })
    }

    /// The rank of a wheel, 0 being best; nil if it does not run on the target.
    public func rank(of wheel: WheelFilename) -> Int? { wheel.tags.compactMap { ranks[$0] }.min() }

    /// The element whose wheel suits best, or nil if none runs on the target. Between equals the name decides, so that
    /// the choice does not hang on the order in which an index lists them.
    public func best<Element>(of elements: [Element], by filename: (Element) -> WheelFilename) -> Element? {
        let ranked = elements.compactMap { element in rank(of: filename(element)).map { ($0, element) } }
        return ranked.min { left, right in
            let (leftName, rightName) = (filename(left.1), filename(right.1))
            return (left.0, -leftName.build, leftName.text) < (right.0, -rightName.build, rightName.text)
        }?.1
    }
}
