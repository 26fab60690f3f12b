public import Content
import Diagnostics
public import OCI
import Transfer

extension RegistryClient {
    /// A blob of a repository as the body of an upload to another one: it is fetched while it is sent and kept nowhere, so that
    /// a copy between registries takes neither disk nor memory. After a break what is missing is asked for.
    ///
    /// It is no transfer that waits for a place at its registry: those who upload have one each, perhaps all of the same.
    /// - Returns: nil where mirrors are to be asked first: only a pull goes on from one place to the next.
    /// - Throws: `RegistryError` for a digest that cannot be checked, `TransferError`.
    public func relayed(_ descriptor: Descriptor, from reference: Reference) async throws -> Blob? {
        let sources = try hosts.sources(of: reference)
        guard let repository = sources.first, sources.count == 1 else { return nil }
        let endpoint = try await endpoint(at: repository.registry)
        try requireSHA256(descriptor.digest, endpoint)
        let check = try RelayCheck(descriptor)
        let sender = sender(endpoint, [.pull(repository)])
        let url = try endpoint.url(repository, "blobs/\(descriptor.digest)")
        return Blob(
            digest: descriptor.digest, size: descriptor.size,
            openPart: { range in
                RelayReader(from: range.lowerBound, check: check) { pipe in
                    var request = HTTPRequest(.get, url)
                    request.flow = pipe.source
                    if range != 0..<descriptor.size {
                        request.headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
                    }
                    try await Self.fetch(request, range, into: pipe, by: sender)
                }
            })
    }

    private static func fetch(
        _ request: HTTPRequest, _ range: Range<Int64>, into pipe: BodyPipe, by sender: AuthorisedSender
    ) async throws {
        let wanted = range.upperBound - range.lowerBound
        _ = try await sender.send(
            request,
            receive: { head in
                guard head.isSuccess else { return nil }
                // Who does not know of parts sends all of it.
                var unwanted = head.status == 206 ? 0 : range.lowerBound
                return { bytes in
                    let skipped = min(unwanted, Int64(bytes.count))
                    let rest = bytes.dropFirst(Int(skipped)).prefix(Int(wanted - pipe.accepted))
                    if !rest.isEmpty { try pipe.write(UnsafeRawBufferPointer(rebasing: rest)) }
                    // Only now: a piece that had to wait comes again.
                    unwanted -= skipped
                }
            }, progress: { _ in })
        guard pipe.accepted == wanted else {
            throw TransferError(
                .interrupted, "'\(request.url)' ended after \(pipe.accepted) of \(wanted) bytes",
                context: [FailureContext("registry", sender.endpoint.registry)])
        }
    }
}
