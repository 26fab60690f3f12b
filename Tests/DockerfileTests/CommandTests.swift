import Diagnostics
import Spec
import Testing

@testable import Dockerfile

@Suite struct CommandTests {
    private func outcome(_ text: String) throws -> CommandOutcome {
        let commands = ShellScript(text).commands
        #expect(commands.count == 1)
        return try KnownCommands.outcome(of: try #require(commands.first))
    }

    private func refusal(_ text: String) -> String? {
        do {
            for command in ShellScript(text).commands { _ = try KnownCommands.outcome(of: command) }
            return nil
        } catch {
            return error.reason
        }
    }

    // MARK: Words

    @Test(arguments: [
        ("a b", [["a", "b"]]), ("a && b;c", [["a"], ["b"], ["c"]]), ("a\nb\n", [["a"], ["b"]]),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]), ("a # b", [["a"]]), ("a b#c", [["a", "b#c"]]),
        ("a \"\\$b \\x\"", [["a", "$b \\x"]]), ("a ''", [["a", ""]]), ("a &&\n b", [["a"], ["b"]]),
        ("a \\\n b", [["a", "b"]]), ("", []), ("# a", []), ("a;", [["a"]]), ("X=1 a", [["a"]]),
        ("a $K", [["a", "v", "w"]]), ("a \"${K}\"", [["a", "v w"]]), ("a 1$", [["a", "1$"]]),
    ])
    func words(_ text: String, _ expected: [[String]]) {
        let script = ShellScript(text) { $0 == "K" ? "v w" : nil }
        #expect(script.commands.map(\.texts) == expected)
        #expect(script.commands.allSatisfy { $0.problem == nil })
    }

    @Test(arguments: [
        ("a | b", "a pipe"), ("a || b", "'||'"), ("a > b >", "a redirection to nothing"),
        ("a < b", "a redirection of its input"),
        ("a $(b)", "a command substitution"), ("a `b`", "a command substitution"), ("(a)", "a subshell"),
        ("a & b", "a command in the background"), ("a 'b", "a quote that is not closed"),
        ("a \"b", "a quote that is not closed"), ("a $X", "the variable 'X', whose value is not known"),
        ("a ${X:-1}", "an expansion of 'X'"), ("a $?", "a parameter of the shell"),
        ("a b{1,2}", "braces that are expanded"),
        ("if a; then b; fi", "'if', a word of the shell's language"), ("a &&", "a '&&' without a command"),
        ("&& a", "a '&&' without a command"), ("a;;b", "a ';' that ends no command"),
        ("a \\", "a backslash that escapes nothing"),
    ])
    func problems(_ text: String, _ problem: String) {
        #expect(ShellScript(text).commands.compactMap(\.problem) == [problem])
    }

    // MARK: pip

    @Test(arguments: [
        "pip install -r r.txt", "pip3 install -rr.txt", "pip3.11 install --requirement r.txt",
        "python -m pip install --requirement=r.txt", "python3.12 -m pip install -qr r.txt",
        "uv pip install --system -r r.txt", "uv pip install --no-cache --requirements r.txt",
        "pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore -U -r r.txt",
        "pip install --default-timeout=60 --no-cache --upgrade -r 'r.txt'",
        "pip install --break-system-packages --only-binary :all: -q -r r.txt",
    ])
    func takesRequirementsFiles(_ text: String) throws {
        guard case .installs(let installation) = try outcome(text) else { throw Unexpected() }
        #expect(installation.files == ["r.txt"] && installation.requirements.isEmpty)
        #expect(installation.indexes == PackageIndexes())
    }

    @Test func takesRequirementsAndIndexes() throws {
        guard
            case .installs(let installation) = try outcome(
                "pip install 'a==1' b[c,d] \"e>=2,<3; python_version<'4'\" f~=1.0 -i https://x/s --extra-index-url=https://y -f https://z"
            )
        else { throw Unexpected() }
        #expect(installation.requirements == ["a==1", "b[c,d]", "e>=2,<3; python_version<'4'", "f~=1.0"])
        #expect(
            installation.indexes
                == PackageIndexes(indexURL: "https://x/s", extraIndexURLs: ["https://y"], findLinks: ["https://z"]))
    }

    @Test func takesWhatChangesTheResolution() throws {
        func installation(_ text: String) throws -> PackageInstallation {
            guard case .installs(let installation) = try outcome(text) else { throw Unexpected() }
            return installation
        }
        let pip = try installation(
            "pip install -c c.txt --pre --no-index --require-hashes --no-binary a,b --no-deps -U a . -e ./sub[x]")
        #expect(pip.constraints == ["c.txt"] && pip.requirements == ["a"])
        #expect(pip.lines == ["--no-index", "--require-hashes", "--no-binary a,b"])
        #expect(pip.options.leavesOutDependencies && pip.options.prerelease == "allow")
        #expect(pip.options.upgrade == .named)
        #expect(pip.projects == [ProjectArgument("."), ProjectArgument("./sub[x]", isEditable: true)])
        #expect(try installation("pip install --force-reinstall a").options.upgrade == .all)
        #expect(try installation("pip install -U --upgrade-strategy eager a").options.upgrade == .all)
        let uv = try installation(
            "uv pip install --prerelease=explicit --index-strategy unsafe-best-match --resolution lowest -r pyproject.toml --extra e --group g --all-extras --compile-bytecode -P 'q>1'"
        )
        #expect(uv.options.prerelease == "explicit" && uv.options.indexStrategy == "unsafe-best-match")
        #expect(uv.options.resolution == "lowest" && uv.options.upgrade == .packages(["q"]) && uv.compilesBytecode)
        #expect(uv.selection == PackageSelection(groups: ["g"], extras: ["e"], allExtras: true))
        #expect(try installation("uv pip install -U a").options.upgrade == .all)
        #expect(try installation("pip install a").options == InstallationOptions())
        let synced = try installation("uv pip sync --system a.txt b.txt")
        #expect(synced.files == ["a.txt", "b.txt"] && synced.requirements.isEmpty)
        #expect(synced.options.isExact && synced.options.leavesOutDependencies && synced.target == .uv(isSystem: true))
    }

    @Test(arguments: [
        (".", ".", ""), ("..", "..", ""), ("./a[b,c]", "./a", "[b,c]"), ("/app", "/app", ""), ("../x", "../x", ""),
    ])
    func projects(_ text: String, _ path: String, _ extras: String) {
        #expect(ProjectArgument(text)?.path == path && ProjectArgument(text)?.extras == extras)
    }

    @Test(arguments: ["a", "a/b", "./a.whl", "./a b", "./a[b", "./a;b", "/x.tar.gz", "./a*", ""])
    func areNoProjects(_ text: String) { #expect(ProjectArgument(text) == nil) }

    @Test func takesWhatUvSyncTakes() throws {
        func request(_ text: String) throws -> SyncRequest {
            guard case .syncs(let request) = try outcome(text) else { throw Unexpected() }
            return request
        }
        #expect(try request("uv sync") == SyncRequest())
        let whole = try request(
            "uv sync --frozen --no-dev --group g --no-group h --extra e --no-extra f --no-install-project --no-editable --compile-bytecode --inexact --active --project p -p 3.12 --link-mode=copy"
        )
        #expect(whole.isFrozen && whole.isInexact && whole.isActive && whole.compilesBytecode)
        #expect(whole.directory == "p" && whole.version == "3.12")
        var sync = ProjectSync()
        (sync.excludedGroups, sync.excludedExtras) = (["dev", "h"], ["f"])
        (sync.omission, sync.copiesCode) = (.project, true)
        #expect(whole.selection == PackageSelection(groups: ["g"], extras: ["e"], sync: sync))
        let only = try request("/bin/uv sync --locked --only-dev --all-extras --all-groups --no-default-groups")
        #expect(only.isLocked && only.selection.allExtras)
        #expect(only.selection.sync?.onlyGroups == ["dev"] && only.selection.sync?.takesAllGroups == true)
        #expect(only.selection.sync?.takesDefaultGroups == false)
    }

    @Test(arguments: [
        "pip install uv", "pip install --upgrade pip setuptools wheel", "pip install -U 'pip>=24' uv==0.5.1",
    ])
    func installersAreNothing(_ text: String) throws {
        guard case .installs(let installation) = try outcome(text) else { throw Unexpected() }
        #expect(installation.isOfInstallers)
    }

    @Test(arguments: [
        ("pip install -e git+https://x/y", "'git+https://x/y' is no directory of the image"),
        ("pip install './a b'", "'./a b' is not a requirement that an index can answer"),
        ("pip install -c https://x/c.txt a", "its constraints are not in a file of the context"),
        ("pip install --no-binary 'a b' c", "'a b' names no packages"),
        ("pip install --group dev", "--group reads a project's groups: uv pip install does, too"),
        (
            "uv pip install --prerelease maybe a",
            "'maybe' is none of allow, disallow, if-necessary, explicit, if-necessary-or-explicit"
        ),
        ("uv pip install --index-strategy x a", "'x' is none of first-index, unsafe-first-match, unsafe-best-match"),
        ("uv pip install --resolution x a", "'x' is none of highest, lowest, lowest-direct"),
        ("uv pip install --extra x a", "it asks for groups or extras of a project, and names none"),
        ("uv pip install -r pyproject.toml --group ../p.toml:x", "it asks for groups of another project"),
        (
            "uv pip install --overrides o.txt a",
            "--overrides changes the resolution in a way that cannot be asked for yet"
        ),
        ("pip install --frobnicate a", "its option --frobnicate is not known"),
        ("pip install -Z a", "its option -Z is not known"),
        ("pip install --system a", "its option --system is not known"),
        ("pip install --upgrade=x a", "--upgrade takes no value"),
        ("pip install -r", "-r has no value"),
        ("pip install", "it names nothing to install"),
        ("pip install -r https://x/r.txt", "its requirements are not in a file of the context"),
        ("pip install git+https://x/y", "'git+https://x/y' is not a requirement that an index can answer"),
        ("pip install a@https://u:p@x/y.whl", "'a@https://x/y.whl' is not a requirement that an index can answer"),
        ("pip install x-1.whl", "'x-1.whl' is a file or a URL, not a requirement that an index can answer"),
        ("pip install a>2", "it has a redirection"),
        ("pip install -i https://x -i https://y a", "it names two indexes"),
        ("X=1 mkdir /a", "it sets variables for one command"),
        ("pip wheel a", "its meaning is not known"),
        ("pipx install a", "its meaning is not known"),
        ("uv pip install -p 3.12 a", "--python 3.12 names another Python than the base's first"),
        ("uv pip sync", "it names nothing to install"),
        ("uv pip sync -p 3.12 a.txt", "--python 3.12 names another Python than the base's first"),
        ("uv sync --frozen --locked", "--frozen and --locked exclude each other"),
        ("uv sync --upgrade", "--upgrade locks the project anew, and its uv.lock decides"),
        ("uv sync --package x", "--package installs one member of a workspace, which is not followed"),
        ("uv sync --no-install-package x", "--no-install-package leaves out a package, which is not followed"),
        ("uv sync --python pypy", "'pypy' names a Python in a way that is not known"),
        ("uv sync --frob", "its option --frob is not known"), ("uv sync x", "it takes no operand"),
        ("X=1", "it only sets variables"),
    ])
    func refusesOfPip(_ text: String, _ reason: String) { #expect(refusal(text) == reason) }

    // MARK: Others

    @Test func takesWhatHasNoEffect() throws {
        for text in [
            "true", ":", "set -e", "set -eux", "set -euxo pipefail", "echo 'a b'", "echo a > /dev/null",
            "printf a 2>&1",
            "pip cache purge", "uv cache clean",
        ] {
            guard case .nothing = try outcome(text) else { throw Unexpected() }
        }
        #expect(try outcome("cd /a") == .changesDirectory("/a"))
    }

    @Test(
        arguments: [
            (
                "mkdir -p /a b",
                [
                    .directory(NewDirectory(path: "/a", makesParents: true)),
                    .directory(NewDirectory(path: "b", makesParents: true)),
                ]
            ),
            ("mkdir -m 700 a", [.directory(NewDirectory(path: "a", makesParents: false, mode: "700"))]),
            (
                "chmod -R a+rw .",
                [.mode(ModeAssignment(files: [NamedFiles(".")], mode: "a+rw", isRecursive: true))]
            ),
            (
                "chmod 755 *.sh",
                [.mode(ModeAssignment(files: [NamedFiles("*.sh", isPattern: true)], mode: "755", isRecursive: false))]
            ),
            (
                "chown -Rh me:you .",
                [
                    .owner(
                        OwnerAssignment(
                            files: [NamedFiles(".")], owner: FileOwner("me:you"), isRecursive: true, changesLinks: true)
                    )
                ]
            ),
            (
                "chgrp 7 x",
                [
                    .owner(
                        OwnerAssignment(
                            files: [NamedFiles("x")], owner: FileOwner(user: nil, group: "7"), isRecursive: false,
                            changesLinks: false))
                ]
            ),
            (
                "rm -rf ~/.cache /var/lib/apt/lists/*",
                [
                    .remove(
                        FileRemoval(
                            files: [
                                NamedFiles("/root/.cache"), NamedFiles("/var/lib/apt/lists/*", isPattern: true),
                            ], isRecursive: true, isForced: true))
                ]
            ),
            (
                "ln -sfn /a/b c",
                [.link(NewLink(target: "/a/b", path: "c", replaces: true, isPlaceItself: true))]
            ),
            ("touch a b", [.touch(path: "a"), .touch(path: "b")]),
            ("echo 'a  b' c > d", [.write(FileText(path: "d", text: "a  b c\n"))]),
            ("echo -n a >> d", [.write(FileText(path: "d", text: "a", appends: true))]),
            ("printf '%s=%s\\n' a b c d >d", [.write(FileText(path: "d", text: "a=b\nc=d\n"))]),
            (": > d", [.write(FileText(path: "d", text: ""))]),
            ("groupadd -r -g 30 x", [.group(NewGroup(name: "x", gid: 30, isSystem: true))]),
            ("addgroup --gid 30 x", [.group(NewGroup(name: "x", gid: 30, tool: .adduser))]),
            ("adduser --group x", [.group(NewGroup(name: "x", tool: .adduser))]),
            ("addgroup --system --quiet x", [.group(NewGroup(name: "x", isSystem: true, tool: .adduser))]),
            ("adduser me games", [.member(NewMember(user: "me", groups: ["games"]))]),
            ("usermod -aG a,b me", [.member(NewMember(user: "me", groups: ["a", "b"]))]),
            ("usermod --append --groups a me", [.member(NewMember(user: "me", groups: ["a"]))]),
        ] as [(String, [FileChange])])
    func changesFiles(_ text: String, _ changes: [FileChange]) throws {
        #expect(try outcome(text) == .changes(changes))
    }

    @Test func addsUsers() throws {
        var user = NewUser(name: "app")
        #expect(try outcome("useradd app") == .changes([.user(user)]))
        (user.uid, user.group, user.groups, user.shell) = (7, "30", ["a", "b"], "/bin/bash")
        (user.home, user.comment, user.isSystem, user.makesHome) = ("/srv/app", "An app", true, true)
        let text = "useradd -rms /bin/bash -u 7 --gid=30 -G a,b -d /srv/app -c 'An app' app"
        #expect(try outcome(text) == .changes([.user(user)]))
    }

    /// What adduser asks for changes nothing where nobody answers, and neither do options that keep it from asking.
    @Test(arguments: [
        "adduser app", "adduser --disabled-password --gecos '' app", "adduser --disabled-password --gecos \"\" app",
        "adduser --quiet --comment='' app",
    ])
    func addsUsersOfDebian(_ text: String) throws {
        var user = NewUser(name: "app")
        (user.tool, user.makesHome, user.comment) = (.adduser, true, ",,,")
        #expect(try outcome(text) == .changes([.user(user)]))
    }

    @Test func addsUsersOfDebianWithOptions() throws {
        var user = NewUser(name: "app")
        (user.tool, user.comment, user.shell) = (.adduser, "A B,1,,", "/usr/sbin/nologin")
        (user.uid, user.group, user.home) = (7, "g", "/srv/app")
        let text =
            "adduser --disabled-login --gecos 'A B,1' --uid 7 --ingroup g --home /srv/app --no-create-home app"
        #expect(try outcome(text) == .changes([.user(user)]))
        var service = NewUser(name: "app")
        (service.tool, service.isSystem, service.makesHome, service.hasNoGroup) = (.adduser, true, true, true)
        #expect(try outcome("adduser --system app") == .changes([.user(service)]))
        service.hasNoGroup = false
        #expect(try outcome("adduser --system --group app") == .changes([.user(service)]))
    }

    @Test(arguments: [
        (
            "apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*",
            "packages of Debian cannot be installed yet"
        ),
        ("DEBIAN_FRONTEND=noninteractive apt-get update -qq | cat", "packages of Debian cannot be installed yet"),
        ("chown me: x", "'me:' means a group that a login would have"), ("chmod 999 x", "'999' is no mode"),
        ("chmod +x", "it names no path"), ("ln a b", "hard links cannot be made"), ("rm", "it names no path"),
        ("touch -d 0 x", "its option -d is not known"),
        ("chmod --reference=a b", "its option --reference is not known"),
        ("echo 'a\\tb' > c", "what echo makes of 'a\\tb', shells disagree about"),
        ("echo a > b > c", "its output goes to several files"), ("echo a 2> b", "it has a file for its errors"),
        ("echo a >", "it has a redirection to nothing"), ("mkdir -m x a", "'x' is no mode"),
        ("useradd -p secret me", "-p would put a password into the image"),
        ("useradd", "it does not name one user"), ("useradd -u x me", "'x' is not a number of a user or a group"),
        ("rm \"a\"*", "'a*' is a pattern in a word with quotes"),
        ("mkdir a*", "the path 'a*' is one that a shell would have to look up"),
        ("set -n", "its option '-n' is not known"), ("set -o vi", "pipefail is the one option known by name"),
        ("cd", "it does not name one directory"), ("cd ~/x", "it does not name one directory"),
        ("adduser -D me", "its option -D is not known"), ("adduser", "it does not name one user"),
        ("adduser --system me games", "it does not name one user"), ("addgroup me games", "it does not name one group"),
        ("adduser --gecos a:b me", "the comment 'a:b' holds a colon"),
        ("adduser --home x me", "the home 'x' is not absolute"),
        ("adduser --system --group --gid 7 me", "--group makes a group, and another option names one"),
        ("usermod -G a me", "it does more than to add a user to groups by -aG"),
        ("usermod -aG a -s /bin/sh me", "its option -s is not known"),
        ("passwd -d me", "it would put a password into the image"), ("make", "its meaning is not known"),
        ("source x", "it reads a script that is not known"),
        ("pip list > b", "it has a redirection"),
    ])
    func refusesOfOthers(_ text: String, _ reason: String) { #expect(refusal(text) == reason) }

    @Test func anAnswerListsWhatIsKnown() throws {
        let error = try #require(failure { try lowered("WORKDIR /app\nRUN make all && pip install a") })
        #expect(error.code == .unsupportedCommand)
        #expect(error.message == "'RUN make all' cannot be followed: its meaning is not known")
        #expect(error.place == "Dockerfile:3:5")
        #expect(error.line == "RUN make all && pip install a")
        #expect(error.hints.last?.contains("pip install, uv pip install, uv pip sync, uv sync") == true)
    }
}
