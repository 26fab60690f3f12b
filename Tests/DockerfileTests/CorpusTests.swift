import Diagnostics
import Foundation
import OCI
import Spec
import TestSupport
import Testing

@testable import Dockerfile

/// Dockerfiles as people and platforms write them, and beside each what it becomes.
/// `COOPERAGE_REGENERATE_GOLDEN=1` writes the expectations anew.
@Suite struct CorpusTests {
    @Test(arguments: Corpus.names)
    func becomesWhatIsExpected(_ name: String) throws {
        let found = Self.description(try Corpus.text(name))
        let file = Corpus.directory.appendingPathComponent("\(name).expected.txt")
        if ProcessInfo.processInfo.environment["COOPERAGE_REGENERATE_GOLDEN"] != nil {
            try found.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == found)
    }

    @Test func hasEveryShape() {
        #expect(Corpus.names.count >= 25)
    }

    private static func description(_ text: String) -> String {
        do {
            let lowering = DockerfileLowering(
                try DockerfileDocument(text), platform: Platform(os: "linux", architecture: "amd64"))
            return try description(lowering.lowered())
        } catch let error as DockerfileError {
            let lines =
                ["error: \(error.codeName)", error.message] + error.context.map { "  \($0.label) \($0.value)" }
                + error.hints.map { "hint: \($0)" }
            return lines.joined(separator: "\n") + "\n"
        } catch {
            return "\(error)"
        }
    }

    private static func description(_ lowered: LoweredDockerfile) throws -> String {
        var lines = lowered.remarks.map(\.description)
        lines.append("")
        let files = Dictionary(uniqueKeysWithValues: lowered.stages.map { ($0.name, "/\($0.name).txt") })
        let spec = try lowered.buildSpec(
            context: "/context", requirementsFile: "/inline.txt", stageRequirementsFiles: files)
        for stage in spec.stages {
            let platform = stage.platform.map { " for \($0)" } ?? ""
            lines.append((stage.name.map { "stage \($0), " } ?? "") + "base \(stage.base)\(platform)")
            lines += try description(stage.steps, lowered)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func description(_ steps: [Step], _ lowered: LoweredDockerfile) throws -> [String] {
        var lines: [String] = []
        for step in steps {
            switch step {
            case .python(let step):
                let place = step.place.map { " in \($0.path)" } ?? ""
                lines.append("python \(step.manifests.joined(separator: " "))\(place)")
                if let options = step.options {
                    lines.append("  options " + String(decoding: try CanonicalJSON.encode(options), as: UTF8.self))
                }
                if !step.selection.isEmpty {
                    lines.append(
                        "  selection " + String(decoding: try CanonicalJSON.encode(step.selection), as: UTF8.self))
                }
                if step.compilesBytecode { lines.append("  with bytecode") }
                if let lock = step.requiredLock { lines.append("  by \(lock)") }
                for part in step.parts ?? [] { lines.append("  part \(part.manifests.joined(separator: " "))") }
                for url in [step.indexes.indexURL].compactMap(\.self) { lines.append("  index \(url)") }
                for url in step.indexes.extraIndexURLs { lines.append("  extra index \(url)") }
                for (path, text) in lowered.requirementsTexts(file: "/inline.txt", context: "/context")
                where step.manifests.contains(path) {
                    for line in text.split(separator: "\n") { lines.append("  inline \(line)") }
                }
            case .files(let step):
                lines.append("files \(step.source) → \(step.destination) without \(step.excluded)")
            case .changes(let step):
                for instruction in step.instructions {
                    lines.append("files \(instruction.place) \(instruction.title)")
                    for change in instruction.changes {
                        lines.append("  " + String(decoding: try CanonicalJSON.encode(change), as: UTF8.self))
                    }
                }
            case .configuration(let step):
                for variable in step.environment { lines.append("env \(variable.name)=\(variable.value)") }
                for (name, value) in step.labels.sorted(by: { $0.key < $1.key }) {
                    lines.append("label \(name)=\(value)")
                }
                for port in step.exposedPorts { lines.append("port \(port)") }
                if let user = step.user { lines.append("user \(user)") }
                if let directory = step.workingDirectory { lines.append("directory \(directory)") }
                if let words = step.entrypoint { lines.append("entrypoint \(words)") }
                if let words = step.command { lines.append("command \(words)") }
                if let further = step.further {
                    lines.append("further " + String(decoding: try CanonicalJSON.encode(further), as: UTF8.self))
                }
            }
        }
        return lines
    }

    /// Whatever is done to a Dockerfile, reading and lowering it gives a value or an error of ours.
    @Test func noMutationBreaksTheReader() throws {
        let corpus = try Corpus.names.map { Array(try Corpus.text($0).utf8) }
        var random = Seeded(5)
        var values = 0
        var failures = 0
        for _ in 0..<20_000 {
            let text = String(decoding: mutated(corpus, &random), as: UTF8.self)
            switch FuzzTarget.run(text) {
            case true: values += 1
            case false: failures += 1
            }
        }
        #expect(values + failures == 20_000)
        // Both ends are reached, or the mutations would test one of them alone.
        #expect(values > 500 && failures > 500)
    }

    private func mutated(_ corpus: [[UInt8]], _ random: inout Seeded) -> [UInt8] {
        var text = corpus[Int.random(in: 0..<corpus.count, using: &random)]
        let interesting = Array("${}\\'\"`<-=#[],&|;\n\t *?/:@~é\u{0}".utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !text.isEmpty {
            let place = Int.random(in: 0..<text.count, using: &random)
            let length = min(text.count - place, Int.random(in: 1...24, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: text[place] = UInt8.random(in: 0...255, using: &random)
            case 1: text.remove(at: place)
            case 2: text.insert(interesting[Int.random(in: 0..<interesting.count, using: &random)], at: place)
            case 3: text.removeSubrange(place..<(place + length))
            case 4: text.insert(contentsOf: text[place..<(place + length)], at: place)
            default:
                let other = corpus[Int.random(in: 0..<corpus.count, using: &random)]
                let start = Int.random(in: 0..<other.count, using: &random)
                text.insert(contentsOf: other[start..<min(other.count, start + length)], at: place)
            }
        }
        return text
    }
}

/// What the fuzzer runs: all of the reader and the lowering, with and without what a base would tell.
enum FuzzTarget {
    /// Whether the text is a Dockerfile that can be built.
    static func run(_ text: String) -> Bool {
        guard let document = try? DockerfileDocument(text) else { return false }
        var lowering = DockerfileLowering(document, buildArguments: ["V": "1"])
        if (try? lowering.lowered().buildSpec(context: "c", requirementsFile: "r")) != nil { return true }
        var base = ImageConfiguration.Execution()
        base.env = ["PATH=/usr/bin:/bin", "HOME=/root"]
        lowering.baseConfiguration = base
        return (try? lowering.lowered().buildSpec(context: "c", requirementsFile: "r")) != nil
    }
}
