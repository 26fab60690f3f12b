// How many warm builds a second the engine does in one process, without HTTP and without a database: what the service's
// rate is held against. Each build has one code file changed and is pushed.
//
//   swift run -c release engine-rate CODE REQUIREMENTS BASE INDEX-URL TARGET COUNT CONCURRENCY
import Build
import Content
import Foundation
import OCI
import Spec
import SystemPackage

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 7, let count = Int(arguments[5]), let concurrency = Int(arguments[6]) else {
    print("usage: engine-rate CODE REQUIREMENTS BASE INDEX-URL TARGET COUNT CONCURRENCY")
    exit(2)
}
let (code, requirements, base, index, target) = (
    arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]
)
let root = try FileSystem.makeTemporaryDirectory(prefix: FilePath("\(NSTemporaryDirectory())/engine-rate-"))
defer { try? FileSystem.removeTree(root) }

/// A copy of the code in which one file is like no other copy's.
func context(_ number: Int) throws -> String {
    let path = root.appending("context-\(number)").string
    try FileManager.default.copyItem(atPath: code, toPath: path)
    try Data("NUMBER = \(number)\n".utf8).write(to: URL(fileURLWithPath: "\(path)/changed.py"))
    return path
}

func spec(_ context: String) throws -> BuildSpec {
    BuildSpec(stages: [
        Stage(
            base: .registry(try Reference(base)),
            steps: [
                .python(PythonStep(manifests: [requirements], indexes: PackageIndexes(indexURL: index))),
                .files(FilesStep(source: context, destination: "/app")),
                .configuration(ConfigurationStep(workingDirectory: "/app")),
            ])
    ])
}

let engine = try BuildEngine(
    BuildEngine.Configuration(
        cache: try BuildCache(root.appending("cache")), environment: ProcessInfo.processInfo.environment),
    events: .none)
let contexts = try (0...count).map(context)
// Everything but the changed file is there from the second build on.
_ = try await engine.build(spec(contexts[0]), tags: [Reference("\(target):0")], outputs: [.registry])

let clock = ContinuousClock()
let start = clock.now
try await withThrowingTaskGroup(of: Void.self) { group in
    var next = 1
    func begin() throws {
        guard next <= count else { return }
        let (spec, tag) = (try spec(contexts[next]), try Reference("\(target):\(next)"))
        next += 1
        group.addTask { _ = try await engine.build(spec, tags: [tag], outputs: [.registry]) }
    }
    for _ in 0..<concurrency { try begin() }
    while try await group.next() != nil { try begin() }
}
let seconds = start.duration(to: clock.now) / .seconds(1)
print("{\"builds\": \(count), \"seconds\": \(seconds), \"per_second\": \(Double(count) / seconds)}")
