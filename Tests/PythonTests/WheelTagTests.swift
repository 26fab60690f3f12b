import OCI
import Testing

@testable import Python

@Suite struct WheelTagTests {
    static func target(_ version: String, _ platform: String, _ libc: CLibrary) -> PythonTarget {
        PythonTarget(
            version: PythonVersion(version) ?? PythonVersion(major: 0, minor: 0, patch: 0),
            platform: Platform(os: "linux", architecture: platform), libc: libc)
    }

    /// The list of `packaging.tags.sys_tags()` of CPython 3.11 on glibc 2.36, its corners.
    @Test func tagsAreInTheOrderOfPackaging() throws {
        let tags = try Self.target("3.11.2", "amd64", .glibc(major: 2, minor: 36)).tags.map(\.description)
        #expect(tags.first == "cp311-cp311-manylinux_2_36_x86_64")
        let order = [
            "cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64", "cp311-cp311-manylinux1_x86_64",
            "cp311-cp311-linux_x86_64", "cp311-abi3-manylinux_2_36_x86_64", "cp311-none-linux_x86_64",
            "cp310-abi3-manylinux_2_36_x86_64", "cp32-abi3-linux_x86_64", "py311-none-manylinux_2_36_x86_64",
            "py3-none-manylinux_2_36_x86_64", "py310-none-linux_x86_64", "cp311-none-any", "py311-none-any",
            "py3-none-any", "py310-none-any", "py30-none-any",
        ]
        #expect(order.compactMap { tags.firstIndex(of: $0) } == order.compactMap { tags.firstIndex(of: $0) }.sorted())
        #expect(Set(order).isSubset(of: tags))
        #expect(tags.count == Set(tags).count)
        #expect(!tags.contains("cp312-abi3-manylinux_2_17_x86_64") && !tags.contains("py2-none-any"))
    }

    @Test func armBeginsWithManylinux2014() throws {
        let tags = try Self.target("3.12.1", "arm64", .glibc(major: 2, minor: 31)).tags.map(\.description)
        #expect(tags.contains("cp312-cp312-manylinux2014_aarch64"))
        #expect(!tags.contains { $0.contains("manylinux2010") || $0.contains("manylinux_2_16") })
    }

    @Test func muslTakesMuslWheels() throws {
        let tags = try Self.target("3.12.1", "amd64", .musl(major: 1, minor: 2)).tags.map(\.description)
        #expect(tags.first == "cp312-cp312-musllinux_1_2_x86_64")
        #expect(!tags.contains { $0.contains("manylinux") })
    }

    @Test(arguments: [
        ("amd64", CLibrary.glibc(major: 2, minor: 36), "x86_64-manylinux_2_36"),
        ("arm64", .glibc(major: 2, minor: 31), "aarch64-manylinux_2_31"),
        ("amd64", .glibc(major: 2, minor: 30), "x86_64-manylinux_2_28"),
        ("amd64", .glibc(major: 2, minor: 17), "x86_64-manylinux_2_17"),
        ("amd64", .glibc(major: 2, minor: 43), "x86_64-manylinux_2_40"),
        ("arm64", .musl(major: 1, minor: 2), "aarch64-unknown-linux-musl"),
    ])
    func uvIsGivenTheNearestLevel(_ architecture: String, _ libc: CLibrary, _ expected: String) throws {
        #expect(try Self.target("3.11.2", architecture, libc).uvPlatform == expected)
    }

    @Test func whatUvCannotResolveForIsRefused() throws {
        #expect(throws: PythonError.self) { try Self.target("3.11.2", "s390x", .glibc(major: 2, minor: 36)).uvPlatform }
        #expect(throws: PythonError.self) { try Self.target("3.11.2", "amd64", .glibc(major: 2, minor: 12)).uvPlatform }
    }

    @Test(arguments: [
        "..%2Fx-1-py3-none-any.whl", "../x-1-py3-none-any.whl", "x-1/../../y-py3-none-any.whl",
        "x-1-py3-none-any/b.whl", "x\u{301}-1-py3-none-any.whl", "x-1 -py3-none-any.whl", "x--py3-none-any.whl",
    ])
    func namesThatWouldLeaveTheirDirectoryAreNoWheels(_ name: String) {
        #expect(throws: PythonError.self) { try WheelFilename(name) }
    }

    @Test func noListIsCountedDownFromForever() {
        for text in ["3.99999999999.1", "1000.1.1", "3.1000.1"] { #expect(PythonVersion(text) == nil) }
        #expect(PythonVersion("3.999.999")?.minor == 999)
    }

    @Test func theBestOfManyWheels() throws {
        let names = [
            "c-1-py3-none-any.whl", "c-1-cp39-abi3-manylinux_2_34_x86_64.whl",
            "c-1-cp311-abi3-manylinux_2_28_x86_64.whl",
            "c-1-cp311-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", "c-1-cp311-abi3-manylinux_2_34_x86_64.whl",
            "c-1-cp311-abi3-manylinux_2_38_x86_64.whl", "c-1-7-cp311-abi3-manylinux_2_34_x86_64.whl",
            "c-1-cp311-cp311-win_amd64.whl",
        ]
        let preference = try WheelPreference(Self.target("3.11.2", "amd64", .glibc(major: 2, minor: 36)))
        for list in [names, names.reversed()] {
            let best = try preference.best(of: list.map { try WheelFilename($0) }) { $0 }
            #expect(best?.text == "c-1-7-cp311-abi3-manylinux_2_34_x86_64.whl")
        }
        #expect(preference.best(of: [try WheelFilename("c-1-cp311-cp311-win_amd64.whl")]) { $0 } == nil)
    }

    @Test(arguments: [
        ("3.11.2", "3.11.2"), ("3.11.2+", "3.11.2"), ("3.11.2-6+deb12u6", "3.11.2"), ("3.11.2.final.0", "3.11.2"),
        ("3.14.0rc2", "3.14.0rc2"), (" 3.13.0a1 ", "3.13.0a1"), ("3.11", nil), ("3.x.1", nil), ("", nil),
    ])
    func readsVersions(_ text: String, _ expected: String?) { #expect(PythonVersion(text)?.description == expected) }
}
