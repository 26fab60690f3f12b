import Build
import Diagnostics
import OCI
import SystemPackage
import Testing

@testable import Interface

@Suite struct OutputSpecificationTests {
    @Test(arguments: [
        ("type=oci,dest=out/", BuildOutput.layout("out/")),
        ("type=oci,dest=out,tar=false", .layout("out")),
        ("dest=out,type=oci", .layout("out")),
        ("TYPE=oci,Dest=Out", .layout("Out")),
        ("type=oci,destination=out", .layout("out")),
        ("type=oci,\"dest=a,b\"", .layout("a,b")),
        ("type=oci,\"dest=say \"\"x\"\"\"", .layout("say \"x\"")),
        ("type=oci,dest=a=b", .layout("a=b")),
        ("type=docker,dest=image.tar", .dockerArchive("image.tar")),
        ("type=registry", .registry),
        ("type=image,push=true", .registry),
        ("type=image", nil),
        ("type=image,push=false", nil),
    ])
    func read(_ text: String, _ expected: BuildOutput?) throws {
        #expect(try OutputSpecification(text).output == expected)
    }

    @Test func names() throws {
        let one = try OutputSpecification("type=image,name=localhost:5000/a:1,push=true")
        #expect(one.names == [try Reference("localhost:5000/a:1")])
        let two = try OutputSpecification("type=registry,\"name=localhost:5000/a:1,localhost:5000/b:2\"")
        #expect(two.names == [try Reference("localhost:5000/a:1"), try Reference("localhost:5000/b:2")])
    }

    @Test(arguments: [
        ("out", "'out' is a place without a type"),
        ("-", "'-' is a place without a type"),
        ("", "'' is a place without a type"),
        ("dest=out", "'dest=out' has no type"),
        ("type=oci", "an output of type 'oci' needs a 'dest'"),
        ("type=docker,dest=", "an output of type 'docker' needs a 'dest'"),
        ("type=oci,dest=-", "an image is not written to standard output"),
        ("type=oci,dest=out,tar=true", "a layout is written as a directory, not as a tar"),
        ("type=local,dest=out", "'type=local' would write the image's files; only images are written"),
        ("type=zip,dest=out", "'zip' is no type of output"),
        ("type=oci,dest=out,compression=zstd", "'compression' is no key of an output of type 'oci'"),
        ("type=oci,dest=a,dest=b", "'dest' is there twice"),
        ("type=oci,dest", "'dest' is not key=value"),
        ("type=image,push=maybe", "'push=maybe' is neither true nor false"),
        ("type=oci,\"dest=a", "a quote is not closed in 'type=oci,\"dest=a'"),
        ("type=oci,\"dest=a\"b", "after a closing quote a comma is expected in 'type=oci,\"dest=a\"b'"),
        ("type=oci,dest=\"a,b\"", "a quote stands in the middle of 'dest=\"a'"),
    ])
    func refused(_ text: String, _ message: String) throws {
        let error = try #require(throws: InterfaceError.self) { try OutputSpecification(text) }
        #expect(error.message == message)
    }
}
