/// Random numbers that are the same for the same seed (SplitMix64).
public struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    /// Starts a sequence.
    public init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Bytes that do not compress.
    public mutating func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// Bytes with the repetitions of a text.
    public mutating func text(_ count: Int) -> [UInt8] {
        let words = (0..<64).map { _ in noise(Int.random(in: 1...9, using: &self)) }
        var text: [UInt8] = []
        while text.count < count { text += words[Int.random(in: 0..<64, using: &self)] }
        return Array(text.prefix(count))
    }
}
