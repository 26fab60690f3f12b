import Content
import Foundation
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Layers

/// What ISA-L and zlib make of bytes, against Python's zlib and gzip.
@Suite struct DeflateTests {
    static let block = Deflater.blockSize
    static let sizes = [
        0, 1, 2, 511, 512, 513, 65_534, 65_535, 65_536, block - 1, block, block + 1, 3 * block + 17,
    ]

    static func samples(_ size: Int) -> [[UInt8]] {
        var random = Seeded(size)
        return [random.noise(size), random.text(size), [UInt8](repeating: 0, count: size)]
    }

    func deflated(_ bytes: [UInt8], by deflater: Deflater, piece: Int = .max) throws -> [UInt8] {
        var out: [UInt8] = []
        deflater.reset()
        try bytes.withUnsafeBytes { raw in
            var rest = UnsafeRawBufferPointer(rebasing: raw[...])
            repeat {
                let part = UnsafeRawBufferPointer(rebasing: rest.prefix(piece))
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
                try deflater.deflate(part, isLast: rest.isEmpty) { out.append(contentsOf: $0) }
            } while !rest.isEmpty
        }
        return out
    }

    func member(_ stream: [UInt8], of content: [UInt8]) -> [UInt8] {
        var crc = CRC32()
        content.withUnsafeBytes { crc.update($0) }
        return GzipMember.header + stream + GzipMember.trailer(crc: crc.value, size: Int64(content.count))
    }

    func stored(_ bytes: [UInt8]) throws -> [UInt8] {
        var out: [UInt8] = []
        try bytes.withUnsafeBytes { try StoredBlocks.write($0, isLast: true) { out.append(contentsOf: $0) } }
        return out
    }

    @Test(arguments: sizes) func foreignReadersTakeWhatIsWritten(size: Int) throws {
        let (general, runs) = (try Deflater(), try Deflater(.runs))
        var members: [UInt8] = []
        var contents: [UInt8] = []
        for sample in Self.samples(size) {
            for stream in [
                try deflated(sample, by: general), try deflated(sample, by: runs), try stored(sample),
            ] {
                members += member(stream, of: sample)
                contents += sample
            }
        }
        let scratch = try TemporaryDirectory()
        let file = try scratch.write(members, to: "members.gz").string
        try run("gzip", ["-t", file])
        let read = try python("import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())", [file])
        #expect(read == contents)
        #expect(try GzipReader(MemoryReader(members)).readAll(limit: .max) == contents)
    }

    @Test func outputDoesNotDependOnEarlierUseOrFeeding() throws {
        var random = Seeded(7)
        let samples = Self.sizes.flatMap(Self.samples).shuffled(using: &random)
        for strategy in [Deflater.Strategy.general, .runs] {
            let used = try Deflater(strategy)
            for sample in samples {
                let fresh = try deflated(sample, by: Deflater(strategy))
                #expect(try deflated(sample, by: used) == fresh)
                #expect(try deflated(sample, by: used, piece: 700) == fresh)
                #expect(try deflated(sample, by: used, piece: Self.block) == fresh)
            }
        }
    }

    // MARK: The end of a stream

    static let streamKinds = ["raw noise", "text", "short", "empty", "zeros"]

    /// Streams by Python's zlib at several levels, so that stored, fixed and dynamic blocks end them.
    func streams(_ kind: String) throws -> [(content: [UInt8], stream: [UInt8])] {
        var random = Seeded(kind.count)
        let content: [UInt8] =
            switch kind {
            case "raw noise": random.noise(300)
            case "text": random.text(3000)
            case "short": Array("a".utf8)
            case "zeros": [UInt8](repeating: 0, count: 70_000)
            default: []
            }
        return try ["0", "1", "6", "9"].map { level in
            (
                content,
                try python(
                    "import zlib,sys; c=zlib.compressobj(int(sys.argv[1]),8,-15);"
                        + "sys.stdout.buffer.write(c.compress(sys.stdin.buffer.read())+c.flush())",
                    [level], input: content)
            )
        }
    }

    /// Feeds pieces and tells whether the stream ended exactly where the pieces do, as `LayerWriter` asks.
    func endsExactly(_ pieces: [ArraySlice<UInt8>], by inflater: Inflater) throws -> (Bool, [UInt8]) {
        var out: [UInt8] = []
        inflater.reset()
        for piece in pieces {
            let used = try Array(piece).withUnsafeBytes { try inflater.inflate($0) { out.append(contentsOf: $0) } }
            guard used == piece.count else { return (false, out) }
        }
        return (inflater.isFinished, out)
    }

