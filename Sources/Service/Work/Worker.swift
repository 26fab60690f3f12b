import Diagnostics
import Logging
import Python
import Spec
import SystemPackage

/// Works off one lease: builds, keeps the lease alive meanwhile, and writes how it ended.
struct Worker: Sendable {
    let service: BuildService
    let lease: Lease
    let control: AttemptControl
    private let logger: Logger

    init(_ service: BuildService, _ lease: Lease, control: AttemptControl) {
        self.service = service
        self.lease = lease
        self.control = control
        var logger = service.logger
        logger[metadataKey: "build"] = "\(lease.build.id)"
        logger[metadataKey: "project"] = "\(lease.build.project)"
        self.logger = logger
    }

    private var settings: ServiceSettings { service.settings }
    private var bell: Doorbell { service.bell }

    /// The whole of it. It returns when the attempt's end is written, or is no longer ours to write.
    func run() async {
        let metrics = AttemptMetrics(lease.build)
        logger.info("attempt \(lease.build.attempts) begins")
        let heartbeat = Task { await beat() }
        let end = await attempt(metrics)
        if let end {
            await write(end)
            metrics.ended(end)
        }
        heartbeat.cancel()
        bell.ring(.build(lease.build.id))
        bell.ring(.work)
    }

    // MARK: The work

    /// - Returns: how it ended; nil where that is not ours to say.
    private func attempt(_ metrics: AttemptMetrics) async -> AttemptEnd? {
        let runner = BuildRunner(service, lease)
        let workspace: BuildWorkspace
        let secrets: (lent: BuildSecrets, credentials: BuildCredentials)
        do {
            workspace = try BuildWorkspace(lease, dataDirectory: settings.dataDirectory)
            secrets = try await runner.openSecrets()
        } catch {
            return self.end(for: error, scrubber: TextScrubber(secrets: [], paths: []))
        }
        defer { workspace.remove() }
        let passwords =
            secrets.credentials.passwords
            + secrets.lent.indexes.flatMap {
                [$0.password] + sentForms(user: $0.username, password: $0.password)
            } + secrets.lent.texts
        let scrubber = TextScrubber(
            secrets: passwords,
            paths: [
                (workspace.context.string + "/", ""), (workspace.root.string, "the build's directory"),
                (settings.dataDirectory.string + "/", ""),
            ])
        let recorder = EventRecorder(store: service.store, lease: lease, scrubber: scrubber, bell: bell)
        let writing = Task { await recorder.run { control.stop(.leaseLost) } }
        let watch = Task { try await watchTime() }
        let work = Task {
            try await runner.run(
                in: workspace, lent: secrets.lent, credentials: secrets.credentials,
                events: metrics.observing(recorder.events), confirm: confirm)
        }
        control.attach { work.cancel() }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            control.stop(.killed)
        }
        watch.cancel()
        writing.cancel()
        _ = await writing.value
        guard control.reason != .leaseLost, control.reason != .killed else {
            logger.warning(
                "attempt \(lease.build.attempts) ends without a word: \(control.reason.map { "\($0)" } ?? "")")
            return nil
        }
        await recorder.finish()
        switch result {
        case .success(let outcome): return .succeeded(outcome)
        case .failure(let error): return self.end(for: error, scrubber: scrubber)
        }
    }

    private func end(for error: any Error, scrubber: TextScrubber) -> AttemptEnd? {
        switch control.reason {
        case .cancelled: return .cancelled
        case .stopping: return .handedBack
        case .leaseLost, .killed: return nil
        case .timedOut:
            return .failed(
                BuildProblem(
                    ServiceError(
                        .timedOut, "the build took longer than the project's policy allows",
                        hints: ["ask for a longer 'timeout_seconds' in the project's policy"])))
        case nil: break
        }
        let problem = scrubber.scrubbed(BuildProblem(error))
        guard canPass(error) else { return .failed(problem) }
        let delay = Self.delay(afterAttempt: lease.build.attempts, chance: .random(in: 0..<1))
        logger.notice("the attempt failed, and may succeed later: \(problem.message)")
        return .again(problem, after: delay, attemptLimit: settings.attemptLimit)
    }

    /// The wait doubles from attempt to attempt up to a minute, half of it left to chance: many builds that failed together
    /// do not come back together.
    static func delay(afterAttempt attempt: Int, chance: Double) -> Duration {
        var delay = Duration.seconds(1)
        for _ in 1..<max(1, min(attempt, 10)) { delay *= 2 }
        return min(delay, .seconds(60)) * (1 - 0.5 * chance)
    }

    private func watchTime() async throws {
        let policy = try await service.project(lease.build.project).policy
        try await Task.sleep(for: .seconds(policy.timeoutSeconds))
        control.stop(.timedOut)
    }

    // MARK: The lease

    /// Renews the lease until cancelled, and hears of a cancellation within a second.
    private func beat() async {
        let interval = min(settings.lease / 3, .seconds(1))
        var held = ContinuousClock.now
        var ticket = bell.ticket()
        while true {
            // The lease was given just now: most builds end before it needs to be renewed.
            await bell.wait(for: .cancellation(lease.build.id), since: ticket, atMost: interval)
            if Task.isCancelled { return }
            ticket = bell.ticket()
            let now = ContinuousClock.now
            do {
                switch try await service.store.heartbeat(lease, leaseFor: settings.lease) {
                case .held: held = now
                case .cancelRequested:
                    held = now
                    control.stop(.cancelled)
                case .lost: return control.stop(.leaseLost)
                }
            } catch {
                // Nobody says that it is lost, but by now somebody else may have it.
                if !Task.isCancelled, now - held > settings.lease { return control.stop(.leaseLost) }
            }
        }
    }

    /// The last look before a tag is written: the fence must still be ours, and stays so for the length of a lease.
    private func confirm() async throws {
        switch try await service.store.heartbeat(lease, leaseFor: settings.lease) {
        case .held: return
        case .cancelRequested: control.stop(.cancelled)
        case .lost: control.stop(.leaseLost)
        }
        throw CancellationError()
    }

    /// Writes the end, however long the database takes to come back, as long as the lease may hold.
    private func write(_ end: AttemptEnd) async {
        var pause = Duration.milliseconds(100)
        while control.reason != .leaseLost, control.reason != .killed {
            do {
                let isOurs = try await service.store.end(lease, end)
                if isOurs {
                    logger.info("attempt \(lease.build.attempts) ended: \(end.word)")
                } else {
                    logger.warning("attempt \(lease.build.attempts) ended too late: \(end.word)")
                }
                return
            } catch {
                if Task.isCancelled { return }
                logger.error("the end of an attempt cannot be written yet: \(error)")
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}

extension AttemptEnd {
    /// One word for logs and metrics.
    var word: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .again: "again"
        case .handedBack: "handed_back"
        }
    }
}

extension BuildSecrets {
    /// What no text may hold of the secrets by ids: a netrc file is no password, but holds some.
    fileprivate var texts: [String] {
        named.flatMap { secret in
            guard secret.id == LentVariables.netrcID else {
                return [secret.value, set.text(secret.id) ?? ""]
            }
            return Netrc(secret.value).logins.flatMap {
                [$0.password] + sentForms(user: $0.user, password: $0.password)
            }
        }
    }
}
