import Diagnostics
import Dockerfile
import OCI
import Spec
import Testing

@testable import Interface

/// What secrets of mounts come to where they are lent.
@Suite struct LentDockerfileTests {
    private static let secret = "p%40ss-of-the-index"

    private func lent(_ lines: String, _ secrets: [String: String]) throws -> LentDockerfile {
        let document = try DockerfileDocument("FROM a:1\nWORKDIR /w\nCOPY r.txt .\n\(lines)\n")
        return try LentDockerfile(
            try DockerfileLowering(document).lowered(), lent: SecretSet(secrets.mapValues { Array($0.utf8) }),
            name: "Dockerfile")
    }

    @Test(arguments: [
        ("RUN --mount=type=secret,id=x,env=PIP_INDEX_URL pip install -r r.txt", "https://u:\(secret)@h/simple\n"),
        (
            "RUN --mount=type=secret,id=x PIP_INDEX_URL=https://u:$(cat /run/secrets/x)@h/simple pip install -r r.txt",
            secret
        ),
        (
            "RUN --mount=type=secret,id=x,target=/etc/pip.conf pip install -r r.txt",
            "[global]\ntimeout = 60\nindex-url = https://u:\(secret)@h/simple\n"
        ),
        (
            "RUN --mount=type=secret,id=x,target=/root/.config/uv/uv.toml uv pip install --system -r r.txt",
            "[[index]]\nname = \"private\"\nurl = \"https://u:\(secret)@h/simple\"\ndefault = true\n"
        ),
        (
            "RUN --mount=type=secret,id=x,target=/etc/uv/uv.toml uv pip install --system -r r.txt",
            "[pip]\nindex-url = \"https://u:\(secret)@h/simple\"\n"
        ),
    ])
    func theIndexIsTheSecrets(_ lines: String, _ value: String) throws {
        let lent = try lent(lines, ["x": value, "other": "kept"])
        #expect(lent.dockerfile.packages?.indexes.indexURL == "https://u:\(Self.secret)@h/simple")
        #expect(lent.dockerfile.packages?.secrets == [])
        // What stands in an index is not lent once more.
        #expect(lent.secrets.ids == ["other"])
    }

