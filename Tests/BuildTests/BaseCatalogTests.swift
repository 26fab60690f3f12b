import Content
import Diagnostics
import Spec
import SystemPackage
import Testing

@testable import Build

@Suite struct BaseCatalogTests {
    /// The checkout that this file belongs to.
    private static let checkout = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    @Test func theCatalogHasWhatIsPromised() throws {
        let definitions = try BaseCatalog().definitions()
        #expect(definitions.map(\.name).contains("python-3.11-slim"))
        let python = try #require(definitions.first { $0.name == "python-3.11" })
        #expect(python.user?.name == "app")
        #expect(python.python?.environment == "/opt/venv")
        let zenml = try #require(definitions.first { $0.name == "zenml-0.98-py3.11" })
        #expect(zenml.user == nil)
        #expect(zenml.workingDirectory == "/zenml")
        #expect(zenml.python?.requirements.contains("zenml==0.98.0") == true)
        for definition in [python, zenml] {
            #expect(definition.environment.contains { $0.name == "VIRTUAL_ENV" && $0.value == "/opt/venv" })
            #expect(definition.environment.contains { $0.name == "PATH" && $0.value.hasPrefix("/opt/venv/bin:") })
        }
    }

    @Test func whatIsEmbeddedIsWhatLiesInBaseImages() throws {
        let directory = Self.checkout.appending("base-images")
        let files = try FileSystem.names(in: directory).filter { $0.hasSuffix(".yaml") }
        #expect(Set(files.map { String($0.dropLast(5)) }) == Set(EmbeddedBaseImages.definitions.keys))
        for (name, text) in EmbeddedBaseImages.definitions {
            #expect(try Self.text(directory.appending(name + ".yaml")) == text + "\n", "run scripts/embed-base-images")
        }
        let recipe = try Self.text(directory.appending("debian").appending("build"))
        #expect(recipe == EmbeddedBaseImages.debianRecipe + "\n", "run scripts/embed-base-images")
    }

    @Test func aDirectoryOfTheUserComesFirst() throws {
        let directory = try FileSystem.makeTemporaryDirectory(prefix: "/tmp/cooperage-catalog-")
        defer { try? FileSystem.removeTree(directory) }
        for name in ["mine", "python-3.11"] {
            let text = "name: \(name)\ndescription: mine\nsource: {image: localhost/mine}\n"
            try FileSystem.write(text.utf8, to: directory.appending(name + ".yaml"))
        }
        let catalog = BaseCatalog(environment: ["COOPERAGE_BASE_IMAGES": "\(directory)"])
        #expect(try catalog.names() == (EmbeddedBaseImages.definitions.keys + ["mine"]).sorted())
        #expect(try catalog.definition(named: "mine").summary == "mine")
        #expect(try catalog.definition(named: "python-3.11").summary == "mine")
    }

    @Test(arguments: ["python-3.99", "", ".", "../python-3.11", "/etc/passwd"])
    func anUnknownNameIsAnErrorThatListsTheCatalog(_ name: String) throws {
        let error = try #require(throws: BaseImageError.self) {
            try BaseCatalog(directories: ["/tmp"]).definition(named: name)
        }
        #expect(error.code == .unknownBase)
        #expect(error.message.contains("'\(name)'"))
        #expect(error.hints.contains { $0.contains("zenml-0.98-py3.11") })
    }

    @Test func aMissingDirectoryIsAnError() throws {
        let error = try #require(throws: BaseImageError.self) {
            try BaseCatalog(directories: ["/nonexistent/catalog"]).names()
        }
        #expect(error.message.contains("/nonexistent/catalog"))
    }

    private static func text(_ file: FilePath) throws -> String {
        String(decoding: try FileSystem.read(file), as: UTF8.self)
    }
}
