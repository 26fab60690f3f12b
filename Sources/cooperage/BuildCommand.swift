import ArgumentParser
import Build
import Content
import Interface
import OCI
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
            """)

    @OptionGroup var spec: SpecOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Result") var result: ResultOptions
    @OptionGroup(title: "Running") var running: RunningOptions
    @OptionGroup(title: "Running") var progress: ProgressOptions

    func execute() async throws {
        let session = Session(progress)
        let surroundings = try session.surroundings
        try await session.run { try await build(session, surroundings) }
    }

    private func build(_ session: Session, _ surroundings: Surroundings) async throws {
        var flags = spec.settings
        output.apply(to: &flags)
        result.apply(to: &flags)
        running.apply(to: &flags)
        let request = try BuildRequest(context: spec.contextPath, flags: flags, in: surroundings)
        for remark in request.remarks { session.display.receive(remark) }
        if request.outputs.isEmpty, !request.staysInCache {
            session.display.receive(
                .warning("the image stays in the cache; push it by --push, or write it by --output"))
        }
        let engine = try session.engine { running.configure(&$0, for: request) }
        let result = try await engine.build(request.spec, tags: request.tags, outputs: request.outputs)
        let metadata = BuildMetadata(result.images, tags: request.tags)
        if let file = request.metadataFile { try FileSystem.write(try metadata.text().utf8, to: file) }
        if let file = request.imageIDFile { try FileSystem.write(metadata.imageID.description.utf8, to: file) }
        let references = digestReferences(metadata.digest, pushed: result.pushed, tags: request.tags)
        try session.finish(
            BuildConclusion(
                result.images, references: references,
                uploadedBytes: request.outputs.contains(.registry) ? result.uploadedBytes : nil))
    }
}
