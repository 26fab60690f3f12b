import Content
import Foundation
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// Wheels, and layers of their bytecode made by this machine's Python.
struct BytecodeWorkshop {
    let wheels: WheelWorkshop
    let interpreter: BytecodeInterpreter

    init(_ wheels: WheelWorkshop? = nil) async throws {
        let wheels = try wheels ?? WheelWorkshop()
        self.wheels = wheels
        interpreter = try await Self.interpreter(in: wheels)
    }

    static let environment = ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("UV_") && !$0.key.hasPrefix("PIP_")
    }

    /// What `python3` is.
    static func version() throws -> PythonVersion {
        let text = try python("import platform; print(platform.python_version())")
        return try #require(PythonVersion(String(decoding: text, as: UTF8.self)))
    }

    private static func interpreter(in wheels: WheelWorkshop) async throws -> BytecodeInterpreter {
        try await BytecodeInterpreter.find(
            for: version(), environment: environment, records: wheels.records,
            cache: wheels.scratch.path.appending("cache"))
    }

    func maker(
        _ interpreter: BytecodeInterpreter? = nil, reusesRuns: Bool = true, timeLimit: Duration = .seconds(600)
    ) -> BytecodeLayerMaker {
        BytecodeLayerMaker(
            interpreter: interpreter ?? self.interpreter, store: wheels.store, records: wheels.records,
            reusesRuns: reusesRuns, directory: wheels.scratch.path.appending("work"), timeLimit: timeLimit)
    }

    func layer(_ references: [WheelReference], scheme: InstallScheme = .venv) -> BytecodeLayer {
        BytecodeLayer(
            modules: WheelLayer(
                wheels: references.map { WheelInstallation(wheel: $0) }, scheme: scheme, timestamp: .reproducible),
            python: interpreter.version.description)
    }

    /// The bytecode of wheels, as it is read back.
    func make(_ references: [WheelReference]) async throws -> ReadLayer {
        let layer = try await maker().make(layer(references))
        return try wheels.read(layer)
    }

    /// `cpython-311`
    var tag: String { "cpython-\(interpreter.version.major)\(interpreter.version.minor)" }
}
