import RegistryTesting
import TestSupport

/// A package index on a loopback port.
enum PackageServer {
    /// Runs an index for the time of an operation, which is handed its URL.
    static func run<Value>(
        _ index: PackageIndex, isolation: isolated (any Actor)? = #isolation,
        _ operation: (String) async throws -> Value
    ) async throws -> Value {
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            try await operation("\(server.origin)/simple/")
        }
    }
}
