import Content
import Foundation
import Glibc
import TestSupport
import Testing

/// What signals and closed pipes do.
@Suite struct ProcessTests {
    /// A socket that takes connections and never says a word.
    private final class SilentServer: Sendable {
        let port: UInt16
        private let descriptor: Int32

        struct Problem: Error {}

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let isListening = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(descriptor, address, size) == 0 && listen(descriptor, 8) == 0
                        && getsockname(descriptor, address, &size) == 0
                }
            }
            guard isListening else { throw Problem() }
            port = UInt16(bigEndian: address.sin_port)
        }

        deinit { close(descriptor) }

        /// Waits until somebody is connected.
        func accept() -> Int32 { Glibc.accept(descriptor, nil, nil) }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func aSignalStopsTheWork(_ signal: Int32, _ status: Int32) throws {
        let server = try SilentServer()
        let command = try Command()
        let (out, err) = (try command.file("out"), try command.file("err"))
        let process = try command.start(
            ["build", "--base", "127.0.0.1:\(server.port)/team/base:1"], output: out.handle, error: err.handle)
        // The program waits for an answer now.
        let connection = server.accept()
        defer { close(connection) }
        #expect(kill(process.processIdentifier, signal) == 0)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == status)
        #expect(try command.text(err.path).hasSuffix("error: interrupted\n"))
        #expect(try command.text(out.path) == "")
        #expect(try command.directory.files().allSatisfy { !$0.contains("partial-") })
    }

    @Test func aClosedPipeIsAnError() throws {
        let command = try Command()
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let outcome = try command.run(["base", "list"], output: pipe.fileHandleForWriting)
        #expect(outcome.status == 3)
        #expect(outcome.error == "error: standard output cannot be written: Broken pipe\n")
    }

    @Test(arguments: [["--version"], ["build", "--help"], ["completion", "bash"]])
    func aFullDeviceIsAnError(_ arguments: [String]) throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let outcome = try Command().run(arguments, output: full)
        #expect(outcome.status == 3)
        #expect(outcome.error == "error: standard output cannot be written: No space left on device\n")
    }
}
