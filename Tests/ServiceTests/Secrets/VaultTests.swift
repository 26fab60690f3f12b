import Content
import Diagnostics
import Foundation
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// Encryption at rest: the sealed form, its keys and their rotation.
@Suite struct VaultTests {
    private static func key(_ byte: UInt8) -> String {
        Data(repeating: byte, count: 32).base64EncodedString()
    }

    private static func vault(_ lines: String...) throws -> Vault {
        Vault(keys: try VaultKeys(lines.joined(separator: "\n"), origin: "test"))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_000])
    func whatIsSealedOpens(_ size: Int) throws {
        let vault = try Self.vault(Self.key(1))
        let secret = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let sealed = try vault.seal(secret, for: "a test")
        #expect(try vault.open(sealed, for: "a test") == secret)
        #expect(sealed.count > size + 28)
        if size > 15 { #expect(Data(sealed).range(of: Data(secret)) == nil) }
        // A nonce is used once.
        #expect(try vault.seal(secret, for: "a test") != sealed)
    }

    @Test func anotherPurposeIsRefused() throws {
        let vault = try Self.vault(Self.key(1))
        let sealed = try vault.seal("secret".utf8, for: "project a")
        for purpose in ["project b", "", "project a "] {
            let error = #expect(throws: ServiceError.self) { try vault.open(sealed, for: purpose) }
            #expect(error?.code == .undecipherable)
        }
    }

    @Test func everyChangedByteIsRefused() throws {
        let vault = try Self.vault("k:\(Self.key(1))", "l:\(Self.key(1))")
        let sealed = try vault.seal("secret".utf8, for: "a test")
        for place in sealed.indices {
            for bit in 0..<8 {
                var tampered = sealed
                tampered[place] ^= 1 << UInt8(bit)
                #expect(throws: ServiceError.self) { try vault.open(tampered, for: "a test") }
            }
        }
        for count in 0..<sealed.count {
            #expect(throws: ServiceError.self) { try vault.open(Array(sealed.prefix(count)), for: "a test") }
        }
        #expect(throws: ServiceError.self) { try vault.open(sealed + [0], for: "a test") }
    }

    @Test func keysAreRotated() throws {
        let old = try Self.vault("old:\(Self.key(1))")
        let both = try Self.vault("new:\(Self.key(2))", "old:\(Self.key(1))")
        let new = try Self.vault("new:\(Self.key(2))")
        let sealed = try old.seal("secret".utf8, for: "a test")
        #expect(try both.open(sealed, for: "a test") == Array("secret".utf8))
        #expect(both.isOutdated(sealed) && !old.isOutdated(sealed))
        let renewed = try both.seal(both.open(sealed, for: "a test"), for: "a test")
        #expect(!both.isOutdated(renewed))
        #expect(try new.open(renewed, for: "a test") == Array("secret".utf8))
        let error = #expect(throws: ServiceError.self) { try new.open(sealed, for: "a test") }
        #expect(error?.message.contains("'old'") == true)
    }

    /// The form that is stored is what anybody can read who has the key.
    @Test func pythonOpensWhatWasSealed() throws {
        let vault = try Self.vault("k1:\(Self.key(9))")
        let sealed = try vault.seal("secret".utf8, for: "a test")
        #expect(Array(sealed.prefix(4)) == [1, 2] + Array("k1".utf8))
        let plain = try AESGCM.open(
            Array(sealed[32...]), tag: Array(sealed[16..<32]), key: [UInt8](repeating: 9, count: 32),
            nonce: Array(sealed[4..<16]), associated: Array("cooperage 1 2 k1 a test".utf8))
        #expect(plain == Array("secret".utf8))
    }

    /// NIST's GCM test vectors for AES-256, case 14 and 16 of the original submission.
    @Test func knownVectors() throws {
        let zero = try AESGCM.seal(
            [UInt8](repeating: 0, count: 16), key: [UInt8](repeating: 0, count: 32),
            nonce: [UInt8](repeating: 0, count: 12), associated: [])
        #expect(hexadecimal(zero.ciphertext) == "cea7403d4d606b6e074ec5d3baf39d18")
        #expect(hexadecimal(zero.tag) == "d0d1c8a799996bf0265b98b5d48ab919")
    }

    /// RFC 4231, cases 1 and 2.
    @Test func knownAuthenticationCodes() throws {
        #expect(
            try hmacSHA256("Hi There".utf8, key: [UInt8](repeating: 0x0b, count: 20))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            try hmacSHA256("what do ya want for nothing?".utf8, key: Array("Jefe".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func values() throws {
        let vault = try Self.vault(Self.key(1))
        let login = BuildSecrets.Login(scope: "a", username: "b", password: "c")
        let sealed = try vault.seal(value: login, for: "a test")
        #expect(try vault.open(BuildSecrets.Login.self, from: sealed, for: "a test") == login)
        let error = #expect(throws: ServiceError.self) { try vault.open([Int].self, from: sealed, for: "a test") }
        #expect(error?.cause == nil, "a decoder's error quotes what it could not read")
    }

    /// A build that waits while the server is replaced.
    @Test func secretsOfBuildsFromBeforeThereWereIDs() throws {
        let vault = try Self.vault(Self.key(1))
        let login = BuildSecrets.Login(scope: "a", username: "b", password: "c")
        let old = try vault.seal(value: ["registries": [login], "indexes": []], for: "a test")
        #expect(try vault.open(BuildSecrets.self, from: old, for: "a test") == BuildSecrets(registries: [login]))
        let new = BuildSecrets(named: [.init(id: "TOKEN", value: "t0ken")])
        #expect(!new.isEmpty && !"\(new) \(String(reflecting: new))".contains("t0ken"))
        let sealed = try vault.seal(value: new, for: "a test")
        #expect(try vault.open(BuildSecrets.self, from: sealed, for: "a test") == new)
    }

    // MARK: Keys

    @Test func keysByTheirText() throws {
        let keys = try VaultKeys("# the keys\n\n a:\(Self.key(1)) \n\(Self.key(2))\n", origin: "test")
        #expect(keys.sealing.id == "a")
        #expect(keys["a"]?.bytes == [UInt8](repeating: 1, count: 32))
        // A key without a name is called by its digest.
        let id = try Digester.digest(of: [UInt8](repeating: 2, count: 32)).short
        #expect(keys[id]?.bytes == [UInt8](repeating: 2, count: 32))
        #expect(keys["b"] == nil)
    }

    @Test(arguments: [
        ("", "the vault has no key"), ("# none\n", "the vault has no key"),
        ("short:YWJj", "test:1"), ("\nnonsense", "test:2"), (":\(key(1))", "too long, or there twice"),
        ("a:\(key(1))\na:\(key(2))", "test:2"), ("\(String(repeating: "x", count: 65)):\(key(1))", "too long"),
    ])
    func badKeys(_ text: String, _ part: String) throws {
        let error = #expect(throws: ServiceError.self) { try VaultKeys(text, origin: "test") }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("nonsense") == false && error?.description.contains(Self.key(1)) == false)
    }

    @Test func aFileOfKeysIsItsOwnersAlone() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path.appending("keys")
        #expect(throws: ServiceError.self) { try VaultKeys(file: file) }
        for (mode, isFine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false)] {
            try FileSystem.remove(file)
            try FileSystem.create(Array(Self.key(1).utf8), at: file, mode: UInt32(mode))
            let error = try refusal { _ = try VaultKeys(file: file) }
            #expect(error?.hints == (isFine ? nil : ["run 'chmod 600 \(file)'"]))
        }
    }

    @Test func theEmbeddedKeyIsMadeOnce() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.path.appending("data")
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try VaultKeys.embedded(in: data).sealing.id } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try FileSystem.status(data.appending("vault.key"))?.mode == 0o600)
        #expect(try FileSystem.names(in: data) == ["vault.key"])
    }
}
