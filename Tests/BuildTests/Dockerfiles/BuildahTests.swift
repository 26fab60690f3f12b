import Content
import Foundation
import Images
import Layers
import OCI
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build
@testable import Dockerfile

/// Dockerfiles built by buildah and by us on the same base: the files of the images have to be the same, but for what is
/// listed here, and what a container starts with as well.
@Suite(.serialized) struct BuildahTests {
    /// What keeps buildah from working here; nil if nothing does.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "buildah needs root here" }
        do {
            try TestSupport.run("buildah", ["--version"])
            return ContainerRuntime.obstacle
        } catch {
            return "\(error)"
        }
    }()

    static let isLarge = ProcessInfo.processInfo.environment["COOPERAGE_TEST_LARGE"] != nil

    /// Paths in which the two differ on purpose: backups, logs and locks of the shadow tools, and the shadow file itself,
    /// which holds the day on which a user was added; what buildah mounts over a container's files, and leaves as empty ones.
    static let passedOver: Set<String> = [
        "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-", "etc/shadow",
        "etc/.pwd.lock", "var/log/faillog", "var/log/lastlog", "run", "proc", "sys", "dev", "etc/resolv.conf",
        "etc/hosts", "etc/hostname",
    ]

    /// Nothing is run: on a base without a program.
    static let copies: [String] = [
        "WORKDIR /srv/app\nCOPY . .", "COPY src /srv/x", "COPY src/ /srv", "COPY src/main.py /srv/other.py",
        "COPY src/main.py run.sh /srv/x/", "COPY src/*.py *.sh /srv/x/", "COPY --chown=7:8 src /srv/x",
        "COPY --chmod=640 src/main.py /srv/", "COPY --chown=7:8 src/main.py /a/b/c.py", "COPY src/link /srv/x",
        "COPY private /private", "COPY src /srv\nCOPY run.sh /srv/main.py", "COPY src /usr/lib/deep",
        "ENV A='b c' \"D\"=\"e\\nf\"\nLABEL x=\"y z\"\nEXPOSE 80 53/udp\nUSER 7:8\nCMD [\"a\"]",
        "VOLUME /data\nSTOPSIGNAL SIGINT\nHEALTHCHECK --interval=5s --retries=2 CMD true\nSHELL [\"/bin/bash\", \"-c\"]\nCMD [\"run\"]",
        "ENTRYPOINT exec app\nONBUILD COPY . /x",
    ]

    /// Archives, which are unpacked, and what is none.
    static let additions: [String] = [
        "ADD files.tar /srv/x", "ADD packed /x\nADD run.sh src/main.py /x/", "ADD files.tar packed /a/b/",
        "ADD *.tar run.sh /y/", "ADD src /z", "ADD files.tar /", "COPY src /x\nADD files.tar /x",
    ]

    /// Whole Dockerfiles on `BASE`, whose stages take files from each other and from images.
    static let stages: [String] = [
        "FROM BASE AS a\nWORKDIR /srv/x\nCOPY src .\nFROM BASE\nCOPY --from=a /srv/x /y",
        "FROM BASE AS a\nCOPY --chown=7:8 src /x\nFROM BASE\nCOPY --from=0 /x/main.py /x/deep /x/link /z/",
        "FROM BASE\nCOPY --from=BASE /etc/passwd /usr/lib/libc.so.6 /z/\nCOPY --from=BASE /opt/venv /usr/v",
        "FROM scratch\nCOPY src /x\nENV A=b\nCMD [\"/x\"]",
        "FROM BASE AS a\nCOPY . /x\nFROM scratch\nCOPY --from=a --chown=7:8 /x /etc /y/\nCOPY --from=a --chmod=600 /x/run.sh /",
        "FROM BASE AS a\nCOPY src /x\nFROM a AS b\nCOPY run.sh /x/\nFROM BASE\nCOPY --from=b /x/*.sh /x/main.* /y/\nCOPY --from=a /x /z",
        "FROM BASE AS a\nCOPY src/main.py /usr/bin/\nFROM BASE\nCOPY --from=a /bin /b\nCOPY --from=a /app /opt/venv /c/",
        "FROM BASE AS a\nCOPY src /opt/venv/lib\nFROM BASE\nCOPY --from=a /opt/venv /opt/venv\nCOPY --from=a /lib /lib",
        "FROM BASE AS a\nCOPY src /x\nFROM BASE AS b\nCOPY --from=a /x/deep /y\nFROM BASE\nCOPY --from=b /y /etc/passwd /z/",
    ]

    /// Commands, which only a whole base can run.
    static let commands: [String] = [
        "RUN groupadd -r grp && useradd -m -s /bin/bash web && useradd -r -g grp svc\nRUN useradd -u 5000 -G grp,users -c 'A B' -d /srv/o other",
        "RUN adduser --disabled-password --gecos '' one && adduser --system --group --home /app svc && addgroup g\nRUN adduser --system --no-create-home nob && adduser --disabled-login --gecos 'A B,1' --uid 1500 --ingroup g --home /srv/a/b --shell /bin/sh other\nRUN adduser svc g && usermod -aG games,g one && addgroup --system s && adduser --system --ingroup s s && adduser --system s",
        "WORKDIR /app\nCOPY . .\nRUN chmod -R a+rw .\nRUN useradd me && chown -R me .\nUSER me\nENTRYPOINT [\"python\", \"-m\", \"x\"]",
        "RUN mkdir -m 700 /m && mkdir -p /m/a/b && touch /m/t && ln -s /m/a /m/l && ln -sf x /m/a && echo 'a b' > /m/e && printf '%s\\n' 1 2 >> /m/e && chmod +x /m/t && chown -h 7:8 /m/l",
        "COPY src /x\nRUN chmod -R u=rwX,go=rX /x && chmod 2755 /x/main.py && chown -R 7:staff /x && rm -rf /x/deep /etc/skel /usr/share/doc/*",
        "WORKDIR /app\nRUN set -eux; mkdir -p data; cd data; : > empty; echo \"$PATH\" >> /dev/null\nRUN rm -rf /tmp/* ~/.cache",
    ]

    /// Stages with commands, and whole directories of a real base.
    static let stagesWithCommands: [String] = [
        "FROM BASE AS b\nUSER root\nWORKDIR /app\nCOPY . .\nRUN useradd me && chown -R me . && chmod -R a+rw . && ln -s src l\nFROM BASE\nUSER root\nCOPY --from=b /app /app\nCOPY --from=b /etc/passwd /etc/group /etc/",
        "FROM BASE AS b\nUSER root\nRUN rm -rf /usr/share/doc && mkdir -m 2770 /srv/d && touch /srv/d/t && chown 7:8 /srv/d /srv/d/t\nFROM scratch\nCOPY --from=b /usr/share /usr/share\nCOPY --from=b /srv /srv",
        "FROM scratch\nCOPY --from=BASE /usr/bin /bin\nCOPY --from=BASE --chown=7 /usr/lib/python3.11 /usr/lib/p\nCOPY --from=BASE /bin/su /usr/bin/perl* /x/",
    ]

    @Test(.enabled(if: obstacle == nil, "buildah cannot work: \(obstacle ?? "")")) func filesAreWhereBuildahPutsThem()
        async throws
    {
        let directory = try TemporaryDirectory()
        let base = directory.path.appending("base")
        try await BaseFixture.write(to: base)
        try await compare(
            Self.isLarge ? Self.copies : Array(Self.copies.prefix(8)) + Self.copies.suffix(3), on: base, in: directory)
    }

    @Test(.enabled(if: obstacle == nil, "buildah cannot work: \(obstacle ?? "")"))
    func archivesBecomeWhatBuildahMakesOfThem()
        async throws
    {
        let directory = try TemporaryDirectory()
        let base = directory.path.appending("base")
        try await BaseFixture.write(to: base)
        try await compare(Self.isLarge ? Self.additions : Array(Self.additions.prefix(3)), on: base, in: directory)
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, headers: [], text: "of the network") }) {
            let place = "\($0.origin)/a/file.txt"
            let texts = [
                "ADD \(place)?x=y /d/", "ADD --chown=7:8 \(place) /d/other.txt", "ADD \(place) run.sh /opt/venv/",
            ]
            try await compare(Self.isLarge ? texts : Array(texts.prefix(1)), on: base, in: try TemporaryDirectory())
        }
    }

    @Test(.enabled(if: obstacle == nil, "buildah cannot work: \(obstacle ?? "")")) func stagesTakeWhatBuildahTakes()
        async throws
    {
        let directory = try TemporaryDirectory()
        let base = directory.path.appending("base")
        try await BaseFixture.write(to: base)
        try await compare(Self.isLarge ? Self.stages : Array(Self.stages.prefix(5)), on: base, in: directory)
    }

    @Test(
        .enabled(if: obstacle == nil, "buildah cannot work: \(obstacle ?? "")"),
        .enabled(if: isLarge, "a base of Debian's packages is made only with COOPERAGE_TEST_LARGE=1"))
    func commandsDoWhatTheyDoWhenTheyAreRun() async throws {
        let directory = try TemporaryDirectory()
        let base = directory.path.appending("base")
        try await Self.writeCatalogBase(to: base)
        try await compare(Self.commands.map { "USER root\n\($0)" }, on: base, in: directory)
        try await compare(Self.stagesWithCommands, on: base, in: try TemporaryDirectory())
    }

    /// A base that can run commands, kept for the next run.
    static func writeCatalogBase(to base: FilePath) async throws {
        let cache = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .removingLastComponent().pushing(".build/test-cache")
        let engine = try BuildEngine(
            .init(cache: try BuildCache(cache), environment: BuildSite.environment), events: BuildEvents { _ in })
        let images = try await engine.base(named: "python-3.11", platforms: [], rebuild: false)
        try await OCILayoutWriter(base).write(images, tags: [])
    }

    // MARK: The two builders

    /// - Parameters:
    ///   - files: further files of the context, with their contents.
    ///   - isListed: whether a path is one in which the two may differ as they do.
    func compare(
        _ texts: [String], on base: FilePath, in directory: TemporaryDirectory, files: [String: [UInt8]] = [:],
        isListed isAlsoListed: (_ path: String, _ ours: String?, _ theirs: String?) -> Bool = { _, _, _ in false }
    ) async throws {
        let context = directory.path.appending("context")
        try FileSystem.removeTree(context)
        for (path, bytes) in files { try directory.write(bytes, to: "context/\(path)") }
        for (path, mode) in [
            ("src/main.py", 0o644), ("src/deep/a.py", 0o600), ("run.sh", 0o755), ("private/key", 0o640),
            ("src/empty/.keep", 0o644),
        ] as [(String, mode_t)] {
            let file = try directory.write(Array("\(path)\n".utf8), to: "context/\(path)")
            _ = chmod(file.string, mode)
        }
        for (path, mode) in [("src", 0o755), ("src/deep", 0o775), ("private", 0o755)] as [(String, mode_t)] {
            _ = chmod(context.pushing(FilePath(path)).string, mode)
        }
        try FileManager.default.createSymbolicLink(
            atPath: context.appending("src").appending("link").string, withDestinationPath: "main.py")
        // Nothing of it belongs to root, and one name tells nothing.
        for (name, option) in [("files.tar", "-c"), ("packed", "-cz")] {
            let outside = directory.path.appending(name)
            try await runAside(
                "tar", ["--owner=5", "--group=6", "-C", context.string, option, "-f", outside.string, "src", "run.sh"])
            try FileSystem.rename(outside, to: context.appending(name))
        }
        let tools = [
            "--root", directory.path.appending("storage").string, "--runroot", directory.path.appending("run").string,
            "--storage-driver", "vfs",
        ]
        let (storage, state) = (directory.path.appending("storage"), directory.path.appending("run"))
        try await runAside(
            "skopeo",
            [
                "copy", "--insecure-policy", "oci:\(base)",
                "containers-storage:[vfs@\(storage)+\(state)]localhost/base:1",
            ])
        for (number, text) in texts.enumerated() {
            let file = try directory.write(
                Array(Self.whole(text, on: "localhost/base:1").utf8), to: "Dockerfile\(number)")
            let output = directory.path.appending("buildah\(number).tar")
            try await runAside(
                "buildah",
                tools + [
                    "bud", "--format", "docker", "--isolation", "chroot", "--pull-never", "--file", file.string,
                    "--tag",
                    "localhost/out:\(number)", context.string,
                ])
            try await runAside(
                "buildah", tools + ["push", "localhost/out:\(number)", "docker-archive:\(output)"])
            let store = try DirectoryBlobStore(directory.path.appending("theirs\(number)"))
            let theirs = try await Picture(try DockerArchive(output, into: store).image(for: nil))
            let ours = try await Picture(try await built(text, context, base, in: directory))
            for path in Set(ours.files.keys).union(theirs.files.keys).sorted() {
                let isListed = Self.passedOver.contains { path == $0 || path.hasPrefix($0 + "/") }
                if isListed || isAlsoListed(path, ours.files[path], theirs.files[path])
                    || (path.hasSuffix(".pyc") || path.hasSuffix("__pycache__"))
                {
                    continue
                }
                #expect(ours.files[path] == theirs.files[path], "/\(path) by:\n\(text)")
            }
            #expect(ours.configuration == theirs.configuration, "\(text)")
        }
        try await runAside("buildah", tools + ["rmi", "--all", "--force"])
    }

    /// A Dockerfile on a base, which its stages call `BASE`.
    private static func whole(_ text: String, on base: String) -> String {
        ((text.hasPrefix("FROM ") ? "" : "FROM BASE\n") + text).replacing("BASE", with: base) + "\n"
    }

    private func built(
        _ text: String, _ context: FilePath, _ base: FilePath, in directory: TemporaryDirectory
    ) async throws -> Image {
        var lowering = DockerfileLowering(try DockerfileDocument(Self.whole(text, on: "base")))
        let configuration = try await OCILayout(base).image(for: nil).configuration.config
        lowering.baseConfiguration = configuration
        for other in try lowering.otherBases() { lowering.otherConfigurations[other] = configuration }
        let lowered = try lowering.lowered()
        let file = directory.path.appending("requirements.txt").string
        var texts = lowered.requirementsTexts(file: file, context: context.string)
        var stageFiles: [String: String] = [:]
        for stage in lowered.stages {
            let file = directory.path.appending("\(stage.name).txt").string
            texts += stage.requirementsTexts(file: file, context: context.string)
            stageFiles[stage.name] = file
        }
        for (path, text) in texts { try FileSystem.write(text.utf8, to: FilePath(path)) }
        var spec = try lowered.buildSpec(
            context: context.string, requirementsFile: file, stageRequirementsFiles: stageFiles)
        for number in spec.stages.indices { spec.stages[number].lie(at: base) }
        let engine = try BuildEngine(
            .init(cache: try BuildCache(directory.path.appending("cache")), environment: BuildSite.environment),
            events: BuildEvents { _ in })
        let result = try await engine.build(spec, tags: [], outputs: [])
        try await result.images.expectSound()
        return try #require(result.images.images.first)
    }
}

