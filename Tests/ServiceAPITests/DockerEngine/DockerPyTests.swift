import Content
import Foundation
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

/// docker-py against the endpoint: what ZenML's local builder does.
@Suite struct DockerPyTests {
    @Test func pingVersionAndInfo() async throws {
        try await EngineSite.run(works: false) { engine in
            let result = try await engine.python(
                """
                result["ping"] = client.ping()
                result["version"] = client.version()
                result["info"] = client.info()
                result["login"] = client.login("user", "password", registry="r.example")["Status"]
                result["images"] = len(client.images.list())
                """)
            #expect(result["ping"] as? Bool == true)
            let version = result["version"] as? [String: Any]
            #expect(version?["Version"] as? String == "1.2.3")
            #expect(version?["ApiVersion"] as? String == "1.44")
            #expect((result["info"] as? [String: Any])?["OSType"] as? String == "linux")
            #expect((result["login"] as? String)?.isEmpty == false)
            #expect(result["images"] as? Int == 0)
        }
    }

    @Test func anImageIsBuiltNamedAndPushed() async throws {
        try await DockerRegistry.run { registry in
            try await EngineSite.run { engine in
                let context = try engine.context(from: try await engine.pushBase(to: registry.host))
                let result = try await engine.python(
                    """
                    context, host = arguments
                    name = host + "/team/app"
                    image, log = client.images.build(
                        path=context, tag=name + ":1", rm=True, buildargs={"MODE": "a b"}, labels={"note": "x y"})
                    result["log"] = "".join(line.get("stream", "") for line in log)
                    result["id"], result["tags"], result["labels"] = image.id, image.tags, image.labels
                    result["config"] = image.attrs["Config"]
                    result["tagged"] = image.tag(name, tag="2")
                    again = client.images.get(name + ":2")
                    result["again"], result["both"] = again.id, again.tags
                    result["before"] = again.attrs["RepoDigests"]
                    lines = [json.loads(l) for l in client.images.push(name, tag="2").splitlines() if l]
                    result["errors"] = [l["error"] for l in lines if "error" in l]
                    result["aux"] = [l["aux"] for l in lines if "aux" in l][-1]
                    result["after"] = client.images.get(name + ":2").attrs["RepoDigests"]
                    result["listed"] = [i.id for i in client.images.list(name=name)]
                    result["others"] = [i.id for i in client.images.list(name="other")]
                    """, [context.string, registry.host])
                let log = try #require(result["log"] as? String)
                let id = try #require(result["id"] as? String)
                #expect(log.contains("Step 1/") && log.contains(": FROM \(registry.host)/base/python:1"), "\(log)")
                #expect(log.contains("Successfully built \(id.dropFirst(7).prefix(12))\n"), "\(log)")
                #expect(log.contains("Successfully tagged \(registry.host)/team/app:1\n"))
                #expect(result["tags"] as? [String] == ["\(registry.host)/team/app:1"])
                #expect((result["labels"] as? [String: String])?["note"] == "x y")
                let config = try #require(result["config"] as? [String: Any])
                #expect(config["WorkingDir"] as? String == "/app")
                #expect(config["Entrypoint"] as? [String] == ["python", "main.py"])
                let environment = try #require(config["Env"] as? [String])
                #expect(environment.contains("MODE=a b") && environment.contains("ZENML_LOGGING_VERBOSITY=INFO"))
                #expect(result["tagged"] as? Bool == true)
                #expect(result["again"] as? String == id)
                #expect((result["both"] as? [String])?.count == 2)
                #expect(result["before"] as? [String] == [])
                #expect(result["errors"] as? [String] == [])
                // What was told is what a foreign client finds.
                let digest = try await RegistryLook.digest("team/app", "2", on: registry.host)
                let aux = try #require(result["aux"] as? [String: Any])
                #expect(aux["Digest"] as? String == digest)
                #expect(aux["Tag"] as? String == "2")
                #expect(result["after"] as? [String] == ["\(registry.host)/team/app@\(digest)"])
                #expect(result["listed"] as? [String] == [id])
                #expect(result["others"] as? [String] == [])
                // The other name was not pushed.
                await #expect(throws: (any Error).self) {
                    try await RegistryLook.digest("team/app", "1", on: registry.host)
                }
                let paths = try await RegistryLook.paths("team/app", "2", on: registry.host)
                let packages = "opt/venv/lib/python3.11/site-packages"
                let wanted: Set = [
                    "\(packages)/alpha.py", "\(packages)/beta.py", "opt/app/main.py", "opt/app/.git/config",
                    "opt/app/Dockerfile",
                ]
                #expect(wanted.subtracting(paths) == [], "\(paths.sorted())")
                // What the endpoint adds to a context is in no image.
                #expect(!paths.contains { $0.hasSuffix(".dockerignore") || $0.hasSuffix("app/requirements.txt") })
            }
        }
    }

    @Test func credentialsTravelWithTheCall() async throws {
        try await DockerRegistry.run(.password) { registry in
            try await EngineSite.run { engine in
                let login = BuildSecrets.Login(
                    scope: registry.host, username: DockerRegistry.user, password: DockerRegistry.password)
                let base = try await engine.pushBase(to: registry.host, secrets: BuildSecrets(registries: [login]))
                let context = try engine.context(from: base)
                let auth = Data("\(DockerRegistry.user):\(DockerRegistry.password)".utf8).base64EncodedString()
                let push = """
                    context, host, user, password = arguments
                    name = host + "/team/app"
                    def push(**more):
                        lines = [json.loads(l) for l in client.images.push(name, tag="1", **more).splitlines() if l]
                        return lines[-1]

                    """
                let arguments = [context.string, registry.host, DockerRegistry.user, DockerRegistry.password]
                // The client finds the credential in its own configuration, for the base and for the push.
                let known = try await engine.python(
                    push + """
                        client.images.build(path=context, tag=name + ":1")
                        result["known"] = push()
                        """, arguments,
                    configuration: #"{"auths": {"\#(registry.host)": {"auth": "\#(auth)"}}}"#)
                let other = try await engine.python(
                    push + """
                        result["unknown"] = push()
                        result["wrong"] = push(auth_config={"username": user, "password": "nonsense"})
                        result["given"] = push(auth_config={"username": user, "password": password})
                        """, arguments)
                let result = known.merging(other) { $1 }
                let digest = try await RegistryLook.digest(
                    "team/app", "1", on: registry.host,
                    arguments: ["-u", "\(DockerRegistry.user):\(DockerRegistry.password)"])
                for name in ["known", "given"] {
                    let aux = (result[name] as? [String: Any])?["aux"] as? [String: Any]
                    #expect(aux?["Digest"] as? String == digest, "\(name): \(result)")
                }
                for name in ["unknown", "wrong"] {
                    let error = (result[name] as? [String: Any])?["error"] as? String
                    #expect(error?.contains(registry.host) == true, "\(name): \(result)")
                    #expect(error?.contains("nonsense") == false)
                }
                let kept = await engine.site.store.dump
                #expect(!kept.contains("nonsense") && !kept.contains(auth))
            }
        }
    }

    @Test func whatCannotBeFollowedIsTold() async throws {
        try await DockerRegistry.run { registry in
            try await EngineSite.run { engine in
                let base = try await engine.pushBase(to: registry.host)
                let unknown = try engine.context(from: base, more: "RUN make install")
                let result = try await engine.python(
                    """
                    unknown, host = arguments
                    def failure(call):
                        try: call()
                        except docker.errors.DockerException as error: return [type(error).__name__, str(error)]
                    def build(text, **more):
                        file = io.BytesIO()
                        with tarfile.open(fileobj=file, mode="w:gz") as tar:
                            info = tarfile.TarInfo("Dockerfile")
                            info.size = len(text)
                            tar.addfile(info, io.BytesIO(text.encode()))
                        file.seek(0)
                        return client.images.build(
                            fileobj=file, custom_context=True, encoding="gzip", **more)
                    result["unknown"] = failure(lambda: client.images.build(path=unknown, tag="app:1"))
                    result["syntax"] = failure(lambda: build("FORM x\\n"))
                    result["empty"] = failure(lambda: build("FROM %s/base/none:1\\n" % host))
                    result["remote"] = failure(lambda: client.images.build(path="https://example.com/x.git"))
                    result["run"] = failure(lambda: client.containers.run("app:1"))
                    result["list"] = failure(lambda: client.containers.list())
                    result["get"] = failure(lambda: client.images.get("app:1"))
                    result["push"] = failure(lambda: client.images.push("app:1"))
                    # An unpushed image's name may be anybody's in a registry.
                    build("FROM %s/base/python:1\\nLABEL a=b\\n" % host, tag="mine:1")
                    result["mine"] = failure(lambda: build("FROM mine:1\\n"))
                    result["left"] = [i.tags for i in client.images.list()]
                    """, [unknown.string, registry.host])
                func failure(_ name: String) throws -> (type: String, text: String) {
                    let words = try #require(result[name] as? [String], "\(name): \(result)")
                    return (words[0], words[1])
                }
                let run = try failure("unknown")
                #expect(run.type == "BuildError")
                #expect(run.text.contains("make") && run.text.contains("Dockerfile:9:"), "\(run.text)")
                #expect(try failure("syntax").text.contains("FORM"))
                #expect(try failure("empty").text.contains("base/none"))
                #expect(try failure("remote").text.contains("remote"))
                for name in ["run", "list"] {
                    #expect(try failure(name).text.contains("does nothing else of an engine"), "\(result)")
                }
                #expect(try failure("get").type == "ImageNotFound")
                #expect(try failure("push").type == "ImageNotFound" || failure("push").type == "NotFound")
                #expect(try failure("mine").text.contains("lies in no registry"))
                #expect(result["left"] as? [[String]] == [["mine:1"]])
            }
        }
    }

    /// ZenML's local builder names a parent image that not every server can pull.
    @Test func anotherImageStandsInForTheBase() async throws {
        try await DockerRegistry.run { registry in
            let standIn = try Reference("\(registry.host)/base/python:1")
            let image = try Reference("zenmldocker/zenml:0.98.0-py3.11")
            let site = try await ServiceSite { settings in
                settings.baseMappings = [BaseMapping(image: image, base: .reference(standIn))]
            }
            try await EngineSite.run(site: site) { engine in
                _ = try await engine.pushBase(to: registry.host)
                let context = try engine.context(from: "zenmldocker/zenml:0.98.0-py3.11")
                let result = try await engine.python(
                    """
                    image, log = client.images.build(path=arguments[0], tag="app:1", pull=False)
                    result["log"] = "".join(line.get("stream", "") for line in log)
                    result["env"] = image.attrs["Config"]["Env"]
                    """, [context.string])
                #expect((result["env"] as? [String])?.contains("VIRTUAL_ENV=/opt/venv") == true, "\(result)")
                #expect((result["log"] as? String)?.contains("base \(standIn)") == true, "\(result)")
            }
        }
    }

    @Test func aPulledBaseIsKnown() async throws {
        try await DockerRegistry.run { registry in
            try await EngineSite.run { engine in
                let base = try await engine.pushBase(to: registry.host)
                let result = try await engine.python(
                    """
                    name, host = arguments
                    image = client.images.pull(name)
                    result["tags"], result["env"] = image.tags, image.attrs["Config"]["Env"]
                    result["data"] = client.images.get_registry_data(name).id
                    image.tag(host + "/team/copy", tag="1")
                    lines = client.images.push(host + "/team/copy", tag="1").splitlines()
                    result["push"] = json.loads(lines[-1]).get("error")
                    client.images.remove(name)
                    result["left"] = [i.tags for i in client.images.list()]
                    client.images.remove(image.id)
                    result["none"] = len(client.images.list(all=True))
                    """, [base, registry.host])
                #expect(result["tags"] as? [String] == [base])
                #expect((result["env"] as? [String])?.contains("VIRTUAL_ENV=/opt/venv") == true)
                let digest = try await RegistryLook.digest("base/python", "1", on: registry.host)
                #expect(result["data"] as? String == digest)
                #expect((result["push"] as? String)?.contains("was not built here") == true, "\(result)")
                #expect(result["left"] as? [[String]] == [["\(registry.host)/team/copy:1"]])
                #expect(result["none"] as? Int == 0)
            }
        }
    }
}
