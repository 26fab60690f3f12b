import Content
import OCI

/// A store that tells how many bytes are written into it: what a person sees of a layer in the making.
struct ReportingStore: RandomAccessBlobStore {
    let store: any RandomAccessBlobStore
    let report: ProgressReport

    func blob(_ digest: Digest) throws -> Blob? { try store.blob(digest) }

    func randomAccess(_ digest: Digest) throws -> (any RandomAccessReader)? { try store.randomAccess(digest) }

    func makeWriter() throws -> any BlobWriter { ReportingWriter(writer: try store.makeWriter(), report: report) }
}

private final class ReportingWriter: BlobWriter {
    private let writer: any BlobWriter
    private let report: ProgressReport
    private var count: Int64 = 0

    init(writer: any BlobWriter, report: ProgressReport) {
        self.writer = writer
        self.report = report
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try writer.write(bytes)
        count += Int64(bytes.count)
        report.moved(to: count)
    }

    func commit(expecting expected: Digest?) throws -> Blob { try writer.commit(expecting: expected) }
}
