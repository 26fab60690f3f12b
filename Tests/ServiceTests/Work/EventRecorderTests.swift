import Build
import Diagnostics
import ServiceTesting
import Spec
import TestSupport
import Testing

@testable import Service

/// Events on their way to the database, which may be away.
@Suite struct EventRecorderTests {
    private func recorder(at site: ServiceSite) async throws -> (EventRecorder, Lease) {
        _ = try await site.service.submit(
            BuildSubmission(base: .catalog("python-3.11")), project: "default", by: site.admin)
        let lease = try #require(
            try await site.store.claim(worker: "w", leaseFor: .seconds(3600), attemptLimit: 10))
        let scrubber = TextScrubber(secrets: ["swordfish"], paths: [])
        return (EventRecorder(store: site.store, lease: lease, scrubber: scrubber, bell: site.service.bell), lease)
    }

    /// The warnings among a build's events, in order.
    private func warnings(of lease: Lease, at site: ServiceSite) async throws -> [String] {
        try await site.events(of: lease.build.id).filter { $0.contains("\"event\":\"warning\"") }
    }

    @Test func eventsComeInOrder() async throws {
        let site = try await ServiceSite()
        let (recorder, lease) = try await recorder(at: site)
        let running = Task { await recorder.run {} }
        for number in 0..<1500 { recorder.events.emit(.warning("<\(number)>")) }
        try await eventually("all are written") {
            try await site.store.events(of: lease.build.id, after: 1501, limit: 1).count == 1
        }
        running.cancel()
        await running.value
        let texts = try await warnings(of: lease, at: site)
        for (number, text) in texts.enumerated() { #expect(text.contains("<\(number)>")) }
    }

    @Test func nothingWaitsWhenTheDatabaseIsAway() async throws {
        let site = try await ServiceSite()
        let (recorder, lease) = try await recorder(at: site)
        await site.store.setDown(true)
        let running = Task { await recorder.run {} }
        for number in 0..<6000 { recorder.events.emit(.warning("<\(number)>")) }
        await site.store.setDown(false)
        try await eventually("all that had room are written") {
            // After the two changes of state.
            try await site.store.events(of: lease.build.id, after: 5002, limit: 1).count == 1
        }
        running.cancel()
        await running.value
        let texts = try await warnings(of: lease, at: site)
        #expect(texts[0].contains("<0>") && texts[4999].contains("<4999>"))
        // It is told that some are missing, and how many, where they would have been.
        #expect(texts[5000].contains("1000 events are left out"))
        // From then on all is well.
        recorder.events.emit(.warning("<afterwards>"))
        await recorder.finish()
        #expect(try await warnings(of: lease, at: site).last?.contains("<afterwards>") == true)
    }

    @Test func secretsAreTakenOut() async throws {
        let site = try await ServiceSite()
        let (recorder, lease) = try await recorder(at: site)
        recorder.events.emit(.warning("it is swordfish"))
        await recorder.finish()
        let texts = try await warnings(of: lease, at: site)
        #expect(texts.count == 1 && texts[0].contains("it is …") && !texts[0].contains("swordfish"))
    }

    @Test func progressIsToldNowAndThen() async throws {
        let site = try await ServiceSite()
        let (recorder, lease) = try await recorder(at: site)
        for done in 0..<1000 {
            for subject in ["a", "b"] {
                recorder.events.emit(
                    .progress(BuildProgress(activity: .downloading, subject: subject, done: Int64(done), total: 1000)))
            }
        }
        for subject in ["a", "b"] {
            recorder.events.emit(
                .progress(
                    BuildProgress(activity: .downloading, subject: subject, done: 1000, total: 1000, isFinished: true)))
        }
        await recorder.finish()
        let texts = try await site.events(of: lease.build.id).filter { $0.contains("\"event\":\"progress\"") }
        // The first and the last of each, and perhaps some of those between.
        #expect((4...40).contains(texts.count))
        #expect(texts.suffix(2).allSatisfy { $0.contains("1000") && $0.contains("true") })
    }

    @Test func aLostLeaseIsTold() async throws {
        let site = try await ServiceSite()
        let (recorder, lease) = try await recorder(at: site)
        await site.store.advance(by: .seconds(4000))
        _ = try await site.store.claim(worker: "thief", leaseFor: .seconds(3600), attemptLimit: 10)
        let before = try await site.events(of: lease.build.id).count
        let isLost = Flag()
        recorder.events.emit(.warning("too late"))
        await recorder.run { isLost.set() }
        #expect(isLost.isSet)
        #expect(try await site.events(of: lease.build.id).count == before)
    }
}
