import Content
import Foundation
import OCI
import Spec
import SystemPackage
import TestSupport

@testable import Interface

extension Digest {
    /// A digest of a text.
    static func of(_ text: String) throws -> Digest { try Digester.digest(of: Array(text.utf8)) }
}

extension Descriptor {
    static func layer(_ text: String, size: Int64) throws -> Descriptor {
        Descriptor(mediaType: .layerGzip, digest: try .of(text), size: size)
    }
}

/// A context in a temporary directory, and what makes a request of it.
struct SampleContext {
    let directory: TemporaryDirectory
    var environment: [String: String] = [:]

    init(_ files: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        for (name, text) in files { try directory.write(Array(text.utf8), to: name) }
    }

    var path: FilePath { directory.path }

    func request(_ flags: Settings = Settings()) throws -> BuildRequest {
        try BuildRequest(
            context: path, flags: flags,
            in: Surroundings(
                directory: "/nowhere", environment: environment, cache: path.appending("cache[1]")))
    }
}

extension Given<String> {
    /// A value of a flag.
    static func flag(_ value: String, _ name: String = "--flag") -> Given<String> { Given(value, .flag(name)) }
}

extension BuildRequest {
    var notices: [String] { remarks.compactMap { if case .notice(let text) = $0 { text } else { nil } } }
    var warnings: [String] { remarks.compactMap { if case .warning(let text) = $0 { text } else { nil } } }

    var steps: [Step] { spec.stages.first?.steps ?? [] }
    var python: PythonStep? {
        for step in steps { if case .python(let step) = step { return step } }
        return nil
    }
    var files: FilesStep? {
        for step in steps { if case .files(let step) = step { return step } }
        return nil
    }
    var configuration: ConfigurationStep? {
        for step in steps { if case .configuration(let step) = step { return step } }
        return nil
    }
}
