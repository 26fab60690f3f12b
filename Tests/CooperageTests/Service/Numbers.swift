import Synchronization

/// 1, 2, 3 … for several tasks, each number to one of them.
final class Numbers: Sendable {
    private let last = Mutex(0)
    private let goesOn: @Sendable (_ last: Int) -> Bool

    /// - Parameter goesOn: whether there is another number after one.
    init(while goesOn: @escaping @Sendable (_ last: Int) -> Bool) { self.goesOn = goesOn }

    func next() -> Int? {
        last.withLock { last in
            guard goesOn(last) else { return nil }
            last += 1
            return last
        }
    }
}
