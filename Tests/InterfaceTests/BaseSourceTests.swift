import Diagnostics
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Interface

@Suite struct BaseSourceTests {
    @Test(arguments: [
        ("python-3.11", BaseSource.catalog("python-3.11")),
        ("zenml-0.98-py3.11", .catalog("zenml-0.98-py3.11")),
        ("oci:out", .layout(path: "out")),
        ("oci:/a:b", .layout(path: "/a:b")),
        ("./out", .layout(path: "./out")),
        ("../out", .layout(path: "../out")),
        ("/srv/out", .layout(path: "/srv/out")),
        (".", .layout(path: ".")),
        ("docker-archive:saved", .archive(path: "saved")),
        ("image.tar", .archive(path: "image.tar")),
        ("dir/image.tar", .archive(path: "dir/image.tar")),
    ])
    func named(_ text: String, _ expected: BaseSource) throws {
        #expect(try BaseSource(named: text) == expected)
    }

    @Test(arguments: [
        "docker.io/library/python:3.11-slim", "python:3.11", "team/base", "127.0.0.1:5000/a/b",
        "ghcr.io/a/b@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    ])
    func reference(_ text: String) throws {
        #expect(try BaseSource(named: text) == .registry(try Reference(text)))
    }

    @Test func aLayoutDirectoryIsALayoutAndHidesNoName() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array("{}".utf8), to: "team/base/oci-layout")
        try directory.write(Array("{}".utf8), to: "python-3.11/oci-layout")
        let path: (String) -> FilePath = { directory.path.pushing(FilePath($0)) }
        #expect(try BaseSource(named: "team/base", path: path) == .layout(path: path("team/base").string))
        #expect(try BaseSource(named: "python-3.11", path: path) == .catalog("python-3.11"))
    }

    @Test func pathsAreRelativeToWhereTheyAreWritten() throws {
        let origin = Origin.file("work/cooperage.yaml", line: 3, key: "base")
        #expect(try BaseSource(named: "./out", path: origin.path) == .layout(path: "work/./out"))
        #expect(try BaseSource(named: "oci:/out", path: origin.path) == .layout(path: "/out"))
    }

    @Test(arguments: ["", "Team/Base", "a//b", "a:b:c"])
    func refused(_ text: String) {
        let error = #expect(throws: (any Error).self) { try BaseSource(named: text) }
        #expect(error is any Diagnostic)
    }
}
