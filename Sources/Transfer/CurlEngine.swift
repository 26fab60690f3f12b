import CCurl
import Diagnostics
import Glibc
import Synchronization

/// The thread that drives libcurl's multi handle, with its connections, for one client.
///
/// Sendable although it holds a C handle: only its own thread uses the handle, but for `curl_multi_wakeup`, which
/// libcurl allows from anywhere. Transfers reach the thread through the locked inbox.
final class CurlEngine: @unchecked Sendable {
    private struct Inbox {
        var arrivals: [CurlTransfer] = []
        var isStopping = false
    }

    private static let isInitialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    // Only the thread's from here on.
    private var active: [UnsafeMutableRawPointer: CurlTransfer] = [:]

    /// Starts the thread. It keeps the engine alive until `stop`.
    init() throws(TransferError) {
        guard Self.isInitialised, let multi = curl_multi_init() else {
            throw TransferError(.failed, "libcurl cannot be started")
        }
        self.multi = multi
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlEngine>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            throw TransferError(.failed, "the thread for transfers cannot be started: error \(code)")
        }
        pthread_detach(thread)
    }

    deinit { curl_multi_cleanup(multi) }

    /// Hands a transfer to the thread, which ends it by resuming its continuation.
    func start(_ transfer: CurlTransfer) {
        inbox.withLock { $0.arrivals.append(transfer) }
        wakeUp()
    }

    /// Makes the thread look at its inbox and at cancelled transfers now.
    func wakeUp() { curl_multi_wakeup(multi) }

    /// Ends the thread. No transfer may be under way.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        wakeUp()
    }

    private func run() {
        blockBrokenPipeSignal()
        while true {
            let (arrivals, isStopping) = inbox.withLock { inbox in
                defer { inbox.arrivals = [] }
                return (inbox.arrivals, inbox.isStopping)
            }
            for transfer in arrivals { begin(transfer) }
            for (handle, transfer) in active where transfer.isCancelled.load(ordering: .relaxed) {
                remove(handle)
                transfer.fail(CancellationError())
            }
            if isStopping, active.isEmpty { return }
            for transfer in active.values { transfer.resumeIfAsked() }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            collectFinished()
            // Woken by sockets, by libcurl's own timers and by `wakeUp`; the limit is a safety net.
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    private func begin(_ transfer: CurlTransfer) {
        guard !transfer.isCancelled.load(ordering: .relaxed) else { return transfer.fail(CancellationError()) }
        do {
            let handle = try transfer.makeHandle { [weak self] in self?.wakeUp() }
            guard curl_multi_add_handle(multi, handle) == CURLM_OK else {
                throw TransferError(.failed, "libcurl takes no further transfer", context: transfer.request.context)
            }
            active[handle] = transfer
        } catch {
            transfer.fail(error)
        }
    }

    private func collectFinished() {
        var waiting: Int32 = 0
        while let message = curl_multi_info_read(multi, &waiting) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            remove(handle)?.finish(code)
        }
    }

    @discardableResult
    private func remove(_ handle: UnsafeMutableRawPointer) -> CurlTransfer? {
        curl_multi_remove_handle(multi, handle)
        return active.removeValue(forKey: handle)
    }

    /// OpenSSL writes without MSG_NOSIGNAL: a peer that hangs up must be an error of the transfer, not our end.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
