import Content
import OCI
import Testing

@testable import Python

/// What is kept, what goes and what comes.
@Suite struct EnvironmentChangeTests {
    private static func package(_ name: String, _ version: String) throws -> LockedPackage {
        let file = "\(name)-\(version)-py3-none-any.whl"
        return LockedPackage(
            name: name, version: version,
            wheel: LockedWheel(
                filename: file, url: "https://x.example/\(file)", size: 1, digest: try Digester.digest(of: file.utf8)))
    }

    private static func installed(_ name: String, _ version: String, _ number: Int = 0) -> InstalledDistribution {
        InstalledDistribution(name: name, version: version, metadata: "site\(number)/\(name)-\(version).dist-info")
    }

    @Test func aChangeIsTheLeastThatMakesTheLockTrue() throws {
        let wanted = try [("a", "1.0"), ("b", "2.0"), ("c", "1.0"), ("d", "1.0")].map(Self.package)
        let there = [
            Self.installed("a", "1.0.0"), Self.installed("b", "1.0"), Self.installed("d", "1.0", 1),
            Self.installed("d", "1.0", 2), Self.installed("unrelated", "9"),
        ]
        let change = EnvironmentChange(from: there, to: wanted)
        #expect(change.kept == [there[0]])
        #expect(change.removed == [there[1], there[2], there[3]])
        #expect(change.added == Array(wanted[1...]))
    }

    @Test func anExactChangeLeavesInstallersAlone() throws {
        let wanted = try [("a", "1.0")].map(Self.package)
        let there = [
            Self.installed("a", "1.0"), Self.installed("other", "1"), Self.installed("pip", "24"),
            Self.installed("Setuptools", "70"),
        ]
        #expect(EnvironmentChange(from: there, to: wanted, isExact: true).removed == [there[1]])
        #expect(EnvironmentChange(from: there, to: wanted).removed == [])
    }

    @Test func whatMayNotGoStays() throws {
        let wanted = try [("a", "2.0"), ("b", "2.0")].map(Self.package)
        let there = [Self.installed("a", "1.0"), Self.installed("b", "1.0", 1)]
        let change = EnvironmentChange(from: there, to: wanted, replaceable: [there[1]])
        #expect(change.removed == [there[1]] && change.added == wanted)
    }

    @Test(arguments: [
        ("1.0", "1.0.0", true), ("1", "1.0", true), ("1.0-RC1", "1.0rc1", true), ("v2.1", "2.1", true),
        ("1.10", "1.1", false), ("1.0", "1.0.post1", false), ("1.0+cpu", "1.0", false),
        ("2.1.0+cu118", "2.1.0+CU118", true), ("1.0+ubuntu-1", "1.0+ubuntu.1", true), ("1!1.0", "1.0", false),
        ("10", "1", false), ("0.0", "0", true),
    ]) func versionsAreComparedAsVersions(_ left: String, _ right: String, _ isSame: Bool) {
        #expect(Self.installed("x", left).isVersion(right) == isSame)
        #expect(Self.installed("x", right).isVersion(left) == isSame)
    }

    @Test func preferencesNameWhatIsAVersion() throws {
        let preferences = LockPreferences.merging(
            nil,
            [
                Self.installed("b", "1.0.post1+local.2"), Self.installed("a", "2!1.0rc1"),
                Self.installed("odd", "1.0-unknown"), Self.installed("quoted", "\"1"), Self.installed("b", "3"),
            ])
        let document = try PylockDocument(text: try #require(preferences).pylockText, name: "preferences")
        #expect(document.packages.map(\.name) == ["b", "a"])
        #expect(document.packages.map(\.version) == ["1.0.post1+local.2", "2!1.0rc1"])
        // What a lock chose goes first.
        let locked = try #require(LockPreferences.merging(LockPreferences(document), [Self.installed("a", "9")]))
        #expect(!locked.pylockText.contains("9"))
        #expect(LockPreferences.merging(nil, [])?.pylockText == nil)
    }
}
