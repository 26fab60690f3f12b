import Content
import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// Who compiles bytecode for an image.
@Suite struct BytecodeInterpreterTests {
    @Test func theImagesVersionGoesFirstAndIsRemembered() async throws {
        let workshop = try await BytecodeWorkshop()
        #expect(try workshop.interpreter.version == BytecodeWorkshop.version())
        // No uv is asked again: here is none that would answer.
        let records = workshop.wheels.records
        let again = try await BytecodeInterpreter.find(
            for: workshop.interpreter.version, environment: BytecodeWorkshop.environment, records: records,
            cache: "/nonexistent/cache")
        #expect(again == workshop.interpreter)
    }

    @Test func anotherOfTheMinorVersionWillDo() async throws {
        let version = try BytecodeWorkshop.version()
        let wanted = PythonVersion(major: version.major, minor: version.minor, patch: 99)
        let scratch = try TemporaryDirectory()
        let found = try await BytecodeInterpreter.find(
            for: wanted, environment: BytecodeWorkshop.environment,
            records: try DirectoryRecordStore(scratch.path.appending("records")), cache: scratch.path.appending("cache")
        )
        #expect(found.version.series == version.series && found.version != wanted)
    }

    @Test(arguments: ["3.99.1", "3.11.99rc1"])
    func whereThereIsNoneTheErrorSaysWhatToDo(_ version: String) async throws {
        let scratch = try TemporaryDirectory()
        let wanted = try #require(PythonVersion(version))
        let error = await #expect(throws: PythonError.self) {
            try await BytecodeInterpreter.find(
                for: wanted, environment: BytecodeWorkshop.environment,
                records: try DirectoryRecordStore(scratch.path.appending("records")),
                cache: scratch.path.appending("cache"))
        }
        #expect(error?.code == .buildPythonMissing && error?.blame == .outside)
        #expect(error?.hints.contains { $0.contains("--no-compile-bytecode") } == true)
        #expect(error?.message.contains(wanted.prerelease.isEmpty ? "Python 3.99" : version) == true)
    }
}