    @Test(arguments: streamKinds) func endIsSeenInEverySplit(kind: String) throws {
        let inflater = Inflater()
        var wrong: [String] = []
        for (content, stream) in try streams(kind) {
            for extra in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20] {
                let whole = stream + [UInt8](repeating: extra % 2 == 0 ? 0xFF : 0x03, count: extra)
                // Every split of the end, and of a short stream; some of a long one.
                let splits = Set(stride(from: 1, to: whole.count, by: max(1, stream.count / 50)))
                    .union(max(1, whole.count - 30)..<max(2, whole.count)).filter { $0 < whole.count }
                for pieces in splits.map({ [whole[..<$0], whole[$0...]] }) + [
                    [whole[...]], whole.indices.map { whole[$0...$0] },
                ] {
                    let (isExact, out) = try endsExactly(pieces, by: inflater)
                    if isExact != (extra == 0) || out != content {
                        wrong.append("\(stream.count) and \(extra) bytes, first piece \(pieces[0].count)")
                    }
                }
            }
        }
        #expect(wrong == [])
    }

    @Test(arguments: streamKinds) func cutStreamsHaveNoEnd(kind: String) throws {
        let inflater = Inflater()
        for (_, stream) in try streams(kind) {
            for length in Set(stride(from: 1, to: stream.count, by: max(1, stream.count / 300))) {
                let (isExact, _) = try endsExactly([stream[..<length]], by: inflater)
                #expect(!isExact, "\(kind) cut to \(length) of \(stream.count)")
            }
        }
    }

    @Test func corruptStreamsNeverCrash() throws {
        var random = Seeded(11)
        let inflater = Inflater()
        let all = try Self.streamKinds.flatMap(streams)
        var refused = 0
        for _ in 0..<4000 {
            guard var stream = all.randomElement(using: &random)?.stream, !stream.isEmpty else { continue }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                stream[Int.random(in: 0..<stream.count, using: &random)] ^=
                    UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            }
            // Whatever it makes of the bytes, it ends; what it makes of them the CRC-32 is for.
            do {
                if try !endsExactly([stream[...]], by: inflater).0 { refused += 1 }
            } catch is LayerError { refused += 1 }
        }
        #expect(refused > 1000)
        for (content, stream) in all { #expect(try endsExactly([stream[...]], by: inflater).1 == content) }
    }

    // MARK: Gzip

    @Test(arguments: [1, 2, 3, 7, 8, 9, 17, 1000, Int.max]) func membersAreReadInPiecesOfAnySize(piece: Int) throws {
        var random = Seeded(3)
        let deflater = try Deflater()
        var members: [UInt8] = []
        var contents: [UInt8] = []
        for size in [0, 1, 5, 0, 0, 300, 70_000, 1, 2, 3, 512, 0] {
            let content = random.text(size)
            members += member(try deflated(content, by: deflater), of: content)
            contents += content
        }
        // As gzip has it, zeros may follow.
        for padding in [0, 1, 600] {
            let source = ShortReader(members + [UInt8](repeating: 0, count: padding), piece: piece)
            #expect(try GzipReader(source).readAll(limit: .max) == contents)
        }
    }

    @Test func headerFieldsOfOtherWritersAreRead() throws {
        let members = try python(
            """
            import gzip,sys,zlib,io,struct
            b=io.BytesIO()
            with gzip.GzipFile(filename='name.tar',fileobj=b,mode='wb',mtime=1) as f: f.write(b'one')
            c=zlib.compressobj(6,8,-15); d=b'two'
            h=bytes([0x1f,0x8b,8,2|4|8|16,0,0,0,0,2,3])+struct.pack('<H',4)+b'ABCD'+b'name\\0'+b'comment\\0'
            h+=struct.pack('<H',zlib.crc32(h)&0xffff)
            b.write(h+c.compress(d)+c.flush()+struct.pack('<II',zlib.crc32(d),len(d)))
            sys.stdout.buffer.write(b.getvalue())
            """)
        for piece in [1, 2, 5, 11, 64, Int.max] {
            #expect(try GzipReader(ShortReader(members, piece: piece)).readAll(limit: 100) == Array("onetwo".utf8))
        }
    }

    @Test func damagedMembersAreRefused() throws {
        var random = Seeded(5)
        let content = random.text(2000)
        let whole = member(try deflated(content, by: Deflater()), of: content)
        for length in 1..<whole.count {
            #expect(throws: LayerError.self, "cut to \(length)") {
                try GzipReader(MemoryReader(Array(whole[..<length]))).readAll(limit: .max)
            }
        }
        for position in whole.count - 8..<whole.count {
            var damaged = whole
            damaged[position] ^= 1
            #expect(throws: LayerError.self) { try GzipReader(MemoryReader(damaged)).readAll(limit: .max) }
        }
        for _ in 0..<2000 {
            var damaged = whole + whole
            damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            _ = try? GzipReader(MemoryReader(damaged)).readAll(limit: .max)
        }
        #expect(throws: LayerError.self) { try GzipReader(MemoryReader(whole + [1, 2, 3])).readAll(limit: .max) }
    }
}