extension Stage {
    /// Takes the base from a layout, wherever it is named.
    fileprivate mutating func lie(at layout: FilePath) {
        let source = BaseSource.layout(path: layout.string)
        if base != .scratch { base = source }
        for number in steps.indices {
            guard case .changes(var step) = steps[number] else { continue }
            for place in step.instructions.indices {
                step.instructions[place].changes = step.instructions[place].changes.map { change in
                    guard case .copy(var copy) = change, case .image = copy.origin else { return change }
                    copy.origin = .image(source)
                    return .copy(copy)
                }
            }
            steps[number] = .changes(step)
        }
    }
}

/// An image as a container sees it.
private struct Picture {
    /// What stands at each path: kind, mode, owner, and content or target.
    var files: [String: String] = [:]
    /// What a container starts with, but for marks of the builder.
    var configuration: ImageConfiguration.Execution

    init(_ image: Image) async throws {
        var configuration = image.configuration.config ?? .init()
        configuration.labels?["io.buildah.version"] = nil
        if configuration.labels?.isEmpty ?? false { configuration.labels = nil }
        if configuration.entrypoint?.isEmpty ?? false { configuration.entrypoint = nil }
        if configuration.onBuild?.isEmpty ?? false { configuration.onBuild = nil }
        if configuration.user?.isEmpty ?? false { configuration.user = nil }
        if configuration.cmd?.isEmpty ?? false { configuration.cmd = nil }
        if configuration.volumes?.isEmpty ?? false { configuration.volumes = nil }
        configuration.env?.sort()
        if configuration.workingDir == "/" || configuration.workingDir == "" { configuration.workingDir = nil }
        self.configuration = configuration
        for layer in image.manifest.layers { try apply(await image.layer(layer), layer.mediaType) }
    }

