import ArgumentParser
import Build
import Content
import Interface
import OCI
import Registry
import SBOM
import ServiceClient
import Spec
import SystemPackage

/// `cooperage build`.
struct BuildCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an image, and push or write it.",
        usage: "cooperage build [<options>] [<context>]",
        discussion: """
            Without -r, take the first of uv.lock, pylock.toml, requirements.txt and pyproject.toml in the context. \
            Settings can stand in cooperage.yaml, or in [tool.cooperage] of pyproject.toml; a flag wins. The last line \
            on standard output is the image's digest reference.

              cooperage build . -r requirements.txt -t 127.0.0.1:5000/team/app:1 --push
              cooperage build . -o type=oci,dest=out/ -o type=docker,dest=image.tar
              cooperage build -f Dockerfile . -t 127.0.0.1:5000/team/app:1 --push
              cooperage build . -o type=image --server http://127.0.0.1:8480
            """)

    @OptionGroup var spec: SpecOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Result") var result: ResultOptions
    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Server") var remote: RemoteOptions
    @OptionGroup(title: "Running") var running: RunningOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let address = try server.name.address(session.environment)
        var surroundings = try session.surroundings
        surroundings.buildsOnServer = address != nil
        let fixed = surroundings
        try await session.run {
            var flags = spec.settings
            output.apply(to: &flags)
            result.apply(to: &flags)
            running.apply(to: &flags)
            let hosts = try running.registry.hosts(server.connection, session.environment)
            let catalog = address.map { address in
                { try await server.client(of: address, session.environment).baseImages() }
            }
            try await session.withRequest(spec.contextPath, flags, fixed, hosts, catalog: catalog) {
                try check($0, session, fixed)
                if let address {
                    try await build($0, on: address, session, fixed)
                } else {
                    try await build($0, session, hosts)
                }
            }
        }
    }

    private func check(_ request: BuildRequest, _ session: Session, _ surroundings: Surroundings) throws {
        try remote.check(request, isOnServer: surroundings.buildsOnServer)
        for remark in request.remarks { session.display.receive(remark) }
        if request.outputs.isEmpty, !request.staysInCache {
            let cache = surroundings.buildsOnServer ? "the server's cache" : "the cache"
            session.display.receive(
                .warning("the image stays in \(cache); push it by --push, or write it by --output"))
        }
    }

    private func build(_ request: BuildRequest, _ session: Session, _ hosts: RegistryHosts) async throws {
        let engine = try session.engine(hosts) {
            running.configure(&$0, for: request)
            spec.packages.configure(&$0, secrets: request.secrets, used: request.usedSecrets)
        }
        let result = try await engine.build(
            request.specs, tags: request.tags, outputs: request.outputs, sbom: request.sbom)
        let metadata = BuildMetadata(result.images, tags: request.tags)
        try write(metadata, result.sboms, request)
        let references = digestReferences(metadata.digest, pushed: result.pushed, tags: request.tags)
        try session.finish(
            BuildConclusion(
                result.images, references: references,
                uploadedBytes: request.outputs.contains(.registry) ? result.uploadedBytes : nil))
    }

    private func build(
        _ request: BuildRequest, on address: ServerAddress, _ session: Session, _ surroundings: Surroundings
    ) async throws {
        try running.refuseOnServer()
        try spec.packages.refuseOnServer()
        var options = RemoteBuild.Options()
        options.lendsCredentials = !remote.keepCredentials
        options.ordersLayers = [.auto, .plain].contains(session.mode)
        let build = try RemoteBuild(
            request, in: surroundings, on: try server.client(of: address, session.environment),
            events: BuildEvents(session.display.receive), options: options)
        if remote.detach {
            let accepted = try await build.submit()
            session.display.close()
            return try Console.writeOutput("\(accepted.id)\n")
        }
        let result = try await build.run()
        try write(
            BuildMetadata(result.descriptor, imageID: result.imageID, tags: request.tags), result.sboms, request)
        try session.finish(
            BuildConclusion(
                digest: result.descriptor.digest, layers: result.layers, references: result.references,
                uploadedBytes: result.uploadedBytes))
    }

    private func write(_ metadata: BuildMetadata, _ sboms: [SBOMDocument], _ request: BuildRequest) throws {
        if let file = request.metadataFile { try FileSystem.write(try metadata.text().utf8, to: file) }
        if let file = request.sbomFile {
            for sbom in sboms { try FileSystem.write(sbom.bytes, to: file.path(for: sbom.platform)) }
        }
        if let file = request.imageIDFile { try FileSystem.write(metadata.imageID.description.utf8, to: file) }
    }
}
