import Content
import OCI
import Python
import Spec
import TestSupport
import Testing

@Suite struct WheelPartitionTests {
    private func wheel(_ name: String, _ size: Int64, version: String = "1.0", platform: String = "any") throws
        -> WheelReference
    {
        WheelReference(
            name: name, version: version, filename: "\(name)-\(version)-py3-none-\(platform).whl",
            digest: try Digester.digest(of: "\(name)\(version)\(platform)".utf8), size: size)
    }

    private func environment(_ count: Int = 200, platform: String = "manylinux_2_17_x86_64") throws -> [WheelReference]
    {
        var generator = Seeded(7)
        return try (0..<count).map {
            try wheel(
                "package-\($0)", Int64.random(in: 2_000...9_000_000, using: &generator),
                platform: $0 % 3 == 0 ? platform : "any")
        }
    }

    @Test func everyWheelIsInExactlyOneLayer() throws {
        let wheels = try environment()
        let layers = try WheelPartition().divide(wheels)
        #expect(layers.flatMap(\.self).map(\.name).sorted() == wheels.map(\.name).sorted())
        #expect(layers.allSatisfy { !$0.isEmpty })
    }

    @Test func theOrderOfTheLockDoesNotMatter() throws {
        let wheels = try environment()
        #expect(try WheelPartition().divide(wheels) == WheelPartition().divide(wheels.reversed()))
    }

    @Test(arguments: [0, 1, 10, 60, 500, 2000])
    func theBudgetHolds(_ count: Int) throws {
        let partition = WheelPartition(budget: 40)
        #expect(try partition.divide(environment(count)).count <= 40)
    }

    @Test func anAddedWheelChangesOneLayer() throws {
        let wheels = try environment(60)
        let before = Set(try WheelPartition().divide(wheels))
        for (name, size) in [("tabulate", 40_000), ("big", 5_000_000), ("middle", 300_000)] as [(String, Int64)] {
            let after = Set(try WheelPartition().divide(wheels + [wheel(name, size)]))
            #expect(after.subtracting(before).count == 1)
            #expect(before.subtracting(after).count <= 1)
        }
    }

    @Test func aBumpedWheelChangesOneLayer() throws {
        var wheels = try environment(60)
        let before = Set(try WheelPartition().divide(wheels))
        for index in wheels.indices {
            let old = wheels[index]
            wheels[index] = try wheel(
                old.name, old.size ?? 0, version: "1.1", platform: index % 3 == 0 ? "manylinux_2_17_x86_64" : "any")
            let after = Set(try WheelPartition().divide(wheels))
            #expect(after.subtracting(before).count == 1)
            wheels[index] = old
        }
    }

    @Test func largeWheelsStandAloneLargestFirst() throws {
        let layers = try WheelPartition().divide([
            try wheel("small", 1000), try wheel("large", 50_000_000), try wheel("larger", 60_000_000),
        ])
        #expect(layers.map { $0.map(\.name) } == [["larger"], ["large"], ["small"]])
    }

    @Test func platformsHaveLayersOfPureWheelsInCommon() throws {
        let amd64 = try WheelPartition().divide(environment())
        let arm64 = try WheelPartition().divide(environment(platform: "manylinux_2_17_aarch64"))
        let common = Set(amd64).intersection(arm64)
        #expect(common.flatMap(\.self).count == 133)
        #expect(Set(amd64).subtracting(common).allSatisfy { $0.allSatisfy { $0.filename.hasSuffix("x86_64.whl") } })
    }
}