    private mutating func apply(_ layer: Blob, _ mediaType: MediaType) throws {
        let tar = try TarReader(try LayerIndexer.uncompressed(try layer.open(), mediaType: mediaType))
        var found: [(String, String)] = []
        while let entry = try tar.next() {
            let path = LayerPath.normalised(entry.path)
            if path.isEmpty { continue }
            let (directory, name) = LayerPath.split(path)
            if name == ".wh..wh..opq" {
                for other in files.keys where LayerPath.isBelow(directory, other) { files[other] = nil }
                continue
            }
            if name.hasPrefix(".wh.") {
                let gone = directory.isEmpty ? String(name.dropFirst(4)) : "\(directory)/\(name.dropFirst(4))"
                for other in files.keys where other == gone || LayerPath.isBelow(gone, other) { files[other] = nil }
                continue
            }
            let status = "\(String(entry.mode, radix: 8)) \(entry.uid):\(entry.gid)"
            switch entry.kind {
            case .directory: found.append((path, "directory \(status)"))
            case .symbolicLink(let target): found.append((path, "link \(entry.uid):\(entry.gid) \(target)"))
            case .hardLink(let target):
                let target = LayerPath.normalised(target)
                found.append((path, found.last { $0.0 == target }?.1 ?? files[target] ?? "?"))
            case .file:
                let digester = try Digester()
                try tar.forEachContentChunk { digester.update($0) }
                found.append((path, "file \(status) \(digester.finish())"))
            }
        }
        for (path, state) in found {
            if let there = files[path], there.hasPrefix("directory"), !state.hasPrefix("directory") {
                for other in files.keys where LayerPath.isBelow(path, other) { files[other] = nil }
            }
            files[path] = state
        }
    }
}
