import Content
import Foundation
public import SystemPackage

/// Looks for planted secrets in every byte of files and texts, in whatever form they may have got there: as they are,
/// escaped for URLs or JSON, and in base64 alone or behind a user, at each of its three alignments. Archives are opened:
/// gzip, zip, tar and zlib streams, within each other, too.
///
/// It is Python's, whose readers of archives are not ours.
public struct SecretScanner: Sendable {
    private let secrets: [String]
    private let users: [String]

    /// - Parameters:
    ///   - secrets: what must not be found.
    ///   - users: before a colon with which a secret may be encoded.
    public init(_ secrets: [String], users: [String]) {
        self.secrets = secrets
        self.users = users
    }

    /// Where a secret was found, and how much was looked at.
    public struct Result: Sendable, Decodable {
        /// `file!entry: form`.
        public let found: [String]
        /// The files and texts, entries of archives included.
        public let looked: Int
        /// The kinds of archives that were opened.
        public let opened: [String]
    }

    /// Scans files, directories with all below them and the names there, and texts.
    /// - Parameter texts: by what they are called.
    public func scan(_ paths: [FilePath] = [], texts: [String: String] = [:]) throws -> Result {
        struct Question: Encodable {
            let secrets: [String]
            let users: [String]
            let paths: [String]
            let texts: [String: String]
        }
        let question = Question(secrets: secrets, users: users, paths: paths.map(\.string), texts: texts)
        let answer = try python(Self.program, input: Array(try JSONEncoder().encode(question)))
        return try JSONDecoder().decode(Result.self, from: Data(answer))
    }

    private static let program = #"""
        import base64, gzip, io, json, os, sys, tarfile, urllib.parse, zipfile, zlib

        question = json.load(sys.stdin)
        needles = {}

        def add(form, text):
            data = text if isinstance(text, bytes) else text.encode()
            if len(data) >= 6: needles.setdefault(data, form)

        for secret in question["secrets"]:
            add("plain", secret)
            quoted = urllib.parse.quote(secret, safe="")
            add("percent", quoted)
            add("percent", quoted.lower())
            add("percent", urllib.parse.quote(quoted, safe=""))
            # What a URL's user information may hold as it is.
            add("percent", urllib.parse.quote(secret, safe="!$&'()*+,;="))
            text = json.dumps(secret)[1:-1]
            add("json", text)
            add("json", text.replace("/", "\\/"))
            for name, whole in [("base64", secret)] + [("base64 of a login", f"{user}:{secret}") for user in question["users"]]:
                for encode in (base64.b64encode, base64.urlsafe_b64encode):
                    for shift in range(3):
                        data = encode(bytes(shift) + whole.encode())
                        # What depends on the neighbours is left out.
                        start = (shift * 8 + 5) // 6
                        end = (shift + len(whole.encode())) * 8 // 6
                        add(name, data[start:end])

        found, opened, looked = [], set(), 0

        def scan(data, place, depth=0):
            global looked
            looked += 1
            for needle, form in needles.items():
                if needle in data: found.append(f"{place}: {form}")
            if depth > 6: return
            if data[:2] == b"\x1f\x8b":
                try:
                    inner = gzip.decompress(data)
                    opened.add("gzip")
                    scan(inner, place + "!gzip", depth + 1)
                except (OSError, EOFError, zlib.error): pass
            if data[:4] == b"PK\x03\x04":
                try:
                    with zipfile.ZipFile(io.BytesIO(data)) as archive:
                        opened.add("zip")
                        for name in archive.namelist():
                            scan(name.encode() + b"\n" + archive.read(name), f"{place}!{name}", depth + 1)
                except (zipfile.BadZipFile, zlib.error): pass
            if data[:1] == b"\x78":
                try:
                    inner = zlib.decompress(data)
                    opened.add("zlib")
                    scan(inner, place + "!zlib", depth + 1)
                except zlib.error: pass
            if data[257:262] == b"ustar":
                try:
                    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                        opened.add("tar")
                        for member in archive:
                            content = archive.extractfile(member) if member.isfile() else None
                            inner = content.read() if content else b""
                            scan(f"{member.name}\n{member.linkname}\n".encode() + inner, f"{place}!{member.name}", depth + 1)
                            if inner: scan(inner, f"{place}!{member.name}", depth + 1)
                except tarfile.TarError: pass

        def visit(path):
            if os.path.islink(path): return scan(os.readlink(path).encode(), path + " (target)")
            if os.path.isdir(path):
                for name in sorted(os.listdir(path)):
                    inner = os.path.join(path, name)
                    scan(name.encode(), inner + " (name)")
                    visit(inner)
            elif os.path.isfile(path):
                with open(path, "rb") as file: scan(file.read(), path)

        for path in question["paths"]:
            if not os.path.lexists(path): sys.exit(f"there is no {path}")
            visit(path)
        for name, text in question["texts"].items(): scan(text.encode(), name)
        print(json.dumps({"found": sorted(set(found)), "looked": looked, "opened": sorted(opened)}))
        """#
}
