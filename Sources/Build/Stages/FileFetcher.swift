import Content
import Diagnostics
import OCI
import Python
import Spec
import Transfer

/// Fetches the files of the network that a Dockerfile adds. With a checksum one is fetched once; without, each build looks
/// what is there now.
struct FileFetcher: Sendable {
    let cache: BuildCache
    let client: HTTPClient
    let retrier: Retrier
    /// Which URLs may be asked, where a stranger names them.
    let confinement: ManifestConfinement?
    let events: BuildEvents

    /// No registry that is known takes a longer layer from everybody, and a server that never ends would fill the disk.
    private static let limit: Int64 = 10 << 30

    /// What the downloads of a step come to.
    /// - Throws: `TransferError`, `PythonError` for a URL that is not allowed; with the line.
    func fetched(_ step: ChangesStep) async throws -> [FileDownload: KeptMember] {
        var found: [FileDownload: KeptMember] = [:]
        for instruction in step.instructions {
            for case .download(let download) in instruction.changes where found[download] == nil {
                do {
                    found[download] = try await fetched(download, for: instruction)
                } catch let error as TransferError {
                    throw error.within(FailureContext("file", instruction.place))
                }
            }
        }
        return found
    }

    private func fetched(_ download: FileDownload, for instruction: FileInstruction) async throws -> KeptMember {
        try confinement?.check(url: download.url, origin: instruction.place)
        let url = try HTTPURL(download.url)
        let report = ProgressReport(events, .downloading, subject: "\(url)", total: nil)
        let blob = try await Downloader(client, retrier: retrier).download(
            Download(url: download.url, digest: download.checksum, limit: Self.limit), into: cache.blobs
        ) { report.moved(to: $0) }
        report.finished(at: blob.size)
        return KeptMember(digest: blob.digest, size: blob.size, blob: blob.digest, offset: 0)
    }
}
