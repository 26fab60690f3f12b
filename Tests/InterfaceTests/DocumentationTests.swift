import Content
import SystemPackage
import Testing

@testable import Interface

@Suite struct DocumentationTests {
    @Test func everySettingIsTold() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let text = String(decoding: try FileSystem.read(root.pushing("docs/build.md")), as: UTF8.self)
        for key in SettingKey.all { #expect(text.contains("`\(key.name)`"), "\(key.name) is missing") }
    }
}
