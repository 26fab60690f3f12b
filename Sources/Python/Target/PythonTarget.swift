import Diagnostics
public import OCI

/// What wheels are chosen for: a CPython of one full version, on one platform with one C library.
public struct PythonTarget: Sendable, Hashable, Codable {
    /// The interpreter's full version.
    public var version: PythonVersion
    /// The operating system and processor.
    public var platform: Platform
    /// The C library.
    public var libc: CLibrary

    /// Takes the parts.
    public init(version: PythonVersion, platform: Platform, libc: CLibrary) {
        self.version = version
        self.platform = platform
        self.libc = libc
    }

    /// The processor as wheel tags name it.
    /// - Throws: `PythonError` (`unsupported_interpreter`) for a platform that we do not resolve for.
    public var machine: String {
        get throws(PythonError) {
            switch (platform.os, platform.architecture) {
            case ("linux", "amd64"): return "x86_64"
            case ("linux", "arm64"): return "aarch64"
            default:
                throw PythonError(
                    .unsupportedInterpreter, "Python packages cannot be resolved for the platform \(platform)",
                    hints: ["linux/amd64 and linux/arm64 can be built for"])
            }
        }
    }

    /// The glibc levels that uv 0.13 has a platform for (`uv help pip compile`, `--python-platform`).
    static let manylinuxLevels = [17, 28] + Array(31...40)

    /// The platform as uv's `--python-platform` names it: for glibc the highest level that uv knows and the image
    /// meets.
    /// - Throws: `PythonError` (`unsupported_interpreter`) where there is none.
    public var uvPlatform: String {
        get throws(PythonError) {
            let machine = try machine
            switch libc {
            case .musl: return "\(machine)-unknown-linux-musl"
            case .glibc(let major, let minor):
                // A glibc 3 would still run what was built for any glibc 2.
                let level = Self.manylinuxLevels.last { major > 2 || (major == 2 && $0 <= minor) }
                guard let level else {
                    throw PythonError(
                        .unsupportedInterpreter, "the image's \(libc) is older than any wheel asks for",
                        hints: ["take a base with glibc 2.17 or later"])
                }
                return "\(machine)-manylinux_2_\(level)"
            }
        }
    }
}

extension PythonTarget: CustomStringConvertible {
    /// `CPython 3.11.2, linux/amd64, glibc 2.36`.
    public var description: String { "CPython \(version), \(platform), \(libc)" }
}
