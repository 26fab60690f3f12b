import Content
import Diagnostics
import FoundationEssentials
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite struct OCILayoutTests {
    private let directory: TemporaryDirectory
    private let path: FilePath

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path.appending("layout")
    }

    /// An image whose only layer is an empty tar, the end-of-archive mark and `padding` blocks more.
    private func image(architecture: String = "amd64", padding: Int = 0) throws -> Image {
        let layer = try Blob([UInt8](repeating: 0, count: 1024 + 512 * padding))
        var configuration = ImageConfiguration(
            platform: Platform(os: "linux", architecture: architecture),
            rootfs: ImageConfiguration.RootFilesystem(diffIDs: [layer.digest]))
        configuration.history = [ImageConfiguration.History(createdBy: "test")]
        let bytes = [UInt8](try CanonicalJSON.encode(configuration))
        let blob = try Blob(bytes)
        let manifest = Manifest(
            config: Descriptor(mediaType: .configuration, digest: blob.digest, size: blob.size),
            layers: [Descriptor(mediaType: .layer, digest: layer.digest, size: layer.size)])
        return try Image(manifestBytes: [UInt8](CanonicalJSON.encode(manifest)), configurationBytes: bytes) { _ in layer
        }
    }

    @Test func aConfigurationIsWrittenAsItWasRead() throws {
        let text =
            #"{"architecture":"amd64","config":{"Healthcheck":{"Interval":2,"StartInterval":5,"StartPeriod":9,"Test":["NONE"]}},"#
            + #""os":"linux","os.features":["f"],"os.version":"10.0","rootfs":{"diff_ids":[],"type":"layers"}}"#
        let configuration = try CanonicalJSON.decode(ImageConfiguration.self, from: Data(text.utf8))
        #expect(String(decoding: try CanonicalJSON.encode(configuration), as: UTF8.self) == text)
    }

    @Test func anImageComesBackAsItWasWritten() async throws {
        let image = try image()
        let tag = try Reference("127.0.0.1:5000/team/app:1")
        try await OCILayoutWriter(path).write(ImageSet(image), tags: [tag])
        for reference in [nil, "1", tag.description] {
            let read = try await OCILayout(path, reference: reference).image(for: nil)
            #expect(read.descriptor == image.descriptor)
            #expect(read.manifestBytes == image.manifestBytes)
            #expect(try await ImageValidator.problems(of: read) == [])
        }
        let error = try await #require(throws: ImageError.self) {
            try await OCILayout(path, reference: "2").root()
        }
        #expect(error.code == .imageNotFound)
        #expect(error.hints.joined().contains(tag.description))
        // Nothing half-written stays behind.
        #expect(try directory.files().allSatisfy { !$0.contains("partial-") })
    }

    @Test func addingKeepsWhatIsThereAndReplacesTheSameName() async throws {
        let names = try ["a:1", "b:1"].map { try Reference("127.0.0.1:5000/\($0)") }
        let images = try [image(), image(padding: 1), image(padding: 2)]
        try await OCILayoutWriter(path).write(ImageSet(images[0]), tags: [names[0]])
        try await OCILayoutWriter(path).write(ImageSet(images[1]), tags: [names[1]])
        try await OCILayoutWriter(path).write(ImageSet(images[2]), tags: [names[0]])
        let first = try await OCILayout(path, reference: names[0].description).root()
        let second = try await OCILayout(path, reference: names[1].description).root()
        #expect(first.digest == images[2].descriptor.digest)
        #expect(second.digest == images[1].descriptor.digest)
        await #expect(throws: ImageError.self) { try await OCILayout(path).root() }
    }

    @Test func anIndexGivesTheImageOfAPlatform() async throws {
        let images = try [image(), image(architecture: "arm64", padding: 1)]
        let set = try ImageSet(index: images)
        try await OCILayoutWriter(path).write(set, tags: [])
        #expect(try await ImageValidator.problems(of: set) == [])
        let layout = try OCILayout(path)
        for image in images {
            let read = try await layout.image(for: image.configuration.platform)
            #expect(read.descriptor.digest == image.descriptor.digest)
        }
        let error = try await #require(throws: ImageError.self) {
            try await layout.image(for: Platform(os: "linux", architecture: "s390x"))
        }
        #expect(error.code == .platformNotFound)
        #expect(error.hints.joined().contains("linux/arm64"))
    }

    @Test func otherDirectoriesAreLeftAlone() throws {
        try FileSystem.makeDirectory(path)
        try FileSystem.write("mine".utf8, to: path.appending("notes.txt"))
        let occupied = #expect(throws: ImageError.self) { try OCILayoutWriter(path) }
        #expect(occupied?.code == .occupied)
        let missing = #expect(throws: ImageError.self) { try OCILayout(path) }
        #expect(missing?.code == .imageNotFound)
        let files = try directory.files()
        #expect(files == ["layout/notes.txt"])
    }

    @Test func theValidatorSeesChangedBytes() async throws {
        let sound = try image()
        let other = try Blob([UInt8](repeating: 0, count: 2048))
        let changed = try Image(manifestBytes: sound.manifestBytes, configurationBytes: sound.configurationBytes) { _ in
            other
        }
        let problems = try await ImageValidator.problems(of: changed)
        #expect(problems.contains { $0.contains("hash to \(other.digest)") })
        #expect(problems.contains { $0.contains("2048 bytes, not 1024") })
        await #expect(throws: ImageError.self) {
            try FileSystem.removeTree(path)
            try await OCILayoutWriter(path).write(ImageSet(sound), tags: [])
            let file = path.appending("blobs").appending("sha256").appending(sound.descriptor.digest.encoded)
            try FileSystem.write("{}".utf8, to: file)
            _ = try await OCILayout(path).image(for: nil)
        }
    }
}
