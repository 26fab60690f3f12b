"""The client of the REST API against servers that answer as they like."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from cooperage_client import (
    ApiError,
    BuildCancelled,
    BuildFailed,
    BuildTimedOut,
    Client,
    Connection,
    Context,
    CooperageError,
    DockerfileBuild,
    Event,
    Indexes,
    InvalidRequest,
    Login,
    NamedSecret,
    Secrets,
    ServerUnreachable,
)
from support.scripted import Answer, Asked, ScriptedServer

pytestmark = pytest.mark.quick
TOKEN = "cprg_1_swordfish"


def document(state: str = "queued", **more: object) -> dict[str, object]:
    """A build as the server tells of it."""
    return {"id": "b-1", "project": "team", "state": state, "build": {}, **more}


SUCCESS = document(
    "succeeded",
    outcome={
        "descriptor": {"digest": "sha256:aa", "size": 1, "mediaType": "m"},
        "image_id": "sha256:bb",
        "references": ["r/a@sha256:aa"],
        "uploaded_bytes": 7,
    },
)


def event(kind: str, data: str, number: int | None = None) -> str:
    """An event as it is sent."""
    return f"{f'id: {number}' + chr(10) if number else ''}event: {kind}\ndata: {data}\n\n"


def encoded(build: dict[str, object]) -> str:
    """A build as an event's data."""
    import json

    return json.dumps(build)


def client(server: ScriptedServer, patience: float = 5) -> Client:
    """A client that is not patient."""
    return Client(server.url, TOKEN, "team", Connection(patience=patience, read_timeout=5))


# What is refused before anybody is asked


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("builds.example.org", "is not the URL of a server"),
        ("ftp://builds.example.org", "is not the URL of a server"),
        ("http://builds.example.org", "would show the token"),
        ("http://127.0.0.1.example.org", "would show the token"),
        ("https://user:swordfish@builds.example.org", "holds more than a place"),
        ("https://builds.example.org?token=swordfish", "holds more than a place"),
    ],
)
def test_where_no_token_is_sent(url: str, text: str) -> None:
    with pytest.raises(InvalidRequest, match=text) as caught:
        Client(url, TOKEN)
    assert "swordfish" not in str(caught.value) or "?" in url


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:1/", "http://[::1]:1", "https://b.example/"])
def test_where_it_is(url: str) -> None:
    assert Client(url).server == url.rstrip("/")


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a\0b"])
def test_paths_stay_below_the_context(path: str) -> None:
    with pytest.raises(InvalidRequest, match="not a path below the context"):
        Context().add_text(path, "x")


def test_nothing_shows_a_secret() -> None:
    secrets = Secrets([Login("r", "u", "swordfish")], [Login("i", "u", "swordfish")], [NamedSecret("n", "swordfish")])
    assert "swordfish" not in repr(secrets) + str(secrets)
    assert secrets.document() == {
        "registries": [{"scope": "r", "username": "u", "password": "swordfish"}],
        "indexes": [{"scope": "i", "username": "u", "password": "swordfish"}],
        "named": [{"id": "n", "value": "swordfish"}],
    }
    assert Secrets().document() is None


def test_what_a_build_says() -> None:
    full = DockerfileBuild(
        "d/Dockerfile", {"A": "b"}, "stage", "linux/amd64", {"l": "m"}, {"a": "n"},
        Indexes("https://i", ["https://e"], ["links"], "2026-11-01"), ["r/a:1"], False, True, True, 5_000_000_000,
    )  # fmt: skip
    assert full.document("sha256:c") == {
        "context": "sha256:c", "path": "d/Dockerfile", "build_args": {"A": "b"}, "target": "stage",
        "platform": "linux/amd64", "labels": {"l": "m"}, "annotations": {"a": "n"}, "tags": ["r/a:1"], "push": True,
        "cache": False, "pull": True, "compile_bytecode": True, "max_layer_size": 5_000_000_000,
        "indexes": {
            "index_url": "https://i", "extra_index_urls": ["https://e"], "find_links": ["links"],
            "exclude_newer": "2026-11-01",
        },
    }  # fmt: skip
    assert DockerfileBuild().document("sha256:c") == {
        "context": "sha256:c", "path": "Dockerfile", "cache": True, "pull": False,
    }  # fmt: skip


# Contexts


def test_a_directory_as_a_context(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir(mode=0o755)
    (tmp_path / "b" / "x").write_text("x")
    (tmp_path / "b" / "x").chmod(0o755)
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "ä").write_text("")
    (tmp_path / "ä").chmod(0o600)
    (tmp_path / "left-out").write_text("secret")
    (tmp_path / ".dockerignore").write_text("# a remark\nleft-out\n")
    for context in (Context.of_directory(tmp_path), Context.of_directory(tmp_path, lambda path: path == "left-out")):
        assert context.manifest()["entries"] == [
            {"path": ".dockerignore", "kind": "file", "mode": 0o644, "size": 20, "digest": sha("# a remark\nleft-out\n")},
            {"path": "b", "kind": "directory", "mode": 0o755},
            {"path": "b/x", "kind": "file", "mode": 0o755, "size": 1, "digest": sha("x")},
            {"path": "link", "kind": "link", "mode": 0o777, "target": "b"},
            {"path": "ä", "kind": "file", "mode": 0o600, "size": 0, "digest": sha("")},
        ]
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidRequest, match="neither a file, a link nor a directory"):
        Context.of_directory(tmp_path)


