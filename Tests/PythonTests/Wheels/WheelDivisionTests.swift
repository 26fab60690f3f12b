import Content
import Diagnostics
import Layers
import OCI
import Spec
import TestSupport
import Testing

@testable import Python

/// Layers of wheels that are kept below a limit.
@Suite struct WheelDivisionTests {
    private let workshop: WheelWorkshop

    init() throws { workshop = try WheelWorkshop() }

    private func layer(_ wheels: [WheelReference], owner: SchemeOwner? = nil) -> WheelLayer {
        var scheme = InstallScheme.venv
        scheme.owner = owner
        return WheelLayer(
            wheels: wheels.map { WheelInstallation(wheel: $0) }, scheme: scheme, timestamp: .reproducible)
    }

    /// A wheel of forty files of some kilobytes, and directories of which one is empty.
    private func large(seed: Int = 3) throws -> WheelReference {
        var generator = Seeded(seed)
        var builder = WheelBuilder()
        for number in 0..<40 {
            let noise = String(decoding: generator.noise(3000).map { $0 & 0x7F | 0x20 }, as: UTF8.self)
            builder.add("large/part\(number % 5)/module\(number).py", noise)
        }
        builder.add("large/empty/", "")
        builder.add("\(builder.info.dropLast(10)).data/scripts/tool", "#!python\n")
        return try workshop.add(builder)
    }

    private func make(_ layer: WheelLayer) throws -> MadeLayer {
        try WheelLayerMaker(store: workshop.store, records: workshop.records).make(layer)
    }

    @Test(arguments: [nil, SchemeOwner(uid: 7, gid: 8)], [9_000, 30_000, 60_000] as [Int64])
    func partsHoldWhatTheWholeHolds(_ owner: SchemeOwner?, _ limit: Int64) throws {
        let whole = layer([try large()], owner: owner)
        let parts = try workshop.store.parts(of: whole, limit: limit)
        #expect(try workshop.store.parts(of: whole, limit: limit) == parts)
        #expect(parts.count > 1)
        #expect(Set(try parts.map { try LayerRecipe.wheels($0).key() }).count == parts.count)
        let made = try parts.map(make)
        for (layer, part) in zip(made, parts) {
            #expect(layer.descriptor.size <= limit)
            #expect(layer.descriptor.size <= part.part?.size ?? 0)
        }
        let (read, expected) = (try made.map(workshop.read), try workshop.read(make(whole)))
        let files = read.flatMap { $0.entries.filter { $0.kind != .directory } }
        #expect(files == expected.entries.filter { $0.kind != .directory })
        #expect(read.reduce(into: [:]) { $0.merge($1.contents) { $1 } } == expected.contents)
        let directories = read.flatMap { layer in layer.entries.filter { $0.kind == .directory } }
        #expect(Set(directories) == Set(expected.entries.filter { $0.kind == .directory }))
        for layer in read {
            #expect(Set(layer.paths).count == layer.paths.count)
            for path in layer.paths {
                let needed = LayerPath.ancestors(of: path).filter { LayerPath.isBelow("opt/venv", $0) }
                #expect(Set(layer.directories).isSuperset(of: needed))
            }
        }
        // Nobody takes the parts of one wheel for two wheels that bring the same.
        let overlaps = WheelOverlaps(store: workshop.store, records: [workshop.records])
        #expect(try overlaps.warnings(of: parts) == [])
    }

    @Test func whatHasRoomStaysEverybodysLayer() throws {
        let whole = layer([try large()])
        #expect(try workshop.store.parts(of: whole, limit: 1 << 20) == [whole])
        #expect(try whole.divided(limit: 1, sizes: [:]) == [whole])
        // The same part by another limit is the same layer.
        var (one, other) = (whole, whole)
        one.part = WheelPart(first: 0, count: 3, size: 10_000)
        other.part = WheelPart(first: 0, count: 3, size: 12_000)
        #expect(try LayerRecipe.wheels(one).key() == LayerRecipe.wheels(other).key())
        #expect(try LayerRecipe.wheels(one).key() != LayerRecipe.wheels(whole).key())
    }

    @Test func aFileThatIsTooLargeIsNamed() throws {
        let whole = layer([try large()])
        let error = #expect(throws: LayerError.self) { try workshop.store.parts(of: whole, limit: 2000) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("site-packages/large/part0/module0.py' has 2") == true)
        #expect(error?.context == [FailureContext("wheel", "demo-1.0-py3-none-any.whl")])
    }

    @Test func aPartBeyondTheWheelIsRefused() throws {
        var part = layer([try large()])
        part.part = WheelPart(first: 40, count: 100, size: 1)
        #expect(throws: WheelError.self) { try make(part) }
    }

    private func references(_ count: Int) throws -> [WheelReference] {
        try (0..<count).map { number in
            let name = "package-\(String(number + 100))"
            return WheelReference(
                name: name, version: "1.0", filename: "\(name)-1.0-py3-none-any.whl",
                digest: try Digester.digest(of: name.utf8), size: Int64(1000 + number * 37 % 500))
        }
    }

    @Test func severalWheelsAreDividedInOrder() throws {
        let wheels = try references(60)
        let whole = layer(wheels)
        let parts = try whole.divided(limit: 20_000, sizes: [:])
        #expect(parts.count > 5)
        #expect(parts.flatMap(\.wheels) == whole.wheels)
        for part in parts { #expect(part.wheels.count == 1 || !part.mayExceed(20_000, sizes: [:])) }
        // What has room is not divided, and a length that nobody told counts as it was found.
        #expect(try whole.divided(limit: 1 << 20, sizes: [:]) == [whole])
        var untold = wheels
        untold[30].size = nil
        #expect(try layer(untold).divided(limit: 150_000, sizes: [:]).count == 1)
        #expect(try layer(untold).divided(limit: 150_000, sizes: [untold[30].digest: 100_000]).count > 1)
        // A wheel more moves few: most layers are the same.
        for gone in [0, 17, 33, 59] {
            var fewer = wheels
            fewer.remove(at: gone)
            let before = try Set(parts.map { try LayerRecipe.wheels($0).key() })
            let after = try layer(fewer).divided(limit: 20_000, sizes: [:]).map { try LayerRecipe.wheels($0).key() }
            #expect(after.count { !before.contains($0) } <= 3)
        }
    }
}
