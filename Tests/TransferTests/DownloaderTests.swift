import Content
import Diagnostics
import OCI
import RegistryTesting
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite struct DownloaderTests {
    private let bytes = sampleBytes(300_000)
    private let time = TestTime()
    private let directory: TemporaryDirectory
    private let store: DirectoryBlobStore
    private let downloader: Downloader

    init() throws {
        directory = try TemporaryDirectory()
        store = try directory.store()
        downloader = Downloader(HTTPClient(), retrier: Retrier(time: time.source))
    }

    private func item(_ url: String, size: Int64? = nil) throws -> Download {
        Download(url: url, digest: try Digester.digest(of: bytes), size: size)
    }

    /// A file server that hangs up after `piece` bytes of each answer.
    private func answer(_ request: LoopbackRequest, piece: Int? = nil, knowsRange: Bool = true) -> LoopbackResponse {
        guard knowsRange, let range = request.header("Range"), let start = Int(range.dropFirst(6).dropLast()) else {
            return LoopbackResponse(200, body: bytes, cutAfter: piece)
        }
        return LoopbackResponse(
            206, headers: [("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")],
            body: Array(bytes[start...]), cutAfter: piece.map { $0 < bytes.count - start ? $0 : nil } ?? nil)
    }

    /// Nothing of a URL that may be secret is shown, parsed or not.
    @Test(arguments: [
        ("https://host:8443/p/f?name=v&x", "https://host:8443/p/f?name=…&…"),
        ("https://u:p@host/f#frag", "https://host/f"),
        ("https://user:pa/ss@host/f", "https://host/f"), ("https://user:pa?ss@host/f", "https://host/f"),
        ("https://user:pa#ss@host/f", "https://host/f"), ("https://user:12/ss@host/f", "https://host/f"),
        ("https://host/f?TOKEN", "https://host/f?…"), ("https://host/f?a=me@example", "https://host/f?a=…"),
        ("https://[::1]:80/f?a=b@c", "https://[::1]:80/f?a=…"), ("u:p@host/f", "host/f"), ("text", "text"), ("", ""),
        ("https://u:p@\u{301}/f", "https://\u{301}/f"),
    ])
    func secretsAreNotShown(_ url: String, _ shown: String) {
        #expect(redacted(url: url) == shown)
    }

    @Test func aURLThatNamesNoFileIsShownWithoutItsPassword() async throws {
        let item = try item("file://u:s3cret@elsewhere/x?t0ken")
        let error = await #expect(throws: TransferError.self) { try await downloader.download(item, into: store) }
        #expect(error.map { !"\($0)".contains("s3cret") && !"\($0)".contains("t0ken") } == true)
    }

    @Test func contentIsKeptOnceAndChecked() async throws {
        try await LoopbackServer.run(answering: { self.answer($0) }) { server in
            let item = try item(server.origin + "/w.whl", size: Int64(bytes.count))
            let blob = try await downloader.download(item, into: store)
            #expect(try blob.readAll() == bytes)
            _ = try await downloader.download(item, into: store)
            #expect(server.requests.count == 1)
        }
    }

    @Test func aBrokenDownloadGoesOnWhereItEnded() async throws {
        try await LoopbackServer.run(answering: { self.answer($0, piece: 40_000) }) { server in
            let furthest = Mutex<Int64>(0)
            let blob = try await downloader.download(item(server.origin + "/w.whl"), into: store) { count in
                furthest.withLock { $0 = max($0, count) }
            }
            #expect(try blob.readAll() == bytes)
            #expect(furthest.withLock { $0 } == Int64(bytes.count))
            let ranges = server.requests.map { $0.header("Range") }
            #expect(ranges == [nil] + (1...7).map { "bytes=\($0 * 40_000)-" })
        }
    }

    @Test func aServerWithoutRangesIsAskedFromTheStart() async throws {
        try await LoopbackServer.run(answering: { request in
            self.answer(request, piece: request.header("Range") == nil ? 40_000 : nil, knowsRange: false)
        }) { server in
            let blob = try await downloader.download(item(server.origin + "/w.whl"), into: store)
            #expect(try blob.readAll() == bytes)
            #expect(server.requests.count == 2)
        }
    }

    @Test func otherContentIsRefusedAndNotKept() async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, text: "something else") }) { server in
            let error = await #expect(throws: TransferError.self) {
                try await downloader.download(item(server.origin + "/w.whl"), into: store)
            }
            #expect(error?.code == .contentMismatch)
            let expected = try Digester.digest(of: bytes).description
            #expect(error.map { "\($0)".contains(expected) } == true)
            let kept = try directory.files()
            #expect(kept == [])
            #expect(server.requests.count == 1)
        }
    }

    @Test func tooLongContentIsStoppedEarly() async throws {
        try await LoopbackServer.run(answering: { self.answer($0) }) { server in
            let error = await #expect(throws: TransferError.self) {
                try await downloader.download(item(server.origin + "/w.whl", size: 100_000), into: store)
            }
            #expect(error?.code == .contentMismatch)
            let kept = try directory.files()
            #expect(kept == [])
            // Nobody promised anything, and there is a limit all the same.
            let long = await #expect(throws: TransferError.self) {
                try await downloader.download(
                    Download(url: server.origin + "/w.whl", digest: nil, limit: 100_000), into: store)
            }
            #expect(long?.code == .tooLong && long?.message.contains("100000 bytes accepted") == true)
            #expect(try directory.files() == [])
        }
    }

    @Test func aBusyServerIsAskedAgainAndARefusalIsNot() async throws {
        let count = Atomic(0)
        try await LoopbackServer.run(answering: { request in
            if request.path == "/gone" { return LoopbackResponse(404, text: "no such file") }
            if count.add(1, ordering: .relaxed).newValue < 3 {
                return LoopbackResponse(503, headers: [("Retry-After", "11")])
            }
            return self.answer(request)
        }) { server in
            _ = try await downloader.download(item(server.origin + "/w.whl"), into: store)
            #expect(time.waits == [.seconds(11), .seconds(11)])
        }
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(404) }) { server in
            var other = try item(server.origin + "/gone?sig=secret")
            other.digest = try Digester.digest(of: [1])
            let error = await #expect(throws: TransferError.self) { try await downloader.download(other, into: store) }
            #expect(error?.code == .refused)
            #expect(error.map { "\($0)".contains("secret") } == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test func localFilesAreCopied() async throws {
        let path = directory.path.appending("a b.whl")
        try FileSystem.write(bytes, to: path)
        let url = "file://" + path.string.replacing(" ", with: "%20")
        let blob = try await downloader.download(item(url, size: Int64(bytes.count)), into: store)
        #expect(try blob.readAll() == bytes)
        let missing = Download(url: "file:///nowhere/at/all", digest: try Digester.digest(of: [2]))
        let error = await #expect(throws: ContentError.self) { try await downloader.download(missing, into: store) }
        #expect(error?.code == .notFound)
        let remote = Download(url: "file://host.example/a", digest: try Digester.digest(of: [2]))
        await #expect(throws: TransferError.self) { try await downloader.download(remote, into: store) }
    }
}
