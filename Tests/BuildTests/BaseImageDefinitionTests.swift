import Diagnostics
import OCI
import Spec
import Testing

@testable import Build

@Suite struct BaseImageDefinitionTests {
    @Test func everyKeyIsRead() throws {
        let definition = try BaseImageDefinition(
            yaml: """
                name: lab
                description: For the laboratory
                source:
                  debian:
                    suite: bookworm
                    components: [main, contrib]
                    packages: [python3, "libgomp1=12.2.0-14+deb12u1"]
                python: {version: 3.10, environment: /opt/venv, requirements: [pip==26.3]}
                user: {name: app, uid: 1000, gid: 1001, home: /home/app}
                workdir: /app
                env: {B: "1", A: "", PATH: "/opt/venv/bin:/usr/bin"}
                """, file: "catalog/lab.yaml")
        #expect(
            definition
                == BaseImageDefinition(
                    name: "lab", summary: "For the laboratory",
                    source: .debian(
                        DebianRelease(
                            suite: "bookworm", components: ["main", "contrib"],
                            packages: ["python3", "libgomp1=12.2.0-14+deb12u1"])),
                    python: BasePython(version: "3.10", environment: "/opt/venv", requirements: ["pip==26.3"]),
                    user: BaseUser(name: "app", uid: 1000, gid: 1001, home: "/home/app"), workingDirectory: "/app",
                    environment: [
                        EnvironmentVariable(name: "B", value: "1"), EnvironmentVariable(name: "A", value: ""),
                        EnvironmentVariable(name: "PATH", value: "/opt/venv/bin:/usr/bin"),
                    ]))
        #expect(definition.configuration.user == "1000:1001")
        #expect(definition.configuration.workingDirectory == "/app")
    }

    @Test func anImageOfARegistryNeedsNoMore() throws {
        let definition = try BaseImageDefinition(
            yaml: "name: slim\ndescription: Small\nsource: {image: 'docker.io/library/python:3.11-slim'}",
            file: "slim.yaml")
        #expect(definition.source == .image(try Reference("docker.io/library/python:3.11-slim")))
        #expect(definition.configuration == ConfigurationStep())
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let yaml: String
        let message: String
        let line: Int?
        var testDescription: String { message }
        init(_ yaml: String, _ message: String, line: Int? = nil) {
            (self.yaml, self.message, self.line) = (yaml, message, line)
        }
    }

    private static let head = "name: x\ndescription: d\n"
    private static let debian = head + "source:\n  debian:\n    suite: bookworm\n"
    private static let mistakes = [
        Mistake("", "the document must be a mapping"),
        Mistake("- name", "the document must be a mapping", line: 1),
        Mistake("name: [", "'x.yaml' is not YAML"),
        Mistake("name: x\nname: x", "'x.yaml' is not YAML"),
        Mistake("name: y\ndescription: d", "'name' is 'y' and must be the file's name, 'x'", line: 1),
        Mistake("description: d", "'name' is missing", line: 1),
        Mistake("name: x\ndescription: [d]", "'description' must be text", line: 2),
        Mistake("name: x\ndescription: ''", "'description' is '' and must", line: 2),
        Mistake(head, "the document has no 'source'"),
        Mistake(head + "source: {}", "'source' must hold one of", line: 3),
        Mistake(head + "source: {image: a/b, debian: {suite: s}}", "'source' must hold one of", line: 3),
        Mistake(head + "source:\n  image: 'UPPER:'", "'source.image' is 'UPPER:' and", line: 4),
        Mistake(head + "source:\n  rpm: {}", "'source.rpm' is not a key that is known here", line: 4),
        Mistake(head + "source: {debian: {}}", "'source.debian.suite' is missing", line: 3),
        Mistake(head + "source:\n  debian:\n    suite: 'a; b'", "'source.debian.suite' is 'a; b' and", line: 5),
        Mistake(debian + "    packages: python3", "'source.debian.packages' must be a list", line: 6),
        Mistake(
            debian + "    packages:\n      - python3\n      - '-o=x'", "'source.debian.packages' is '-o=x'", line: 8),
        Mistake(debian + "    packages: ['a,b']", "'source.debian.packages' is 'a,b'", line: 6),
        Mistake(debian + "    packages: ['./local.deb']", "'source.debian.packages' is './local.deb'", line: 6),
        Mistake(debian + "python: {version: '3'}", "'python.version' is '3' and must read like 3.11", line: 6),
        Mistake(debian + "python: {version: 3.11.2}", "'python.version' is '3.11.2'", line: 6),
        Mistake(
            debian + "python: {version: 3.11, requirements: [pip]}",
            "'python.requirements' is 'pip' and must be pinned",
            line: 6),
        Mistake(debian + "python:\n  version: 3.11\n  venv: /x", "'python.venv' is not a key", line: 8),
        Mistake(debian + "workdir: app", "'workdir' is 'app' and must be an absolute path", line: 6),
        Mistake(debian + "workdir: /a/../b", "'workdir' is '/a/../b'", line: 6),
        Mistake(debian + "user: app", "'user' must be a mapping", line: 6),
        Mistake(debian + "user: {name: 'a:0', uid: 1, gid: 1, home: /h}", "'user.name' is 'a:0'", line: 6),
        Mistake(
            debian + "user: {name: a, uid: 0, gid: 1, home: /h}", "'user.uid' is '0' and must be a number", line: 6),
        Mistake(debian + "user: {name: a, uid: 1, gid: 70000, home: /h}", "'user.gid' is '70000'", line: 6),
        Mistake(debian + "user: {name: a, uid: 1, gid: 1, home: '/h:x'}", "'user.home' is '/h:x'", line: 6),
        Mistake(debian + "env: {1A: x}", "'env.1A' is not the name of a variable", line: 6),
        Mistake(debian + "env:\n  A: [x]", "'env.A' must be text", line: 7),
        Mistake(
            head + "source: {image: a/b}\nuser: {name: a, uid: 1, gid: 1, home: /h}",
            "'user' cannot be made in an image that is fetched", line: 4),
        Mistake(
            head + "source: {image: a/b}\npython: {version: 3.11, requirements: [pip==1]}",
            "'python' cannot be made in an image that is fetched", line: 4),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamedWithItsPlace(_ mistake: Mistake) throws {
        let error = try #require(throws: BaseImageError.self) {
            try BaseImageDefinition(yaml: mistake.yaml, file: "x.yaml")
        }
        #expect(error.code == .invalidDefinition)
        #expect(error.message.hasPrefix(mistake.message))
        let place = try #require(error.context.first { $0.label == "file" }).value
        #expect(mistake.line.map { place == "x.yaml:\($0)" } ?? place.hasPrefix("x.yaml"), "\(place)")
    }
}
