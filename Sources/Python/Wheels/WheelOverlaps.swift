public import Content
import Diagnostics
import Layers
import OCI
public import Spec

/// Looks for paths that several wheels of an image bring.
///
/// Nobody can install two files at one path: the wheel in the upper layer wins, in one layer the last of them. Which that is
/// follows from the lock alone, as the division into layers does. Layers of different wheels are not changed for it, so that they
/// stay everybody's: the runtime shows what lies on top.
public struct WheelOverlaps: Sendable {
    private let store: any RandomAccessBlobStore
    private let records: [any RecordStore]

    /// - Parameters:
    ///   - store: has the wheels, where their contents are not known from the making of their layers.
    ///   - records: where contents and answers are kept. New ones go to the first.
    public init(store: any RandomAccessBlobStore, records: [any RecordStore]) {
        self.store = store
        self.records = records
    }

    /// A sentence about each two wheels that bring different contents for a path. Equal contents are nobody's concern.
    ///
    /// A wheel whose contents are not known and which is no longer there, since its layer was made long ago, is not compared.
    /// - Parameter layers: those of an image that hold wheels, lowest first.
    /// - Throws: `WheelError` where one wheel's file is another's directory.
    public func warnings(of layers: [WheelLayer]) throws -> [String] {
        guard layers.reduce(0, { $0 + $1.wheels.count }) > 1 else { return [] }
        var key = KeyBuilder(kind: "wheel-overlaps", formatVersion: 1)
        for layer in layers {
            for wheel in layer.wheels { key.append(try layer.runKey(of: wheel).digest.description) }
        }
        let answer = RecordKey(kind: "wheel-overlaps", digest: try key.digest())
        for records in records {
            if let known = try records.value([String].self, for: answer) { return known }
        }
        var contents: [WheelContents] = []
        var isWhole = true
        for layer in layers {
            for wheel in layer.wheels {
                if let known = try self.contents(of: wheel, in: layer) {
                    contents.append(known)
                } else {
                    isWhole = false
                }
            }
        }
        let warnings = try WheelContents.differences(among: contents)
        if isWhole { try records.first?.setValue(warnings, for: answer) }
        return warnings
    }

    private func contents(of wheel: WheelInstallation, in layer: WheelLayer) throws -> WheelContents? {
        let key = try layer.contentsKey(of: wheel)
        for records in records {
            if let known = try records.value(WheelContents.self, for: key) { return known }
        }
        guard try store.randomAccess(wheel.wheel.digest) != nil else { return nil }
        let contents = WheelContents(try store.install(wheel, in: layer), of: wheel.wheel)
        try records.first?.setValue(contents, for: key)
        return contents
    }
}
