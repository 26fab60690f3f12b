import Diagnostics

/// One compatibility tag of a wheel: `cp311-cp311-manylinux_2_17_x86_64` (PEP 425).
public struct WheelTag: Sendable, Hashable {
    /// The interpreter: `cp311`, `py3`.
    public var python: String
    /// Its binary interface: `cp311`, `abi3`, `none`.
    public var abi: String
    /// The system: `manylinux_2_17_x86_64`, `any`.
    public var platform: String

    /// Takes the parts.
    public init(python: String, abi: String, platform: String) {
        self.python = python
        self.abi = abi
        self.platform = platform
    }
}

extension WheelTag: CustomStringConvertible {
    /// The tag as it stands in a file name.
    public var description: String { "\(python)-\(abi)-\(platform)" }
}

extension PythonTarget {
    /// The tags of the wheels that run here, best first, in the order of `packaging.tags`: this interpreter's own
    /// binaries, the stable ABI of this and earlier versions, then pure Python.
    /// - Throws: `PythonError` (`unsupported_interpreter`) for an unknown platform.
    public var tags: [WheelTag] {
        get throws(PythonError) {
            let platforms = try platformTags
            let own = "cp\(version.major)\(version.minor)"
            var tags: [WheelTag] = []
            func add(_ python: String, _ abi: String) {
                tags += platforms.map { WheelTag(python: python, abi: abi, platform: $0) }
            }
            add(own, own)
            add(own, "abi3")
            add(own, "none")
            // The stable ABI began with 3.2.
            for minor in stride(from: version.minor - 1, through: 2, by: -1) {
                add("cp\(version.major)\(minor)", "abi3")
            }
            let generic =
                ["py\(version.major)\(version.minor)", "py\(version.major)"]
                + stride(from: version.minor - 1, through: 0, by: -1).map { "py\(version.major)\($0)" }
            for python in generic { add(python, "none") }
            tags += ([own] + generic).map { WheelTag(python: $0, abi: "none", platform: "any") }
            return tags
        }
    }

    /// The platform parts, best first: each level down from the image's own with the older names of three of them
    /// (PEP 513, 571, 599), then the bare `linux_…`.
    var platformTags: [String] {
        get throws(PythonError) {
            let machine = try machine
            var platforms: [String] = []
            switch libc {
            case .glibc(let major, let minor):
                let newest = major > 2 ? PythonTarget.manylinuxLevels.last ?? 17 : minor
                let oldest = machine == "x86_64" ? 5 : 17
                for level in stride(from: newest, through: oldest, by: -1) {
                    platforms.append("manylinux_2_\(level)_\(machine)")
                    switch level {
                    case 17: platforms.append("manylinux2014_\(machine)")
                    case 12: platforms.append("manylinux2010_\(machine)")
                    case 5: platforms.append("manylinux1_\(machine)")
                    default: break
                    }
                }
            case .musl(let major, let minor):
                platforms += stride(from: minor, through: 0, by: -1).map { "musllinux_\(major)_\($0)_\(machine)" }
            }
            return platforms + ["linux_\(machine)"]
        }
    }
}
