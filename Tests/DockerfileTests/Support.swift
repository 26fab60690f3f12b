import Diagnostics
import Foundation
import OCI
import Spec

@testable import Dockerfile

/// The committed Dockerfiles.
enum Corpus {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/dockerfiles")

    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return files.filter { $0.hasSuffix(".Dockerfile") }.map { String($0.dropLast(".Dockerfile".count)) }.sorted()
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOf: directory.appendingPathComponent("\(name).Dockerfile"), encoding: .utf8)
    }
}

/// A Dockerfile with one line under `FROM`.
func stage(_ lines: String) throws -> [LocatedInstruction] {
    try DockerfileDocument("FROM base\n" + lines).stages[0].instructions
}

/// The instructions of such a Dockerfile.
func instructions(_ lines: String) throws -> [Instruction] { try stage(lines).map(\.instruction) }

/// What a Dockerfile under `FROM python:3.11` becomes.
func lowered(
    _ lines: String, arguments: [String: String] = [:], base: ImageConfiguration.Execution? = nil,
    entries: [String: DockerfileLowering.ContextEntry]? = nil
) throws -> LoweredDockerfile {
    var lowering = DockerfileLowering(
        try DockerfileDocument("FROM python:3.11\n" + lines), buildArguments: arguments,
        platform: Platform(os: "linux", architecture: "amd64"))
    lowering.baseConfiguration = base
    if let entries { lowering.contextEntry = { entries[$0] } }
    return try lowering.lowered()
}

/// The error that a closure ends with.
func failure(_ body: () throws -> some Any) -> DockerfileError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? DockerfileError
    }
}

extension DockerfileError {
    /// Where it is: `Dockerfile:3:5`.
    var place: String? { context.first { $0.label == "file" }?.value }
    /// The line that it shows.
    var line: String? { context.first { $0.label == "line" }?.value }
}
