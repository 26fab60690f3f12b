import Spec
import SystemPackage
import Testing

@testable import Python

/// What uv is started with, beside what the user's environment says.
@Suite struct UvEnvironmentTests {
    private static func variables(_ user: [String: String]) -> [String: String] {
        UvEnvironment(user: user, indexes: PackageIndexes(), cache: "/cache/uv", uv: "/tools/uv").variables
    }

    /// libcurl trusts the system's authorities, and so does uv, unless the user decides about uv's.
    @Test(
        arguments: [
            ([:], "1", nil),
            (["UV_SYSTEM_CERTS": "0"], "0", nil),
            (["UV_NATIVE_TLS": "false"], nil, "false"),
        ] as [([String: String], String?, String?)])
    func trustsWhatTheSystemTrusts(user: [String: String], system: String?, native: String?) {
        let variables = Self.variables(user)
        #expect(variables["UV_SYSTEM_CERTS"] == system)
        #expect(variables["UV_NATIVE_TLS"] == native)
    }
}
