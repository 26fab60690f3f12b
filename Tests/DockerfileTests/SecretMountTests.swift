import Diagnostics
import OCI
import Spec
import Testing

@testable import Dockerfile

/// `RUN --mount=type=secret` of installations: what a secret is for the installer, without its value.
@Suite struct SecretMountTests {
    private static let x = SecretMarker.text("x")

    private func packages(_ lines: String) throws -> LoweredDockerfile.Packages {
        try #require(try lowered("WORKDIR /w\nCOPY r.txt .\n" + lines).packages)
    }

    @Test(arguments: [
        (
            "RUN --mount=type=secret,id=netrc,target=/root/.netrc pip install -r r.txt", "netrc", SecretUse.Kind.netrc,
            false
        ),
        ("RUN --mount=type=secret,id=n,dst=/root/.netrc,required pip install -r r.txt", "n", .netrc, true),
        ("RUN --mount=type=secret,id=n NETRC=/run/secrets/n pip install -r r.txt", "n", .netrc, false),
        (
            "ENV NETRC=/n\nRUN --mount=type=secret,id=n,target=/n,mode=0400,uid=0 uv pip install --system -r r.txt",
            "n", .netrc, false
        ),
        ("RUN --mount=type=secret,id=c,target=/etc/pip.conf pip install -r r.txt", "c", .pipConfiguration, false),
        (
            "RUN --mount=type=secret,target=/root/.config/pip/pip.conf pip install -r r.txt", "pip.conf",
            .pipConfiguration, false
        ),
        (
            "ENV PIP_CONFIG_FILE=/run/secrets/c\nRUN --mount=type=secret,id=c pip install -r r.txt", "c",
            .pipConfiguration, false
        ),
        (
            "RUN --mount=type=secret,id=c,target=/root/.config/uv/uv.toml uv pip install --system -r r.txt", "c",
            .uvConfiguration, false
        ),
        (
            "RUN --mount=type=secret,id=c UV_CONFIG_FILE=/run/secrets/c uv pip install --system -r r.txt", "c",
            .uvConfiguration, false
        ),
        (
            "RUN --mount=type=secret,id=p,env=UV_INDEX_MY_PASSWORD uv pip install --system -r r.txt", "p",
            .variable("UV_INDEX_MY_PASSWORD"), false
        ),
        (
            "RUN --mount=type=secret,id=p UV_INDEX_MY_PASSWORD=$(cat /run/secrets/p) uv pip install --system -r r.txt",
            "p", .variable("UV_INDEX_MY_PASSWORD"), true
        ),
        ("RUN --mount=type=secret,id=t,env=TOKEN,required=true pip install -r r.txt", "t", .variable("TOKEN"), true),
    ])
    func mountsAreUsed(_ lines: String, _ id: String, _ kind: SecretUse.Kind, _ isRequired: Bool) throws {
        let secrets = try packages(lines).secrets
        #expect(secrets.map(\.id) == [id])
        #expect(secrets.map(\.kind) == [kind])
        #expect(secrets.map(\.isRequired) == [isRequired])
    }

    @Test(arguments: [
        "RUN --mount=type=secret,id=x,env=PIP_INDEX_URL pip install -r r.txt",
        "RUN --mount=type=secret,id=x export PIP_INDEX_URL=$(cat /run/secrets/x) && pip install -r r.txt",
        "RUN --mount=type=secret,id=x export PIP_INDEX_URL=\"$(cat /run/secrets/x)\" && pip install -r r.txt",
        "RUN --mount=type=secret,id=x PIP_INDEX_URL=$(cat /run/secrets/x) pip install -r r.txt",
        "RUN --mount=type=secret,id=x pip install -i $(cat \"/run/secrets/x\") -r r.txt",
        "RUN --mount=type=secret,id=x,target=/s export U=$(< /s) && pip install --index-url \"$U\" -r r.txt",
        "RUN --mount=type=secret,id=x,env=UV_DEFAULT_INDEX uv pip install --system -r r.txt",
        "RUN --mount=type=secret,id=x <<EOF\nexport PIP_INDEX_URL=$(cat /run/secrets/x)\npip install -r r.txt\nEOF",
    ])
    func aSecretIsTheIndex(_ lines: String) throws {
        let packages = try packages(lines)
        #expect(packages.indexes.indexURL == Self.x)
        // A variable of another name might stand in the requirements file.
        #expect(packages.secrets.allSatisfy { $0.kind == .variable("U") })
    }

