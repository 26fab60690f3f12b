import OCI
import Testing

@testable import Build

/// What an image says on another base.
@Suite struct ConfigurationRebaseTests {
    typealias Execution = ImageConfiguration.Execution

    struct Situation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let image: Execution
        let old: Execution
        let new: Execution
        let expected: Execution

        init(
            _ description: String, _ image: (inout Execution) -> Void, old: (inout Execution) -> Void,
            new: (inout Execution) -> Void, expected: (inout Execution) -> Void
        ) {
            func made(_ body: (inout Execution) -> Void) -> Execution {
                var execution = Execution()
                body(&execution)
                return execution
            }
            testDescription = description
            (self.image, self.old, self.new) = (made(image), made(old), made(new))
            self.expected = made(expected)
        }
    }

    static let situations = [
        Situation(
            "what the base said follows", { ($0.user, $0.workingDir, $0.stopSignal) = ("a", "/a", "TERM") },
            old: { ($0.user, $0.workingDir, $0.stopSignal) = ("a", "/a", "TERM") },
            new: { ($0.user, $0.workingDir) = ("b", "/b") }, expected: { ($0.user, $0.workingDir) = ("b", "/b") }),
        Situation(
            "what the image said stays", { ($0.user, $0.workingDir, $0.shell) = ("me", "/app", ["sh"]) },
            old: { $0.user = "a" }, new: { ($0.user, $0.workingDir, $0.shell) = ("b", "/b", ["bash"]) },
            expected: { ($0.user, $0.workingDir, $0.shell) = ("me", "/app", ["sh"]) }),
        Situation(
            "arguments are those of their entry point", { $0.entrypoint = ["app"] },
            old: { $0.entrypoint = nil }, new: { ($0.entrypoint, $0.cmd) = (["init"], ["python3"]) },
            expected: { $0.entrypoint = ["app"] }),
        Situation(
            "an image's arguments for the base's entry point", { ($0.entrypoint, $0.cmd) = (["init"], ["app"]) },
            old: { ($0.entrypoint, $0.cmd) = (["init"], ["sh"]) },
            new: { ($0.entrypoint, $0.cmd) = (["tini"], ["sh"]) },
            expected: { ($0.entrypoint, $0.cmd) = (["tini"], ["app"]) }),
        Situation(
            "variables one by one", { $0.env = ["PATH=/bin", "LANG=C", "MODE=own", "OWN=1", "BOTH=image"] },
            old: { $0.env = ["PATH=/bin", "LANG=C", "MODE=base", "GONE=1"] },
            new: { $0.env = ["VERSION=2", "PATH=/usr/bin", "MODE=new", "GONE=1", "BOTH=base"] },
            expected: { $0.env = ["VERSION=2", "PATH=/usr/bin", "MODE=own", "BOTH=image", "OWN=1"] }),
        Situation(
            "what the image put before or behind a list of the base",
            { $0.env = ["PATH=/opt/venv/bin:/usr/bin:/bin", "LD=/x:/y"] },
            old: { $0.env = ["PATH=/usr/bin:/bin", "LD=/x"] }, new: { $0.env = ["PATH=/usr/local/bin:/bin", "LD=/z"] },
            expected: { $0.env = ["PATH=/opt/venv/bin:/usr/local/bin:/bin", "LD=/z:/y"] }),
        Situation(
            "a variable that the new base lacks goes, one that the image changed stays",
            { $0.env = ["A=1", "B=own"] }, old: { $0.env = ["A=1", "B=2"] }, new: { $0.env = ["C=3"] },
            expected: { $0.env = ["C=3", "B=own"] }),
        Situation(
            "labels, ports and volumes by their names",
            {
                ($0.labels, $0.exposedPorts, $0.volumes) = (
                    ["v": "1", "own": "x", "c": "me"], ["80/tcp": .init()], nil
                )
            },
            old: { ($0.labels, $0.volumes) = (["v": "1", "c": "base", "gone": "x"], ["/old": .init()]) },
            new: { ($0.labels, $0.volumes) = (["v": "2", "c": "new", "gone": "x"], ["/new": .init()]) },
            expected: {
                ($0.labels, $0.exposedPorts, $0.volumes) = (
                    ["v": "2", "own": "x", "c": "me"], ["80/tcp": .init()], ["/new": .init()]
                )
            }),
        Situation(
            "instructions for children of the base are none for those of the image", { $0.onBuild = nil },
            old: { _ in }, new: { $0.onBuild = ["RUN x"] }, expected: { _ in }),
        Situation("nothing stays nothing", { _ in }, old: { _ in }, new: { _ in }, expected: { _ in }),
    ]

    @Test(arguments: situations)
    func settingsFollowTheBaseOrStay(_ situation: Situation) {
        #expect(situation.image.rebased(from: situation.old, to: situation.new) == situation.expected)
    }

    @Test func settingsOnTheSameBaseAreTheSame() {
        for situation in Self.situations {
            let again = situation.image.rebased(from: situation.old, to: situation.old)
            #expect(Set(again.env ?? []) == Set(situation.image.env ?? []))
            var (one, other) = (again, situation.image)
            (one.env, other.env) = (nil, nil)
            #expect(one == other)
        }
    }

    private func configuration(_ layers: Int, _ history: [(String, isEmpty: Bool)]?) throws -> ImageConfiguration {
        ImageConfiguration(
            platform: Platform(os: "linux", architecture: "amd64"),
            rootfs: .init(
                diffIDs: try (0..<layers).map { try Digest("sha256:" + String(repeating: "\($0)", count: 64)) }),
            history: history?.map { .init(comment: $0.0, emptyLayer: $0.isEmpty ? true : nil) })
    }

    @Test func theHistoryAboveABase() throws {
        let all = [("a", false), ("env", true), ("b", false), ("cmd", true), ("mine", false), ("set", true)]
        let image = try configuration(3, all)
        let base = Array((image.history ?? []).prefix(4))
        #expect(image.history(above: base, layers: 2).map(\.comment) == ["mine", "set"])
        // A base that tells another story of its layers: its own are counted off.
        #expect(image.history(above: [], layers: 2).map(\.comment) == ["cmd", "mine", "set"])
        // An image that tells of none, or not of all.
        #expect(try configuration(3, nil).history(above: base, layers: 2).map(\.comment) == ["layer of the image"])
        #expect(try configuration(4, all).history(above: base, layers: 2).count == 2)
    }
}
