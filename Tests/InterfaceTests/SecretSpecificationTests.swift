import Content
import Diagnostics
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Interface

@Suite struct SecretSpecificationTests {
    @Test(
        arguments: [
            ("id=a", .either("a")), ("id=a,env=B", .environment("B")), ("env=B,id=a,type=env", .environment("B")),
            ("id=a,src=f/g", .file("f/g")), ("id=a,source=f,type=file", .file("f")),
            ("type=env,id=A", .environment("A")),
            ("type=env,id=a,src=B", .environment("B")), ("type=file,id=a.txt", .file("a.txt")),
            ("id=a,\"src=f,g\"", .file("f,g")),
        ] as [(String, SecretSpecification.Source)])
    func forms(_ text: String, _ source: SecretSpecification.Source) throws {
        #expect(try SecretSpecification(text).source == source)
    }

    @Test(arguments: [
        ("", "a part of a secret is not key=value"), ("t0ken", "a part of a secret is not key=value"),
        ("env=B", "a secret has no id"), ("id=", "'' is no id of a secret"), ("id=a/b", "'a/b' is no id of a secret"),
        ("id=ä", "'ä' is no id of a secret"),
        ("id=a,env=B,src=c", "the secret 'a' has a variable and a file"),
        ("id=a,type=file,env=B", "the secret 'a' is a file, and 'B' is a variable"),
        ("id=a,type=ssh", "'ssh' is no type of a secret"), ("id=a,target=/x", "'target' is no key of a secret"),
        ("id=a,id=b", "'id' is there twice"), ("id=a,source=b,src=c", "'src' is there twice"),
    ])
    func refusals(_ text: String, _ message: String) {
        let error = #expect(throws: InterfaceError.self) { try SecretSpecification(text) }
        #expect(error?.message == message)
        #expect(error?.description.contains("t0ken") == false)
    }

    private func values(_ texts: String..., environment: [String: String] = [:]) throws -> SecretSet {
        try SecretSet(texts.map { Given($0, .flag("--secret")) }, environment: environment)
    }

    @Test func valuesAreRead() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Array("from file\n".utf8), to: "a.txt")
        let secrets = try values(
            "id=F,src=\(file)", "id=E,env=VARIABLE", "id=VARIABLE",
            "id=\(file.lastComponent?.string ?? ""),src=\(file)",
            environment: ["VARIABLE": "from variable"])
        #expect(secrets.ids == ["E", "F", "VARIABLE", "a.txt"])
        #expect(secrets.text("F") == "from file" && secrets.bytes("F") == Array("from file\n".utf8))
        #expect(secrets.text("E") == "from variable" && secrets.text("VARIABLE") == "from variable")
    }

    @Test func whatIsNotThereIsNamed() throws {
        let directory = try TemporaryDirectory()
        let long = try directory.write([UInt8](repeating: 65, count: SecretSpecification.limit + 1), to: "long")
        for (text, message) in [
            ("id=A,env=NONE", "the variable 'NONE' of the secret 'A' is not set"),
            ("id=A,src=/nonexistent/b", "there is no file '/nonexistent/b' for the secret 'A'"),
            ("id=A,src=\(directory.path)", "there is no file '\(directory.path)' for the secret 'A'"),
            ("id=nonexistent", "the secret 'nonexistent' is neither a variable nor a file"),
            ("id=A,env=EMPTY", "the secret 'A' is empty"),
            ("id=A,src=\(long)", "the secret 'A' is longer than 500 KiB, which no password is"),
        ] {
            let error = #expect(throws: InterfaceError.self) { try values(text, environment: ["EMPTY": ""]) }
            #expect(error?.message == message)
            #expect(error?.context == [FailureContext("flag", "--secret")])
        }
        #expect(throws: InterfaceError.self) { try values("id=A,env=B", "id=A,env=B", environment: ["B": "x"]) }
    }

    /// In URLs of flags and settings, and as the whole of one.
    @Test func indexesTakeThem() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array("alpha\n".utf8), to: "requirements.txt")
        try directory.write(
            Array("base: oci:.\nextra-index-url: ['https://${WHO}:${TOKEN}@b.example/simple']\n".utf8),
            to: "cooperage.yaml")
        func request(_ secrets: [String], _ adjust: (inout Settings) -> Void = { _ in }) throws -> BuildRequest {
            var settings = Settings()
            settings.secrets = secrets.map { Given($0, .flag("--secret")) }
            adjust(&settings)
            return try BuildRequest(
                context: directory.path, flags: settings,
                in: Surroundings(
                    directory: directory.path,
                    environment: ["WHO": "me", "TOKEN": "env", "CI": "pw", "PIP_INDEX_URL": "https://u:p@c.example/x"],
                    cache: "/nowhere"))
        }
        func indexes(_ request: BuildRequest) -> PackageIndexes? {
            for case .python(let step) in request.spec.stages[0].steps { return step.indexes }
            return nil
        }
        let lent = try request(["id=TOKEN,env=CI", "id=PIP_INDEX_URL", "id=other,env=CI"])
        #expect(indexes(lent)?.extraIndexURLs == ["https://me:pw@b.example/simple"])
        #expect(indexes(lent)?.indexURL == "https://u:p@c.example/x")
        #expect(lent.usedSecrets == ["TOKEN", "PIP_INDEX_URL"])
        #expect(lent.secrets.ids == ["PIP_INDEX_URL", "TOKEN", "other"])
        let own = try request(["id=PIP_INDEX_URL"]) { $0.indexURL = Given("https://a/", .flag("--index-url")) }
        #expect(indexes(own)?.indexURL == "https://a/" && own.usedSecrets == [])
        #expect(indexes(own)?.extraIndexURLs == ["https://me:env@b.example/simple"])
        let error = #expect(throws: InterfaceError.self) { try request(["id=PIP_INDEX_URL,env=CI"]) }
        #expect(error?.message == "the secret 'PIP_INDEX_URL' is no URL of an index")
    }

    /// Who sends a project around does not decide what of this environment is lent, nor which programs are run.
    @Test(arguments: ["secret: ['id=HOME']", "keyring-provider: subprocess"])
    func settingsFilesLendNothing(_ line: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array("\(line)\n".utf8), to: "cooperage.yaml")
        let error = #expect(throws: InterfaceError.self) {
            try BuildRequest(
                context: directory.path, flags: Settings(),
                in: Surroundings(directory: directory.path, environment: ["HOME": "/root"], cache: "/nowhere"))
        }
        #expect(error?.code == .invalidSettings)
        #expect(error?.hints.contains { $0.contains("on the command line") } == true, "\(String(describing: error))")
    }
}
