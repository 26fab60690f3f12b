import Content
import Diagnostics
import Glibc
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

@Suite struct ContextFilesTests {
    let directory: TemporaryDirectory
    private var root: FilePath { directory.path }

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ path: String, _ text: String = "x", mode: UInt32 = 0o644) throws {
        let file = root.appending(path)
        try FileSystem.makeDirectory(file.removingLastComponent())
        try FileSystem.write(text.utf8, to: file)
        chmod(file.string, mode_t(mode))
    }

    @Test func aLinkWhoseTargetIsNoTextIsRefused() throws {
        let directory = try TemporaryDirectory()
        _ = try python("import os,sys; os.symlink(b'\\xff', sys.argv[1].encode()+b'/link')", [directory.path.string])
        let error = #expect(throws: ContentError.self) { try ContextFiles(directory.path) }
        #expect(error?.message.contains("is not UTF-8") == true)
    }

    @Test func listsFilesDirectoriesAndLinksByPath() throws {
        try write("b/z.py", "zz")
        try write("a.sh", mode: 0o755)
        symlink("b/z.py", root.appending("link").string)
        let context = try ContextFiles(root)
        #expect(context.items.map(\.path) == ["a.sh", "b", "b/z.py", "link"])
        #expect(context.items[0].isExecutable)
        #expect(!context.items[2].isExecutable)
        #expect(context.items[2].kind == .file(digest: try Digester.digest(of: "zz".utf8), size: 2))
        #expect(context.items[3].kind == .symbolicLink(target: "b/z.py"))
    }

    @Test func anIgnoreFileDecidesAlone() throws {
        try write(".dockerignore", "*.log\n!keep.log\nsecret\n!secret/public\n")
        try write("a.log")
        try write("keep.log")
        try write("secret/private")
        try write("secret/public/b")
        try write(".git/config")
        let context = try ContextFiles(root)
        #expect(
            context.items.map(\.path) == [
                ".dockerignore", ".git", ".git/config", "keep.log", "secret", "secret/public", "secret/public/b",
            ])
        #expect(context.hasIgnoreFile)
    }

    @Test func withoutOneTheUsualIsLeftOut() throws {
        for path in [".git/config", "a/__pycache__/x.pyc", "b.pyc", ".venv/bin/python", "main.py"] { try write(path) }
        let context = try ContextFiles(root)
        #expect(context.items.map(\.path) == ["a", "main.py"])
    }

    @Test func furtherPatternsAreLeftOut() throws {
        try write("out/layer")
        try write("main.py")
        #expect(try ContextFiles(root, excluded: ["out"]).items.map(\.path) == ["main.py"])
    }

    @Test func whatALayerCannotHoldIsNamed() throws {
        try write("main.py")
        mkfifo(root.appending("pipe").string, 0o644)
        #expect(try ContextFiles(root).skipped == ["pipe"])
    }

    @Test func aMissingContextIsAnErrorWithItsPath() throws {
        let error = #expect(throws: BuildError.self) { try ContextFiles(root.appending("nowhere")) }
        #expect(error?.code == .invalidContext)
        #expect(error?.message.contains("nowhere") == true)
    }

    @Test func aFileAsContextIsAnError() throws {
        try write("file")
        #expect(throws: BuildError.self) { try ContextFiles(root.appending("file")) }
    }

    @Test func contentsAreHadByDigest() throws {
        try write("a.py", "hello")
        let context = try ContextFiles(root)
        let digest = try Digester.digest(of: "hello".utf8)
        #expect(try context.open(digest).bytes(at: 0, count: 5) == Array("hello".utf8))
        #expect(throws: BuildError.self) { try context.open(Digester.digest(of: "other".utf8)) }
    }
}
