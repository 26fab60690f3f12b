import Dockerfile
import OCI

/// What libFuzzer calls with each input (`make fuzz`): all of the reader, of the lowering, with and without what a base would
/// tell, and of the linter; and the text as a script of RUN, for the reader of shells. Anything but a value or an error of
/// ours is a crash.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDockerfile(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    var linter = DockerfileLinter()
    linter.buildArguments = ["V": "1"]
    linter.contextEntry = { $0.contains(".") ? .file : .directory }
    _ = try? linter.outcome(of: text, name: "Dockerfile")
    lower("FROM base\nCOPY r.txt /\nRUN --mount=type=secret,id=x <<SCRIPT-END\n\(text)\nSCRIPT-END\n")
    lower(text)
    return 0
}

private func lower(_ text: String) {
    guard let document = try? DockerfileDocument(text) else { return }
    var lowering = DockerfileLowering(document, buildArguments: ["V": "1"])
    lowering.catalogNames = ["base"]
    _ = try? lowering.lowered().buildSpec(context: "context", requirementsFile: "requirements.txt")
    var base = ImageConfiguration.Execution()
    base.env = ["PATH=/usr/bin:/bin", "HOME=/root"]
    lowering.baseConfiguration = base
    lowering.contextEntry = { $0.contains(".") ? .file : $0.contains("x") ? nil : .directory }
    _ = try? lowering.lowered().buildSpec(context: "context", requirementsFile: "requirements.txt")
}
