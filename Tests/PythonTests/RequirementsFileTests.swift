import Diagnostics
import OCI
import SystemPackage
import Testing

@testable import Python

@Suite struct RequirementsFileTests {
    @Test func joinsLinesAndDropsComments() {
        let lines = RequirementsLine.lines(
            of:
                "# head\nalpha==1 \\\r\n  --hash=sha256:00 # not a hash\r\n\n beta @ https://h/b.whl#sha256=1\n--pre\ngamma\\"
        )
        #expect(lines.map(\.number) == [2, 5, 6, 7])
        #expect(
            lines.map(\.words) == [
                ["alpha==1", "--hash=sha256:00"], ["beta", "@", "https://h/b.whl#sha256=1"], ["--pre"], ["gamma"],
            ])
    }

    @Test(arguments: [
        ("-r a.txt", "a.txt"), ("-ra.txt", "a.txt"), ("--requirement=a.txt", "a.txt"), ("--requirement a.txt", "a.txt"),
        ("-c a.txt", "a.txt"), ("--constraint a.txt", "a.txt"), ("--constraint=a.txt", "a.txt"), ("-e .", nil),
        ("--require-hashes", nil), ("requests", nil), ("--resolution=highest", nil),
    ])
    func knowsWhatIsIncluded(_ line: String, _ include: String?) {
        #expect(RequirementsLine.lines(of: line).first?.include == include)
    }

    @Test(arguments: [
        ("My.Package[x]>=1 --hash sha256:\(String(repeating: "a", count: 64))", "my-package", 1), ("-e ./x", nil, 0),
        ("https://host/x.whl", nil, 0), ("./dir/x.whl", nil, 0), ("name @ https://host/x.whl", "name", 0),
    ])
    func knowsNamesAndHashes(_ text: String, _ name: String?, _ hashes: Int) throws {
        let line = try #require(RequirementsLine.lines(of: text).first)
        #expect(line.name == name)
        #expect(line.hashes.count == hashes)
    }

    @Test func includesEachFileOnce() throws {
        let workshop = try Workshop()
        let first = try workshop.file("a.txt", "-r sub/b.txt\n-r sub/../a.txt\n")
        try workshop.file("sub/b.txt", "-c ../a.txt\n-r c.txt\n-r https://host/far.txt\n")
        try workshop.file("sub/c.txt", "alpha")
        let files = try RequirementsFile.collect(first, environment: [:])
        #expect(files.compactMap(\.path.lastComponent?.string) == ["a.txt", "b.txt", "c.txt"])
        #expect(files.map(\.includesRemote) == [false, true, false])
    }

    @Test(arguments: [
        ("a ${ONE} b", "a 1 b"), ("${ONE}${TWO}", "122"), ("${NONE} $ONE {ONE} ${ONE", "${NONE} $ONE {ONE} ${ONE"),
        ("${one}", "${one}"), ("", ""), ("$${ONE}", "$1"),
    ])
    func expandsVariables(_ text: String, _ expected: String) {
        #expect(expandingVariables(in: text, from: ["ONE": "1", "TWO": "22", "one": "no"]) == expected)
    }

    @Test func credentialsLeaveTheTextAndComeBackByOrigin() {
        let text =
            "--index-url https://me:pw@Host.example/simple\nx @ http://a@b:1/x.whl#sha256=0 ; \"://\" 'https://h/?t=1'"
        var credentials = URLCredentials()
        credentials.collect(from: text)
        #expect(
            URLCredentials.removed(from: text)
                == "--index-url https://Host.example/simple\nx @ http://b:1/x.whl#sha256=0 ; \"://\" 'https://h/?t=1'")
        #expect(URLCredentials.redacted("see 'https://me:pw@h/?t=1' now") == "see 'https://h/?t=…' now")
        #expect(credentials.adding(to: "https://host.example/f.whl") == "https://me:pw@host.example/f.whl")
        #expect(credentials.adding(to: "http://b:1/f.whl") == "http://a@b:1/f.whl")
        credentials.collect(
            netrc: Netrc("machine n.example login u password p@/x\nmachine b login no password no"))
        #expect(credentials.adding(to: "https://n.example:8443/f") == "https://u:p%40%2Fx@n.example:8443/f")
        #expect(credentials.adding(to: "http://b:1/f.whl") == "http://a@b:1/f.whl")
        for url in ["https://list.example:443/f", "https://LIST.example/f"] {
            var listed = URLCredentials()
            listed.collect(from: "https://a/x,https://u:p,w@\(url.dropFirst(8)),file:///c")
            let other = url.contains("443") ? "https://list.example/f" : "https://list.example:443/f"
            #expect(listed.adding(to: other) == other.replacing("://", with: "://u:p,w@"))
            #expect(listed.adding(to: "https://a/f") == "https://a/f")
        }
        let list = "https://a/x,https://u:p@b/y,with,commas,http://c@d:80/"
        #expect(URLCredentials.removed(from: list) == "https://a/x,https://b/y,with,commas,http://d:80/")
        #expect(URLCredentials.redacted(list) == "https://a/x,https://b/y,with,commas,http://d:80/")
        for other in ["http://host.example/f.whl", "https://d/f", "file:///x", "https://else@host.example/f"] {
            #expect(credentials.adding(to: other) == other)
        }
    }
}
