import Dockerfile
import OCI

/// What libFuzzer calls with each input (`make fuzz`): all of the reader and of the lowering, with and without what a base
/// would tell. Anything but a value or an error of ours is a crash.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDockerfile(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    guard let document = try? DockerfileDocument(text) else { return 0 }
    var lowering = DockerfileLowering(document, buildArguments: ["V": "1"])
    lowering.catalogNames = ["base"]
    _ = try? lowering.lowered().buildSpec(context: "context", requirementsFile: "requirements.txt")
    var base = ImageConfiguration.Execution()
    base.env = ["PATH=/usr/bin:/bin", "HOME=/root"]
    lowering.baseConfiguration = base
    lowering.contextEntry = { $0.contains(".") ? .file : $0.contains("x") ? nil : .directory }
    _ = try? lowering.lowered().buildSpec(context: "context", requirementsFile: "requirements.txt")
    return 0
}
