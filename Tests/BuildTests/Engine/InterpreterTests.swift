import Content
import Foundation
import Images
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// The same requirements installed by us and by uv, on a base of each kind and in real containers: the trees are equal, and
/// all that is there can be imported.
@Suite(
    .serialized,
    .enabled(if: ContainerRuntime.obstacle == nil, "the kernel refuses containers: \(ContainerRuntime.obstacle ?? "")")
) struct InterpreterTests {
    /// A kind of Python.
    enum Kind: String, Sendable, CaseIterable {
        /// The catalog's: an environment at /opt/venv.
        case environment
        /// Debian's own, externally managed, whose packages go to /usr/local.
        case debian
        /// One with its own prefix, as images that compile it have it.
        case standalone

        var prefix: String { self == .environment ? "/opt/venv" : "/usr/local" }
        var interpreter: String {
            switch self {
            case .environment: "/opt/venv/bin/python"
            case .debian: "/usr/bin/python3"
            case .standalone: "/usr/local/bin/python3"
            }
        }
        var variables: [String] {
            switch self {
            case .environment: ["VIRTUAL_ENV=/opt/venv", "PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"]
            case .debian: ["PATH=/usr/local/bin:/usr/bin:/bin"]
            case .standalone: ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.11.2"]
            }
        }
    }

    private static let lock = fixtures.pushing("environment/requirements.txt")

    /// Where uv may differ, as in `InstalledTreeTests`: files of a `.dist-info` that tell who installed it and how. Bytecode is
    /// what running leaves, and `.lock` is uv's. Rows of RECORD are compared in sorted order.
    private static let listing = """
        import csv, hashlib, os, sys
        allowed = {'INSTALLER', 'REQUESTED', 'direct_url.json', 'uv_cache.json'}
        def differs(path):
            directory, name = os.path.split(path)
            return name in allowed and directory.endswith('.dist-info') or name.endswith('.pyc') or path == '.lock'
        root = sys.argv[1]
        for directory, names, files in os.walk(root):
            names[:] = [name for name in names if name != '__pycache__']
            for name in names + files:
                path = os.path.join(directory, name)
                if differs(os.path.relpath(path, root)):
                    continue
                if os.path.islink(path):
                    what = 'link ' + os.readlink(path)
                elif os.path.isdir(path):
                    what = 'directory'
                else:
                    content = open(path, 'rb').read()
                    if name == 'RECORD' and directory.endswith('.dist-info'):
                        rows = csv.reader(content.decode().splitlines())
                        content = repr(sorted(row for row in rows if not differs(row[0]))).encode()
                    # uv leaves a RECORD the mode that the archive had, pip does not.
                    mode = 'x' if name != 'RECORD' and os.stat(path).st_mode & 0o100 else '-'
                    what = mode + hashlib.sha256(content).hexdigest()
                print(path, what)
        """

    private static let importing = """
        import importlib, importlib.metadata, sys
        names = set()
        for distribution in importlib.metadata.distributions():
            for file in distribution.files or []:
                if len(file.parts) == 1 and file.suffix in ('.py', '.so'):
                    names.add(file.name.split('.')[0])
                elif len(file.parts) > 1 and file.parts[1] == '__init__.py':
                    names.add(file.parts[0])
        # setuptools brings another distutils, and wants to be first.
        for name in sorted(names, key=lambda name: (name != 'setuptools', name)):
            try:
                importlib.import_module(name)
            except BaseException as error:
                # What an extra is needed for.
                if name not in ('blackd', 'matplotlib_inline'):
                    print(name, repr(error))
        print(len(names), 'modules')
        """

    @Test(arguments: Kind.allCases) func whatUvInstallsIsWhatWeInstall(_ kind: Kind) async throws {
        _ = try await blocking { try downloadedWheels(Self.lock) }
        let scratch = try TemporaryDirectory()
        let text = String(decoding: try FileSystem.read(Self.lock), as: UTF8.self)
        try scratch.write(Array("--no-index\n\(text)".utf8), to: "requirements.txt")
        try scratch.write(Array(Self.listing.utf8), to: "list.py")
        try scratch.write(Array(Self.importing.utf8), to: "import.py")
        try await DockerRegistry.run { registry in
            try await ContainerRuntime.run { containers in
                let (base, theirs) = try await base(kind, scratch, registry, containers)
                let ours = "\(registry.host)/team/\(kind):ours"
                try await build(on: base, ours, scratch)

                let mounts = [
                    "--user", "0", "--env", "PYTHONDONTWRITEBYTECODE=1", "--volume", "\(scratch.path):/inputs:ro",
                    "--volume", "\(wheelsDirectory):/wheels:ro", "--volume", "\(try uv()):/uv:ro",
                ]
                let list = "\(kind.interpreter) /inputs/list.py \(kind.prefix)"
                let install = """
                    /uv pip install --quiet --no-config --no-cache --offline --no-index --find-links /wheels \
                        --require-hashes --link-mode copy --break-system-packages --python \(kind.interpreter) \
                        -r /inputs/requirements.txt >&2
                    """
                let uvs = try await containers.output(
                    of: theirs, options: mounts, ["sh", "-ec", install + "\n" + list])
                let own = try await containers.output(of: ours, options: mounts, ["sh", "-ec", list])
                Self.expectEqual(own, uvs)

                let told = try await containers.output(
                    of: ours, options: mounts, [kind.interpreter, "/inputs/import.py"])
                let count = Int(told.prefix { $0 != " " }) ?? 0
                #expect(count > 60 && told.split(separator: "\n").count == 1, "\(told)")
                let version = try await containers.output(
                    of: ours, options: mounts, ["sh", "-ec", "aws --version; black --version"])
                #expect(version.hasPrefix("aws-cli/"))
            }
        }
    }

    private static func expectEqual(_ ours: String, _ theirs: String) {
        let (own, uvs) = (Set(ours.split(separator: "\n")), Set(theirs.split(separator: "\n")))
        #expect(own.count > 3000)
        #expect(own.subtracting(uvs).sorted().prefix(20) == [])
        #expect(uvs.subtracting(own).sorted().prefix(20) == [])
    }

    private func uv() throws -> FilePath {
        let path = String(decoding: try run("sh", ["-c", "command -v uv"]), as: UTF8.self)
        return FilePath(path.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func build(on layout: FilePath, _ tag: String, _ scratch: TemporaryDirectory) async throws {
        let configuration = BuildEngine.Configuration(
            cache: try BuildCache(scratch.path.appending("cache")), environment: BuildSite.environment)
        let step = PythonStep(
            manifests: [scratch.path.appending("requirements.txt").string],
            indexes: PackageIndexes(findLinks: [wheelsDirectory.string]))
        let spec = BuildSpec(stages: [Stage(base: .layout(path: layout.string), steps: [.python(step)])])
        let result = try await BuildEngine(configuration, events: .none).build(
            spec, tags: [Reference(tag)], outputs: [.registry])
        try await result.images.expectSound()
    }

    // MARK: Bases

    /// A base of a kind, made of the catalog's.
    /// - Returns: its layout, and its name in the registry.
    private func base(
        _ kind: Kind, _ scratch: TemporaryDirectory, _ registry: DockerRegistry, _ containers: ContainerRuntime
    ) async throws -> (layout: FilePath, name: String) {
        let catalog = try await ExampleTests.base(rebuild: false)
        if kind != .standalone {
            return try await publish(catalog.with(kind.variables), as: kind, scratch, registry)
        }
        let debian = try await publish(catalog.with(Kind.debian.variables), as: .debian, scratch, registry)
        // Debian's interpreter a second time, without what Debian changed of where packages go.
        let copying = """
            cp -a /usr/bin/python3.11 /usr/local/bin/
            ln -s python3.11 /usr/local/bin/python3
            cp -a /usr/lib/python3.11 /usr/local/lib/
            cd /usr/local/lib/python3.11
            find . -name __pycache__ -prune -exec rm -r {} +
            rm EXTERNALLY-MANAGED
            sed -i "s/prefix_scheme = 'posix_local'/prefix_scheme = 'posix_prefix'/" sysconfig.py
            mkdir site-packages
            # Where it looks for packages is frozen into the interpreter.
            rmdir dist-packages
            ln -s site-packages dist-packages
            tar -C / -cf /out/layer.tar usr/local/bin usr/local/lib/python3.11
            """
        try FileSystem.makeDirectory(scratch.path.appending("out"))
        _ = try await containers.output(
            of: debian.name, options: ["--user", "0", "--volume", "\(scratch.path.appending("out")):/out"],
            ["sh", "-ec", copying])
        let tar = try FileSystem.read(scratch.path.pushing("out/layer.tar"), limit: 1 << 30)
        return try await publish(catalog.with(kind.variables, layer: tar), as: kind, scratch, registry)
    }

    private func publish(_ image: Image, as kind: Kind, _ scratch: TemporaryDirectory, _ registry: DockerRegistry)
        async throws -> (layout: FilePath, name: String)
    {
        let layout = scratch.path.appending("base-\(kind)")
        let name = "\(registry.host)/team/\(kind):base"
        try await OCILayoutWriter(layout).write(ImageSet(image), tags: [])
        try await runAside(
            "skopeo",
            ["copy", "--insecure-policy", "--dest-tls-verify=false", "oci:\(layout)", "docker://\(name)"])
        return (layout, name)
    }
}

extension Image {
    /// The same image with other variables, and an uncompressed layer on top.
    fileprivate func with(_ variables: [String], layer: [UInt8]? = nil) throws -> Image {
        var (manifest, configuration) = (manifest, configuration)
        configuration.config?.env = variables
        if let layer {
            let digest = try Digester.digest(of: layer)
            configuration.rootfs.diffIDs.append(digest)
            configuration.history = configuration.history.map { $0 + [.init(createdBy: "test")] }
            manifest.layers.append(Descriptor(mediaType: .layer, digest: digest, size: Int64(layer.count)))
        }
        let bytes = [UInt8](try CanonicalJSON.encode(configuration))
        manifest.config = Descriptor(
            mediaType: .configuration, digest: try Digester.digest(of: bytes), size: Int64(bytes.count))
        let (image, added) = (self, try layer.map { try Blob($0) })
        return try Image(
            manifestBytes: [UInt8](CanonicalJSON.encode(manifest)), configurationBytes: bytes
        ) { descriptor in
            if let added, descriptor.digest == added.digest { return added }
            return try await image.layer(descriptor)
        }
    }
}