    @Test func furtherIndexes() throws {
        let lines = "RUN --mount=type=secret,id=x,env=PIP_EXTRA_INDEX_URL pip install -r r.txt"
        let indexes = try lent(lines, ["x": "https://a/ https://b/"]).dockerfile.packages?.indexes
        #expect(indexes?.extraIndexURLs == ["https://a/", "https://b/"])
        let configuration =
            "[install]\nextra-index-url =\n    https://a/\n    https://b/\n; a comment\n[freeze]\nx = y\n"
        let file = "RUN --mount=type=secret,id=x,target=/etc/pip.conf pip install -r r.txt"
        #expect(
            try lent(file, ["x": configuration]).dockerfile.packages?.indexes.extraIndexURLs
                == ["https://a/", "https://b/"])
    }

    @Test func filesAndVariablesHaveTheBuildsNames() throws {
        let netrc = try lent(
            "RUN --mount=type=secret,id=logins,target=/root/.netrc pip install -r r.txt", ["logins": "machine h"])
        #expect(netrc.secrets.text("netrc") == "machine h")
        #expect(netrc.secrets.ids == ["netrc"] && netrc.used == [])
        let named = try lent(
            "RUN --mount=type=secret,id=p,env=UV_INDEX_A_PASSWORD uv pip install --system -r r.txt", ["p": "word"])
        #expect(named.secrets.ids == ["UV_INDEX_A_PASSWORD"] && named.used == [])
        let variable = try lent(
            "RUN --mount=type=secret,id=t,env=TOKEN pip install -r r.txt", ["t": "word"])
        #expect(variable.secrets.text("TOKEN") == "word")
        // Whether a requirements file names it, is seen when that is read.
        #expect(variable.used == [])
        let inURL = try lent(
            "RUN --mount=type=secret,id=t,env=TOKEN pip install -i https://u:$TOKEN@h/ -r r.txt", ["t": "word"])
        #expect(inURL.dockerfile.packages?.indexes.indexURL == "https://u:word@h/")
        #expect(inURL.secrets.ids == ["TOKEN"] && inURL.used == ["TOKEN"])
    }

    @Test func whatNeedNotBeLentIsLeftOut() throws {
        for lines in [
            "RUN --mount=type=secret,id=x,env=PIP_INDEX_URL pip install -r r.txt",
            "RUN --mount=type=secret,id=x,target=/root/.netrc pip install -r r.txt",
            "RUN --mount=type=secret,id=x,target=/etc/pip.conf pip install -r r.txt",
        ] {
            let packages = try #require(try lent(lines, [:]).dockerfile.packages)
            #expect(packages.indexes == PackageIndexes() && packages.secrets == [])
        }
    }

    @Test(arguments: [
        "RUN --mount=type=secret,id=x,env=TOKEN,required pip install -r r.txt",
        "RUN --mount=type=secret,id=x,target=/root/.netrc,required=true pip install -r r.txt",
        "RUN --mount=type=secret,id=x pip install -i https://u:$(cat /run/secrets/x)@h/ -r r.txt",
        "RUN --mount=type=secret,id=x export PIP_INDEX_URL=$(cat /run/secrets/x) && pip install -r r.txt",
    ])
    func whatHasToBeLent(_ lines: String) {
        let error = #expect(throws: DockerfileError.self) { try lent(lines, ["y": "z"]) }
        #expect(error?.code == .secretNotLent)
        #expect(error?.message == "the Dockerfile's installations need the secret 'x'")
        #expect(error?.hints == ["lend it by --secret id=x,env=VARIABLE or --secret id=x,src=FILE"])
    }

    @Test(arguments: [
        ("env=PIP_INDEX_URL pip", "no URL \(secret)", "the secret 'x' is no URL of an index"),
        (
            "env=PIP_INDEX_URL pip", "https://a/ https://\(secret)/",
            "a secret of the Dockerfile's first index holds several URLs"
        ),
        ("target=/etc/pip.conf pip", "[global]\nno-deps = \(secret)", "its setting 'no-deps' cannot be followed"),
        ("target=/etc/pip.conf pip", "[global]\n\(secret)", "a line of it is neither a section nor a setting"),
        ("target=/etc/pip.conf pip", "[global]\nindex-url = \(secret)", "an index of it is no URL"),
        (
            "target=/etc/pip.conf pip", "[global]\nindex-url = https://h/\ntrusted-host = h",
            "its setting 'trusted-host' cannot be followed"
        ),
        ("target=/etc/uv/uv.toml uv pip", "\(secret) = = 1", "it is not TOML"),
        ("target=/etc/uv/uv.toml uv pip", "prerelease = \"\(secret)\"", "its setting 'prerelease' cannot be followed"),
        ("target=/etc/uv/uv.toml uv pip", "[[index]]\nname = \"\(secret)\"", "an index has no URL"),
        (
            "target=/etc/uv/uv.toml uv pip", "[[index]]\nexplicit = true\nurl = \"https://\(secret)\"",
            "'explicit' of an index cannot be followed"
        ),
    ])
    func whatIsNotWhatItIsTakenFor(_ mount: String, _ value: String, _ why: String) {
        let system = mount.hasSuffix("uv pip") ? "--system " : ""
        let error = #expect(throws: InterfaceError.self) {
            try lent("RUN --mount=type=secret,id=x,\(mount) install \(system)-r r.txt", ["x": value])
        }
        #expect(error?.message.contains(why) == true, "\(String(describing: error))")
        #expect(!"\(String(describing: error))".contains(Self.secret))
    }

    @Test func hostsOfPlainHTTPNeedNoTrust() throws {
        let lines = "RUN --mount=type=secret,id=x,target=/etc/pip.conf pip install -r r.txt"
        let text = "[global]\nindex_url: http://h:80/simple\ntrusted-host = h\n"
        #expect(try lent(lines, ["x": text]).dockerfile.packages?.indexes.indexURL == "http://h:80/simple")
    }
}
