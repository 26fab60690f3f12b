import Content
import Diagnostics
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

/// registries.conf as containers-registries.conf(5) has it.
@Suite struct RegistriesConfigurationTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    private static func read(_ text: String) throws -> RegistriesConfiguration {
        let scratch = try TemporaryDirectory()
        return try RegistriesConfiguration(files: [scratch.write(Array(text.utf8), to: "registries.conf")])
    }

    static let text = """
        unqualified-search-registries = ["docker.io"]
        short-name-mode = "enforcing"

        [[registry]]
        location = "docker.io"
        [[registry.mirror]]
        location = "mirror.example:5000/hub"
        [[registry.mirror]]
        location = "tags.example"
        pull-from-mirror = "tag-only"
        [[registry.mirror]]
        location = "digests.example"
        pull-from-mirror = "digest-only"

        [[registry]]
        prefix = "example.com/foo"
        location = "internal.example/bar"

        [[registry]]
        prefix = "example.com/foo/bar/"
        location = "deep.example"

        [[registry]]
        prefix = "*.wild.example"
        mirror-by-digest-only = true
        [[registry.mirror]]
        location = "wild-mirror.example"

        [[registry]]
        prefix = "*.moved.example"
        location = "moved.internal"

        [aliases]
        "python" = "docker.io/library/python"
        """

    @Test(arguments: [
        (
            "python:3.11",
            [
                "mirror.example:5000/hub/library/python:3.11", "tags.example/library/python:3.11",
                "docker.io/library/python:3.11",
            ]
        ),
        (
            "docker.io/team/app@\(digest)",
            [
                "mirror.example:5000/hub/team/app@\(digest)", "digests.example/team/app@\(digest)",
                "docker.io/team/app@\(digest)",
            ]
        ),
        ("example.com/foo/app:1", ["internal.example/bar/app:1"]),
        ("example.com/foobar/app:1", ["example.com/foobar/app:1"]),
        ("example.com/foo/bar/app:1", ["deep.example/app:1"]),
        ("example.com:5000/foo/app", ["example.com:5000/foo/app"]),
        ("other.example/app:1", ["other.example/app:1"]),
        ("a.wild.example/app:1", ["a.wild.example/app:1"]), ("wild.example/app:1", ["wild.example/app:1"]),
        (
            "a.b.wild.example:444/app@\(digest)",
            ["wild-mirror.example:444/app@\(digest)", "a.b.wild.example:444/app@\(digest)"]
        ),
        ("a.moved.example/team/app:1", ["moved.internal/team/app:1"]),
        ("x.example/a.wild.example/app:1", ["x.example/a.wild.example/app:1"]),
    ])
    func namesLeadWhereItSays(_ name: String, _ sources: [String]) throws {
        let found = try Self.read(Self.text).sources(of: Reference(name))
        #expect(found.map(\.description) == sources)
    }

    @Test func blockedNamesAreRefused() throws {
        let configuration = try Self.read(
            "[[registry]]\nlocation = \"blocked.example/team\"\nblocked = true\n[[registry]]\nlocation = \"blocked.example/team/open\""
        )
        let error = try #require(throws: RegistryError.self) {
            try configuration.sources(of: Reference("blocked.example/team/app:1"))
        }
        #expect(error.code == .blocked && error.blame == .request && error.message.contains("blocked.example/team/app"))
        #expect(error.context.map(\.value).contains("blocked.example/team"))
        #expect(throws: RegistryError.self) { try configuration.check(Reference("blocked.example/team/app:1")) }
        try configuration.check(Reference("blocked.example/team/open/app"))
        try configuration.check(Reference("blocked.example/teams/app"))
    }

    @Test func insecureIsSaidOfHosts() throws {
        let configuration = try Self.read(
            """
            [[registry]]
            prefix = "a.example/x"
            location = "b.example:5000/y"
            insecure = true
            [[registry.mirror]]
            location = "c.example"
            insecure = true
            [[registry.mirror]]
            location = "127.0.0.1:5000"
            insecure = false
            """)
        #expect(configuration.hosts(insecure: true) == ["b.example:5000", "c.example"])
        #expect(configuration.hosts(insecure: false) == ["127.0.0.1:5000"])
    }

    @Test(arguments: [
        (
            "[[registry]]\nblocked = true", "'registry[0].location' is missing, and there is no prefix either",
            "registry[0].location"
        ),
        ("[[registry]]\nprefix = \"a.example\"", "'registry[0].location' is missing", "registry[0].location"),
        ("[[registry]]\nlocation = \"https://me:swordfish@a.example\"", "which has a scheme", "registry[0].location"),
        ("[[registry]]\nlocation = 1", "must be a text", "registry[0].location"),
        ("[[registry]]\nlocation = \"a.example\"\ninsecure = \"yes\"", "must be true or false", "registry[0].insecure"),
        (
            "[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\ninsecure = true", "is missing",
            "registry[0].mirror[0].location"
        ),
        (
            "[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\nlocation = \"b.example\"\npull-from-mirror = \"some\"",
            "is 'some'", "registry[0].mirror[0].pull-from-mirror"
        ),
        (
            "[[registry]]\nlocation = \"a.example\"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = \"b.example\"\npull-from-mirror = \"all\"",
            "contradicts", "registry[0].mirror[0].pull-from-mirror"
        ),
        (
            "[[registry]]\nlocation = \"a.example\"\npull-from-mirror = \"all\"", "is of mirrors",
            "registry[0].pull-from-mirror"
        ),
        ("[[registry]]\nprefix = \"a.*.example\"\nlocation = \"b.example\"", "a star", "registry[0].prefix"),
        ("[[registry]]\nprefix = \"*.a.example/x\"", "a star", "registry[0].prefix"),
        ("[registries.search]\nregistries = [\"docker.io\"]", "version 1", "registries"),
        ("registry = \"x\"", "must be tables", "registry"),
        ("a = 1\n[[registry]\n", "is not TOML", ":2"),
    ])
    func whatIsWrongIsToldWithItsPlace(_ text: String, _ words: String, _ place: String) throws {
        let error = try #require(throws: RegistryError.self) { try Self.read(text) }
        #expect(error.code == .invalidConfiguration && error.blame == .request)
        #expect(error.message.contains(words), "\(error.message)")
        #expect(!"\(error)".contains("swordfish"))
        #expect(error.context.contains { $0.value.hasSuffix(place) }, "\(error.context)")
    }

    @Test func aLocationWithoutAHostIsRefused() throws {
        let configuration = try Self.read("[[registry]]\nprefix = \"a.example\"\nlocation = \"mirror\"")
        let error = try #require(throws: RegistryError.self) {
            try configuration.sources(of: Reference("a.example/app:1"))
        }
        #expect(error.code == .invalidConfiguration && error.message.contains("'mirror/app'"), "\(error)")
    }

    // MARK: Which files

    private func locations(_ environment: [String: String], named: FilePath? = nil) throws -> [String: String] {
        let entries = try RegistriesConfiguration(environment: environment, named: named).entries
        return Dictionary(entries.map { ($0.prefix, $0.location) }) { $1 }
    }

    private func entry(_ prefix: String, _ location: String) -> [UInt8] {
        Array("[[registry]]\nprefix = \"\(prefix)\"\nlocation = \"\(location)\"\n".utf8)
    }

    @Test func theUsersFilesAreReadInTheirOrder() throws {
        let home = try TemporaryDirectory()
        let environment = ["HOME": home.path.string]
        let own = ".config/containers/registries.conf"
        try home.write(entry("a.example", "user"), to: own)
        try home.write(entry("b.example", "first") + entry("c.example", "first"), to: "\(own).d/10.conf")
        try home.write(entry("b.example", "second"), to: "\(own).d/20.conf")
        try home.write(entry("b.example", "third"), to: "\(own).d/30.bak")
        #expect(try locations(environment) == ["a.example": "user", "b.example": "second", "c.example": "first"])
        // One that is named stands in its place; the directories count still.
        let other = try home.write(entry("a.example", "other"), to: "other.conf")
        let variable = ["CONTAINERS_REGISTRIES_CONF": other.string]
        let named = try locations(environment.merging(variable) { $1 })
        #expect(named["a.example"] == "other" && named["c.example"] == "first")
        let third = try home.write(entry("a.example", "flag"), to: "third.conf")
        #expect(try locations(environment.merging(variable) { $1 }, named: third)["a.example"] == "flag")
    }

    @Test func aFileThatIsNamedAndMissingIsAnError() throws {
        let error = try #require(throws: RegistryError.self) {
            try RegistriesConfiguration(environment: ["CONTAINERS_REGISTRIES_CONF": "/nowhere/registries.conf"])
        }
        #expect(error.message.contains("/nowhere/registries.conf"))
        #expect(error.context.contains(FailureContext("variable", "CONTAINERS_REGISTRIES_CONF")))
    }
}