def sha(text: str) -> str:
    """A digest."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_only_what_is_missing_goes_up(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "empty").write_text("")
    context = Context.of_directory(tmp_path)
    context.add_text("old", "old")
    context.add_text("again", "new")
    vanished = [sha("old")]

    def answer(asked: Asked) -> Answer:
        if asked.line.endswith("/contexts/missing"):
            return Answer(body={"missing": [sha("new"), sha("")]})
        if asked.line == "POST /api/v1/contexts" and vanished:
            return Answer(409, {"code": "missing_content", "detail": "gone", "missing": [vanished.pop()]})
        return Answer(201, {"digest": "sha256:c"})

    told: list[Event] = []
    with ScriptedServer(answer) as server, client(server) as asking:
        assert asking.upload(context, told.append) == "sha256:c"
        puts = {asked.line.split("/")[-1]: asked for asked in server.asked if asked.line.startswith("PUT")}
        assert {digest: asked.body for digest, asked in puts.items()} == {
            sha("new"): b"new",
            sha(""): b"",
            sha("old"): b"old",
        }
        assert puts[sha("")].headers["Content-Length"] == "0"
        assert sorted(server.asked[0].json["digests"]) == sorted([sha("new"), sha("old"), sha("")])
        assert [entry["path"] for entry in server.asked[-1].json["entries"]] == ["again", "empty", "new", "old"]
        assert all(asked.headers["Authorization"] == f"Bearer {TOKEN}" for asked in server.asked)
        assert all(asked.headers["X-Cooperage-Project"] == "team" for asked in server.asked)
    assert told[0].text == "context: 2 of the context's 4 files go up, 3 B"


# Builds


def test_a_build_to_its_image() -> None:
    streams = [
        event("state", '{"event":"state","state":"queued"}', 1)
        + ": alive\n\n"
        + event("notice", '{"event":"notice","message":"line\u2028break"}', 2),
        event("phase_started", '{"event":"phase_started","phase":"resolve"}', 3) + event("end", encoded(SUCCESS)),
    ]

    def answer(asked: Asked) -> Answer:
        if asked.line == "POST /api/v1/builds":
            return Answer(202, document(remarks=["line 1: FROM a → base a"]))
        if asked.line.endswith("/events"):
            return Answer(body=streams.pop(0), cut=len(streams) == 1)
        raise AssertionError(asked.line)

    told: list[Event] = []
    with ScriptedServer(answer) as server, client(server) as asking:
        built = asking.build("sha256:c", DockerfileBuild(), Secrets([Login("r", "u", "p")]), told.append)
        assert (built.references, built.digest, built.image_id) == (("r/a@sha256:aa",), "sha256:aa", "sha256:bb")
        assert built.uploaded_bytes == 7 and built.is_final
        asked = [asked for asked in server.asked if asked.line.endswith("/events")]
        # A connection that breaks costs no event, and brings none twice.
        assert [asked.headers["Last-Event-ID"] for asked in asked] == ["0", "2"]
        assert server.asked[0].json["secrets"] == {"registries": [{"scope": "r", "username": "u", "password": "p"}]}
        assert len(server.asked[0].headers["Idempotency-Key"]) == 36
    assert [told_event.text for told_event in told] == [
        "line 1: FROM a → base a",
        "the build waits for a worker",
        "line\u2028break",
        "resolve: resolve the requirements",
    ]


@pytest.mark.parametrize("fault", [Answer(503), Answer(429, {"code": "too_many"}, {"Retry-After": "0"}), Answer(0)])
def test_what_may_be_repeated_is(fault: Answer) -> None:
    faults = [fault]

    def answer(asked: Asked) -> Answer:
        return faults.pop() if faults else Answer(202, document())

    with ScriptedServer(answer) as server, client(server) as asking:
        assert asking.submit("sha256:c", DockerfileBuild()).id == "b-1"
        keys = {asked.headers["Idempotency-Key"] for asked in server.asked}
        assert len(server.asked) == 2 and len(keys) == 1


def test_the_servers_words() -> None:
    problem = {
        "code": "unsupported_command",
        "detail": "'make' cannot be followed",
        "context": ["line: Dockerfile:8:5"],
        "hints": ["leave it out"],
        "request_id": "r-1",
    }
    with ScriptedServer(lambda asked: Answer(422, problem)) as server, client(server) as asking:
        with pytest.raises(ApiError) as caught:
            asking.submit("sha256:c", DockerfileBuild())
        error = caught.value
        assert (error.status, error.code, error.hints) == (422, "unsupported_command", ("leave it out",))
        assert str(error) == "'make' cannot be followed\n  at line: Dockerfile:8:5\nhint: leave it out"
        assert len(server.asked) == 1 and error.request_id == "r-1"
    hidden = Answer(500, {"code": "internal", "detail": "failed", "request_id": "r-2"})
    with ScriptedServer(lambda asked: hidden) as server, pytest.raises(ApiError, match="at request: r-2"):
        client(server).get("b-1")


def test_builds_that_end_otherwise() -> None:
    problem = {"code": "no_solution", "message": "no numpy", "context": ["a: b"], "hints": ["c"], "is_requests_fault": True}
    ends = [document("failed", problem=problem), document("cancelled")]

    def answer(asked: Asked) -> Answer:
        return Answer(body=event("end", encoded(ends.pop(0))))

    with ScriptedServer(answer) as server, client(server) as asking:
        with pytest.raises(BuildFailed) as failed:
            asking.wait("b-1")
        assert failed.value.code == "no_solution" and failed.value.build.problem is not None
        assert str(failed.value) == "no numpy\n  at a: b\n  at build: b-1\nhint: c"
        with pytest.raises(BuildCancelled, match="b-1 was cancelled"):
            asking.wait("b-1")


def test_a_build_that_takes_too_long_is_called_off() -> None:
    def answer(asked: Asked) -> Answer:
        if asked.line.endswith("/events"):
            return Answer(body=": alive\n\n", cut=True)
        return Answer(202, document("cancelled" if asked.line.endswith("/cancel") else "queued"))

    with ScriptedServer(answer) as server, client(server) as asking:
        with pytest.raises(BuildTimedOut, match=r"within 0\.3 seconds"):
            asking.build("sha256:c", DockerfileBuild(), timeout=0.3)
        assert server.lines[-1] == "POST /api/v1/builds/b-1/cancel"


def test_an_interrupted_build_is_called_off() -> None:
    def answer(asked: Asked) -> Answer:
        if asked.line.endswith("/events"):
            return Answer(body=event("notice", '{"event":"notice","message":"x"}', 1))
        return Answer(202, document())

    def interrupt(told: Event) -> None:
        raise KeyboardInterrupt

    with ScriptedServer(answer) as server, client(server) as asking:
        with pytest.raises(KeyboardInterrupt):
            asking.build("sha256:c", DockerfileBuild(), on_event=interrupt)
        assert server.lines[-1] == "POST /api/v1/builds/b-1/cancel"


@pytest.mark.parametrize("id", ["", "../tokens", "a/b", "a?b", "a" * 65])
def test_ids_are_no_paths(id: str) -> None:
    with pytest.raises(InvalidRequest, match="is not the id of a build"):
        Client("http://127.0.0.1:1").get(id)


# Who asks


def test_a_token_goes_to_one_place_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password swordfish\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with ScriptedServer(lambda asked: Answer(200, {"version": "1"})) as other:
        redirect = Answer(307, {}, {"Location": other.url + "/x"})
        with ScriptedServer(lambda asked: redirect) as server:
            with pytest.raises(ApiError) as caught:
                client(server).version()
            assert caught.value.status == 307 and not other.asked
        Client(other.url).version()
        assert "Authorization" not in other.asked[0].headers


def test_nobody_answers() -> None:
    with ScriptedServer(lambda asked: Answer()) as server:
        url = server.url
    with pytest.raises(ServerUnreachable, match="no connection, or it broke") as caught:
        Client(url, TOKEN, connection=Connection(patience=0)).version()
    assert TOKEN not in str(caught.value) and "0x" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(200, {"hello": "world"}), "answers with no build"),
        (Answer(404, "<html>nothing</html>"), "404 Not Found, and no problem document"),
    ],
)
def test_something_else_answers(answer: Answer, text: str) -> None:
    with ScriptedServer(lambda asked: answer) as server, pytest.raises(CooperageError, match=text):
        client(server).get("b-1")


def test_the_environments_token(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no server is named"):
        Client.from_environment({})
    file = tmp_path / "token"

    def answer(asked: Asked) -> Answer:
        return Answer(200, {"value": "jwt", "version": "1"})

    with ScriptedServer(answer) as server:

        def asked_with(**more: str) -> str | None:
            Client.from_environment({"COOPERAGE_SERVER": server.url, **more}).version()
            return server.asked[-1].headers.get("Authorization")

        assert asked_with() is None
        assert asked_with(COOPERAGE_TOKEN="one", COOPERAGE_TOKEN_FILE=str(file)) == "Bearer one"
        with pytest.raises(InvalidRequest, match="cannot be read"):
            asked_with(COOPERAGE_TOKEN_FILE=str(file))
        file.write_text("two\n")
        assert asked_with(COOPERAGE_TOKEN_FILE=str(file)) == "Bearer two"
        job = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/job?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job"}
        assert asked_with(**job) == "Bearer jwt"
        question = server.asked[-2]
        assert question.headers["Authorization"] == "Bearer job"
        assert question.line.startswith("GET /job?x=1&audience=http%3A%2F%2F127.0.0.1")