    @Test(arguments: [
        ("PIP_INDEX_URL=https://u:$(cat /run/secrets/x)@h/simple pip install -r r.txt", "https://u:\(x)@h/simple"),
        ("pip install --index-url=https://$(cat /run/secrets/x)@h/simple -r r.txt", "https://\(x)@h/simple"),
        ("export T=$(cat /run/secrets/x); pip install -i https://u:${T}@h/s -r r.txt", "https://u:\(x)@h/s"),
    ])
    func aSecretStandsInAURL(_ command: String, _ url: String) throws {
        #expect(try packages("RUN --mount=type=secret,id=x \(command)").indexes.indexURL == url)
    }

    @Test func furtherIndexesAreSecrets() throws {
        let packages = try packages(
            "RUN --mount=type=secret,id=x,env=PIP_EXTRA_INDEX_URL pip install -r r.txt\nRUN --mount=type=secret,id=y pip install --extra-index-url https://a:$(cat /run/secrets/y)@b/ c"
        )
        #expect(packages.indexes.extraIndexURLs == [Self.x, "https://a:\(SecretMarker.text("y"))@b/"])
    }

    @Test(arguments: [
        (
            "pip install -i https://h/$(cat /run/secrets/x)/simple a",
            "the secret 'x' stands for something else than an index"
        ),
        ("pip install -i https://h?t=$(cat /run/secrets/x) a", "the secret 'x' stands for something else"),
        ("pip install a==$(cat /run/secrets/x)", "the secret 'x' stands for something else"),
        ("echo $(cat /run/secrets/x) > /x", "it would be given the secret 'x'"),
        ("mkdir /$(cat /run/secrets/x)", "it would be given the secret 'x'"),
        ("pip install -i $(cat /run/secrets/y) a", "it has a command substitution"),
        ("pip install -i $(cat /run/secrets/x | tr a b) a", "it has a command substitution"),
        ("export PATH=/x:$PATH && pip install a", "it changes which programs"),
        ("export X && pip install a", "'X' is given no value"),
        ("X=$(cat /run/secrets/x) && pip install -i $X a", "it only sets variables"),
        ("TOKEN=$(cat /run/secrets/x) make", "its meaning is not known"),
    ])
    func otherUsesAreRefused(_ command: String, _ reason: String) {
        let error = failure {
            try lowered("ENV PATH=/bin\nRUN --mount=type=secret,id=x \(command)", base: .init())
        }
        #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("id=a/b", "the mount's id 'a/b' is not of letters"), ("target=/", "the mount's id '' is not of letters"),
        ("id=x,source=y", "a mount of a secret has no field 'source'"),
    ])
    func mountsThatAreNone(_ fields: String, _ reason: String) {
        let error = failure { try lowered("RUN --mount=type=secret,\(fields) pip install a") }
        #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func eachInstallationHasItsOwnConfiguration() throws {
        let packages = try packages(
            "RUN pip install a\nRUN --mount=type=secret,id=c,target=/etc/pip.conf pip install b")
        #expect(packages.installations.map { $0.secrets.map(\.id) } == [[], ["c"]])
    }

    @Test func whatIsNotUsedIsNoUse() throws {
        // pip's settings are none of uv's, and nobody reads a file that no variable names.
        let packages = try packages(
            "RUN --mount=type=secret,id=c,target=/etc/pip.conf --mount=type=secret,id=n uv pip install --system -r r.txt"
        )
        #expect(packages.secrets == [])
    }

    @Test func exportsHoldForTheirRun() throws {
        let packages = try packages(
            "RUN export PIP_INDEX_URL=https://a/ PIP_NO_CACHE_DIR=1 && pip install -r r.txt\nRUN pip install -i https://a/ b"
        )
        #expect(packages.indexes.indexURL == "https://a/")
        let others = try self.packages("RUN export PIP_INDEX_URL=https://a/ && pip install a\nRUN pip install b")
        #expect(others.installations.map(\.indexes.indexURL) == ["https://a/", nil])
    }

    @Test func marksAreNotSaid() throws {
        let remarks = try lowered(
            "RUN --mount=type=secret,id=x pip install -i https://u:$(cat /run/secrets/x)@h/ a && pip install -i https://u:$(cat /run/secrets/x)@h/ --extra-index-url $(cat /run/secrets/x) b"
        ).remarks.map(\.description).joined()
        #expect(remarks.contains("<secret x>"))
        #expect(!remarks.contains(Self.x))
    }
}
