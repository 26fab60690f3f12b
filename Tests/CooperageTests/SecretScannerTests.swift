import Content
import Diagnostics
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The scanner finds what is planted, so that it means something where it finds nothing.
@Suite struct SecretScannerTests {
    private static let secret = "pl4nted/s3cret+of@a%test\"q"
    private static let scanner = SecretScanner([secret], users: ["me"])

    private func base64(_ text: String, shift: Int) -> String {
        Data(String(repeating: "x", count: shift).utf8 + Data(text.utf8) + Data("rest".utf8)).base64EncodedString()
    }

    @Test(arguments: [0, 1, 2])
    func formsInTexts(_ shift: Int) throws {
        let texts = [
            "plain": "a\(Self.secret)b", "percent": "https://me:\(PercentEncoding.value(Self.secret))@host/",
            "json": String(decoding: try JSONEncoder().encode([Self.secret]), as: UTF8.self),
            "base64": base64(Self.secret, shift: shift),
            "base64 of a login": base64("me:\(Self.secret)", shift: shift),
        ]
        for (form, text) in texts {
            let found = try Self.scanner.scan(texts: ["text": "before \(text) after"]).found
            #expect(found.contains("text: \(form)"), "\(form): \(found)")
        }
        #expect(try Self.scanner.scan(texts: ["text": "pl4nted/s3cret and of@a%test"]).found == [])
    }

    @Test func archivesWithinArchives() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        try directory.write(Array("x\(Self.secret)x".utf8), to: "plain/file")
        try directory.write([], to: "plain/clean")
        try run("tar", ["-C", root.appending("plain").string, "-czf", root.appending("layer.tar.gz").string, "file"])
        // An archive of `docker save` holds layers.
        try run("tar", ["-C", root.string, "-cf", root.appending("image.tar").string, "layer.tar.gz"])
        _ = try python(
            """
            import sys, zipfile, zlib
            text = sys.argv[2]
            with zipfile.ZipFile(sys.argv[1] + "/a.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
                wheel.writestr("a/b.txt", text * 20)
            open(sys.argv[1] + "/object", "wb").write(zlib.compress((text * 20).encode()))
            """, [root.string, Self.secret])
        try FileManager.default.createSymbolicLink(
            atPath: root.appending("link").string, withDestinationPath: "pl4nted-none")
        let named = try SecretScanner(["pl4nted-none", "clean-name"], users: []).scan([root]).found
        #expect(named == ["\(root)/link (target): plain"])
        for (name, places) in [
            "layer.tar.gz": ["!gzip!file"], "image.tar": ["!layer.tar.gz!gzip!file"], "a.whl": ["!a/b.txt"],
            "object": ["!zlib"], "plain": ["/file"],
        ] {
            let path = root.appending(name)
            let found = try Self.scanner.scan([path]).found
            for place in places { #expect(found.contains("\(path)\(place): plain"), "\(found)") }
        }
        #expect(throws: (any Error).self) { try Self.scanner.scan([root.appending("nothing")]) }
    }

    /// Databases keep texts as they are.
    @Test func databases() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("a.sqlite")
        _ = try python(
            """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as database:
                database.execute("create table a (b text, c blob)")
                database.execute("insert into a values (?, ?)", (sys.argv[2], b"x"))
            """, [path.string, Self.secret])
        #expect(try Self.scanner.scan([path]).found == ["\(path): plain"])
    }
}
