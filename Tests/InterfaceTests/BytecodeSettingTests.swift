import Diagnostics
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Interface

/// Whether bytecode is wanted: a flag, then uv's variable, then the settings file.
@Suite struct BytecodeSettingTests {
    @Test(
        arguments: [
            (nil, nil, nil, false), (nil, nil, true, true), (nil, "1", nil, true), (nil, "TRUE", false, true),
            (nil, "0", true, true), (nil, "off", nil, false), (nil, "", true, true), (true, "0", false, true),
            (false, "1", true, false),
        ] as [(Bool?, String?, Bool?, Bool)])
    func whoSaysItFirst(_ flag: Bool?, _ variable: String?, _ file: Bool?, _ expected: Bool) throws {
        var files = ["requirements.txt": ""]
        files["cooperage.yaml"] = file.map { "compile-bytecode: \($0)\n" }
        let context = try SampleContext(files)
        var flags = Settings()
        flags.compilesBytecode = flag.map { Given($0, .flag("--compile-bytecode")) }
        var surroundings = Surroundings(directory: "/nowhere", environment: [:], cache: "/cache")
        surroundings.environment["UV_COMPILE_BYTECODE"] = variable
        let request = try BuildRequest(context: context.path, flags: flags, in: surroundings)
        #expect(request.python?.compilesBytecode == expected)
        // A lock is the same either way, and nobody is asked to compile for it.
        let lock = try LockRequest(context: context.path, flags: flags, in: surroundings)
        guard case .python(let step) = lock.spec.stages.first?.steps.first else {
            Issue.record("there is no Python step")
            return
        }
        #expect(!step.compilesBytecode)
    }

    @Test func whatIsNeitherTrueNorFalseIsToldOf() throws {
        let context = try SampleContext(["requirements.txt": ""])
        let surroundings = Surroundings(
            directory: "/nowhere", environment: ["UV_COMPILE_BYTECODE": "maybe"], cache: "/cache")
        let error = try #require(throws: InterfaceError.self) {
            try BuildRequest(context: context.path, flags: Settings(), in: surroundings)
        }
        #expect(error.message == "'maybe' is neither true nor false")
        #expect(error.context == [FailureContext("variable", "UV_COMPILE_BYTECODE")])
    }
}
