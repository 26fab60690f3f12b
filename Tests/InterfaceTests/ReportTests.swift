import Build
import Content
import Diagnostics
import FoundationEssentials
import Images
import Layers
import OCI
import Spec
import Testing

@testable import Interface

@Suite struct ReportTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (9_994, "9.99 kB"), (9_995, "10.0 kB"), (99_949, "99.9 kB"),
        (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (18_214_000, "18.2 MB"),
        (1_500_000_000, "1.50 GB"), (Int64.max, "9.22 EB"),
    ])
    func bytes(_ count: Int64, _ text: String) { #expect(formatted(bytes: count) == text) }

    @Test(arguments: [
        (0, "0.00 s"), (0.414, "0.41 s"), (9.99, "9.99 s"), (9.995, "10.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"),
        (125, "2 min 05 s"), (3725, "62 min 05 s"),
    ])
    func seconds(_ value: Double, _ text: String) { #expect(formatted(seconds: value) == text) }

    @Test(arguments: [
        ("reqirements", "requirements"), ("bse", "base"), ("usr", "user"), ("pul", "pull"), ("zebra", nil), ("", nil),
    ])
    func nearestNames(_ text: String, _ expected: String?) {
        #expect(nearest(to: text, among: SettingKey.all.map(\.name)) == expected)
    }

    // MARK: Builds

    private func outcome(
        _ title: String, _ disposition: LayerOutcome.Disposition, size: Int64 = 1000, platform: String? = nil
    ) throws -> BuildEvent {
        .layer(
            LayerOutcome(
                title: title, descriptor: try .layer(title, size: size), disposition: disposition,
                platform: try platform.map { try Platform($0) }))
    }

    @Test func summary() throws {
        var summary = BuildSummary()
        for event in [
            try outcome("code: 4 files in /app", .made, size: 2140),
            try outcome("python: numpy 2.3.5", .cached, size: 18_214_000),
            try outcome("code: 4 files in /app", .pushed, size: 2140),
            try outcome("base layer", .mounted, size: 48_000_000),
            try outcome("python: numpy 2.3.5", .present, size: 18_214_000), .phaseEnded(.resolve, seconds: 0.5),
            .phaseEnded(.base, seconds: 0.2), .phaseEnded(.resolve, seconds: 0.25), .notice("x"),
        ] { summary.add(event) }
        let order = try ["base layer", "python: numpy 2.3.5", "code: 4 files in /app"].map { try Digest.of($0) }
        #expect(
            summary.ordered(by: order).text(uploadedBytes: 2140, seconds: 1.25) == """

                LAYER                     SIZE
                base layer             48.0 MB  mounted
                python: numpy 2.3.5    18.2 MB  cached, present
                code: 4 files in /app  2.14 kB  made, pushed

                uploaded 2.14 kB; 1.25 s in all: base 0.20 s, resolve 0.75 s

                """)
        #expect(BuildSummary().text(uploadedBytes: nil, seconds: 0.5) == "\n0.50 s in all\n")
    }

    @Test func summaryOfSeveralPlatforms() throws {
        var summary = BuildSummary()
        summary.add(try outcome("a", .made, platform: "linux/amd64"))
        summary.add(try outcome("b", .made, platform: "linux/arm64"))
        #expect(
            summary.text(uploadedBytes: nil, seconds: 1) == """

                LAYER  PLATFORM        SIZE
                a      linux/amd64  1.00 kB  made
                b      linux/arm64  1.00 kB  made

                1.00 s in all

                """)
    }

    private func image(_ platform: Platform = Platform(os: "linux", architecture: "amd64")) throws -> Image {
        let layers = [try Descriptor.layer("one", size: 1_000_000), try Descriptor.layer("two", size: 2_000)]
        var configuration = ImageConfiguration(
            created: "1980-01-02T00:00:00Z", platform: platform, rootfs: .init(diffIDs: layers.map(\.digest)),
            history: [
                .init(createdBy: "ADD file"), .init(comment: "ENV", emptyLayer: true), .init(comment: "python: numpy"),
            ])
        configuration.config = .init()
        configuration.config?.env = ["PATH=/bin", "A=b"]
        configuration.config?.entrypoint = ["python", "-m", "app"]
        configuration.config?.workingDir = "/app"
        configuration.config?.user = "1000:1000"
        configuration.config?.labels = ["b": "2", "a": "1\u{7}"]
        let configurationBytes = [UInt8](try CanonicalJSON.encode(configuration))
        let manifest = Manifest(
            config: Descriptor(
                mediaType: .configuration, digest: try Digester.digest(of: configurationBytes),
                size: Int64(configurationBytes.count)), layers: layers, annotations: ["x": "y"])
        return try Image(
            manifestBytes: [UInt8](try CanonicalJSON.encode(manifest)), configurationBytes: configurationBytes
        ) { _ in try Blob([]) }
    }

    @Test func metadataAsBuildxWritesIt() throws {
        let image = try image()
        let tags = [try Reference("localhost:5000/a"), try Reference("localhost:5000/b:1")]
        let metadata = BuildMetadata(ImageSet(image), tags: tags)
        #expect(
            try metadata.text() == """
                {
                  "containerimage.config.digest" : "\(image.manifest.config.digest)",
                  "containerimage.descriptor" : {
                    "digest" : "\(image.descriptor.digest)",
                    "mediaType" : "application/vnd.oci.image.manifest.v1+json",
                    "platform" : {
                      "architecture" : "amd64",
                      "os" : "linux"
                    },
                    "size" : \(image.descriptor.size)
                  },
                  "containerimage.digest" : "\(image.descriptor.digest)",
                  "image.name" : "localhost:5000/a:latest,localhost:5000/b:1"
                }
                """)
        #expect(metadata.imageID == image.manifest.config.digest)
        let index = try ImageSet(index: [image, try self.image(Platform(os: "linux", architecture: "arm64"))])
        let both = BuildMetadata(index, tags: [])
        #expect(both.imageID == index.root.digest && both.configurationDigest == nil && both.imageName == nil)
        #expect(try !both.text().contains("config.digest"))
    }

    @Test func references() throws {
        let digest = try Digest.of("x")
        let tags = try ["localhost/a:1", "localhost/b:1", "localhost/a:2"].map { try Reference($0) }
        #expect(digestReferences(digest, pushed: [], tags: []) == ["\(digest)"])
        #expect(digestReferences(digest, pushed: [], tags: tags) == ["localhost/a@\(digest)"])
        #expect(
            digestReferences(digest, pushed: tags, tags: tags) == ["localhost/a@\(digest)", "localhost/b@\(digest)"])
    }

    @Test func inspection() throws {
        let tree = FileTree([
            LayerIndex(
                entries: ["opt/x/numpy-2.3.5.dist-info/METADATA", "opt/x/Zope.dist-info/METADATA", "etc/METADATA"].map {
                    IndexedEntry(path: $0, kind: .file, mode: 0o644)
                },
                texts: [
                    "opt/x/numpy-2.3.5.dist-info/METADATA":
                        "Metadata-Version: 2.4\nName: numpy\r\nVersion:  2.3.5\r\n\r\nName: no\n",
                    "opt/x/Zope.dist-info/METADATA": "Name: Zope\nversion: 5\n",
                    "etc/METADATA": "Name: no\nVersion: 1\n",
                ])
        ])
        let image = try image()
        let report = ImageReport(image, name: "out", tree: tree)
        #expect(
            report.text() == """
                image       out
                digest      \(image.descriptor.digest)
                platform    linux/amd64
                created     1980-01-02T00:00:00Z
                user        1000:1000
                workdir     /app
                entrypoint  ["python","-m","app"]
                env         PATH=/bin
                            A=b
                label       a=1\u{FFFD}
                            b=2
                annotation  x=y

                LAYER            SIZE  COMMENT
                \(try Digest.of("one").short)  1.00 MB  ADD file
                \(try Digest.of("two").short)  2.00 kB  python: numpy

                PACKAGE  VERSION  LOCATION
                numpy    2.3.5    /opt/x
                Zope     5        /opt/x

                2 layers, 1.00 MB; 2 packages

                """)
        #expect(try report.json().hasPrefix(#"{"annotations":{"x":"y"},"config":{"Entrypoint":["#))
    }

    @Test func plan() throws {
        let scheme = InstallScheme(
            prefix: "/v", interpreter: "/v/bin/python", purelib: "/v/l", platlib: "/v/l", scripts: "/v/bin",
            headers: "/v/h", data: "/v")
        func wheels(_ sizes: [String: Int64?]) throws -> LayerRecipe {
            .wheels(
                WheelLayer(
                    wheels: try sizes.sorted { $0.key < $1.key }.map { name, size in
                        WheelInstallation(
                            wheel: WheelReference(
                                name: name, version: "1.0", filename: "\(name).whl", digest: try .of(name), size: size))
                    }, scheme: scheme, timestamp: .reproducible))
        }
        let half = WheelLayer(
            wheels: [
                WheelInstallation(
                    wheel: WheelReference(
                        name: "d", version: "1.0", filename: "d.whl", digest: try .of("d"), size: 900_000_000))
            ], scheme: scheme, timestamp: .reproducible, part: WheelPart(first: 0, count: 3, size: 499_000_000))
        let made = MadeLayer(
            descriptor: try .layer("numpy", size: 18_214_000), diffID: try .of("tar"), uncompressedSize: 80_000_000)
        let plan = BuildPlan(
            platform: Platform(os: "linux", architecture: "amd64"),
            base: PlannedBase(
                name: "python-3.11", digest: try .of("base"), layers: [try .layer("base layer", size: 48_000_000)]),
            layers: [
                PlannedLayer(
                    title: "python: numpy 1.0", key: try .of("1"), recipe: try wheels(["numpy": 18_000_000]),
                    cached: made),
                PlannedLayer(
                    title: "python: 2 packages", key: try .of("2"), recipe: try wheels(["a": 1000, "b": 2000])),
                PlannedLayer(title: "python: c 1.0", key: try .of("3"), recipe: try wheels(["c": nil])),
                PlannedLayer(title: "python: d (1 of 2)", key: try .of("5"), recipe: .wheels(half)),
                PlannedLayer(
                    title: "code: 1 file in /app", key: try .of("4"),
                    recipe: .files(
                        FileLayer(
                            entries: [
                                FileEntry(path: "app", kind: .directory, mode: 0o755),
                                FileEntry(path: "app/x.py", kind: .file(digest: try .of("x"), size: 5000), mode: 0o644),
                            ], compression: .deflate, timestamp: .reproducible))),
            ], execution: .init(), annotations: [:], timestamp: .reproducible)
        let report = PlanReport([plan])
        #expect(
            report.text() == """
                linux/amd64 on python-3.11 (\(try Digest.of("base").short), 1 layer, 48.0 MB)

                LAYER                 CONTENTS            SIZE  STATE
                python: numpy 1.0     numpy 1.0        18.2 MB  cached
                python: 2 packages    a 1.0, b 1.0    ~3.00 kB  to make
                python: c 1.0         c 1.0                  ?  to make
                python: d (1 of 2)    d 1.0: 3 files   <499 MB  to make
                code: 1 file in /app  1 file          <7.05 kB  to make

                5 layers: 1 cached, 4 to make

                """)
        #expect(try CanonicalJSON.decode([BuildPlan].self, from: Data(try report.json().utf8)) == [plan])
    }

    @Test func catalog() throws {
        let report = CatalogReport([
            BaseImageDefinition(
                name: "one", summary: "First", source: .debian(DebianRelease(suite: "bookworm")),
                python: BasePython(version: "3.11")),
            BaseImageDefinition(name: "two", summary: "Second", source: .image(try Reference("localhost/two:1"))),
        ])
        #expect(
            report.text() == """
                NAME  PYTHON  SOURCE                   DESCRIPTION
                one   3.11    made of Debian bookworm  First
                two   -       localhost/two:1          Second

                """)
        #expect(
            try report.json() == """
                [{"description":"First","name":"one","python":"3.11","source":"made of Debian bookworm"},\
                {"description":"Second","name":"two","source":"localhost/two:1"}]
                """)
    }
}
