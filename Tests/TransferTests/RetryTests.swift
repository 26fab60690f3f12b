import Diagnostics
import TestSupport
import Testing
import Transfer

@Suite struct RetryTests {
    private let policy = RetryPolicy(
        attempts: 5, baseDelay: .seconds(1), maximumDelay: .seconds(4), jitter: 0.5, maximumRetryAfter: .seconds(60))

    @Test(arguments: [(1, 1.0), (2, 2.0), (3, 4.0), (4, 4.0)])
    func waitsDoubleUpToTheMaximum(attempt: Int, seconds: Double) {
        #expect(policy.delay(afterAttempt: attempt, chance: 0) == .seconds(seconds))
        #expect(policy.delay(afterAttempt: attempt, chance: 0.5) == .seconds(seconds * 0.75))
    }

    @Test func givesUpAfterTheLastAttempt() {
        #expect(policy.delay(afterAttempt: 5, chance: 0) == nil)
        #expect(RetryPolicy.never.delay(afterAttempt: 1, chance: 0) == nil)
    }

    @Test func honoursRetryAfterWithinReason() {
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(30), chance: 0) == .seconds(30))
        #expect(policy.delay(afterAttempt: 3, retryAfter: .seconds(1), chance: 0) == .seconds(4))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(61), chance: 0) == nil)
    }

    @Test(arguments: [
        (401, FailureClass.authorisation), (403, .authorisation), (404, .permanent), (400, .permanent), (429, .passing),
        (500, .passing), (503, .passing), (501, .permanent),
    ])
    func statusesHaveClasses(status: Int, expected: FailureClass) {
        #expect(FailureClass(status: status) == expected)
    }

    @Test func passingFailuresAreTriedAgainAndUnwrapped() async throws {
        let time = TestTime()
        let retrier = Retrier(policy: policy, time: time.source)
        let value = try await retrier.run { attempt in
            if attempt == 1 { throw TransferError(.unreachable, "nobody there") }
            if attempt == 2 { throw Attempted(TransferError(.unavailable, "busy"), retryAfter: .seconds(9)) }
            return attempt
        }
        #expect(value == 3)
        #expect(time.waits == [.milliseconds(750), .seconds(9)])

        let error = await #expect(throws: TransferError.self) {
            try await retrier.run { _ in throw Attempted(TransferError(.unavailable, "busy")) }
        }
        #expect(error?.code == .unavailable)
        #expect(time.waits.count == 6)
    }

    @Test func otherFailuresAreNot() async throws {
        let time = TestTime()
        let retrier = Retrier(policy: policy, time: time.source)
        for code in [TransferErrorCode.unauthorised, .refused, .contentMismatch] {
            await #expect(throws: TransferError.self) {
                try await retrier.run { _ in throw TransferError(code, "no") }
            }
        }
        #expect(time.waits == [])
    }

    @Test func progressBeginsTheCountAnew() async throws {
        let time = TestTime()
        let retrier = Retrier(policy: policy, time: time.source)
        let value = try await retrier.run { attempt in
            if attempt < 20 { throw Attempted(TransferError(.interrupted, "cut"), madeProgress: true) }
            return attempt
        }
        #expect(value == 20)
        #expect(time.waits == Array(repeating: .milliseconds(750), count: 19))
    }

    @Test func aLimitAdmitsInOrderAndLetsGoOfTheCancelled() async throws {
        let limit = ConcurrencyLimit(1)
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let first = Task { try await limit.run { for await _ in gate { return } } }
        let second = Task { try await limit.run { 2 } }
        let third = Task { try await limit.run { 3 } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        opener.yield()
        try await first.value
        #expect(try await third.value == 3)
    }

    @Test func aLimitCanBeChanged() async throws {
        let limit = ConcurrencyLimit(2)
        let (started, starter) = AsyncStream<Int>.makeStream()
        let gates = (0..<4).map { _ in AsyncStream<Void>.makeStream() }
        func begin(_ number: Int) -> Task<Void, any Error> {
            Task {
                try await limit.run {
                    starter.yield(number)
                    for await _ in gates[number].stream { return }
                }
            }
        }
        var order = started.makeAsyncIterator()
        let first = begin(0)
        #expect(await order.next() == 0)
        let second = begin(1)
        #expect(await order.next() == 1)
        limit.resize(to: 1)
        let third = begin(2)
        gates[0].continuation.yield()
        try await first.value
        // One place was taken away, so the third waits for the second, too.
        gates[1].continuation.yield()
        try await second.value
        #expect(await order.next() == 2)
        // More room lets those in who wait.
        let fourth = begin(3)
        limit.resize(to: 2)
        #expect(await order.next() == 3)
        gates[2].continuation.yield()
        gates[3].continuation.yield()
        try await third.value
        try await fourth.value
    }
}
