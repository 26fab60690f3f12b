"""What the ZenML package makes of ZenML's words, without a server."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import uuid4

import pytest
from zenml.config.docker_settings import DockerBuildOptions
from zenml.image_builders import BuildContext
from zenml.utils import secret_utils
from zenml.zen_server.pipeline_execution.workload_manager_interface import WorkloadManagerInterface, WorkloadType

from cooperage_client import Context, Event, InvalidRequest
from cooperage_zenml.config import CooperageImageBuilderConfig
from cooperage_zenml.contexts import converted, with_package
from cooperage_zenml.flavor import CooperageImageBuilderFlavor
from cooperage_zenml.image_builder import CooperageImageBuilder
from cooperage_zenml.log import EventLog
from cooperage_zenml.options import BuildOptions
from cooperage_zenml.workload_manager import CooperageWorkloadManager
from support.scripted import Answer, Asked, ScriptedServer

pytestmark = pytest.mark.quick


# Options


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, BuildOptions()),
        ({"pull": True, "rm": False}, BuildOptions(pull=True)),
        ({"rm": True, "pull": False, "no_cache": False}, BuildOptions()),
        ({"no_cache": True}, BuildOptions(no_cache=True)),
        ({"nocache": True}, BuildOptions(no_cache=True)),
        ({"buildargs": {"A": 1, "B": None, "HOME": None}}, BuildOptions(build_args={"A": "1", "HOME": "/h"})),
        ({"labels": {"a": 1}}, BuildOptions(labels={"a": "1"})),
        ({"platform": "linux/arm64", "target": "last"}, BuildOptions(platform="linux/arm64", target="last")),
        ({"dockerfile": "d/Dockerfile"}, BuildOptions(dockerfile="d/Dockerfile")),
        ({"squash": False, "shm_size": 1, "cache_from": ["a"]}, BuildOptions(ignored=("cache_from", "shm_size"))),
    ],
)
def test_options_that_are_followed(given: dict[str, object], wanted: BuildOptions) -> None:
    assert BuildOptions.of(DockerBuildOptions(**given), {"HOME": "/h"}) == wanted


@pytest.mark.parametrize(
    ("given", "names"),
    [({"squash": True}, "`squash`"), ({"secret": ["id=a"], "ssh": "default"}, "`secret`, `ssh`"), ({"x": 0}, "`x`")],
)
def test_options_that_are_refused(given: dict[str, object], names: str) -> None:
    with pytest.raises(InvalidRequest, match=f"the build options {names} cannot be followed"):
        BuildOptions.of(DockerBuildOptions(**given))


def test_no_options() -> None:
    assert BuildOptions.of(None) == BuildOptions()


# The flavor


def test_the_flavor() -> None:
    flavor = CooperageImageBuilderFlavor()
    assert (flavor.name, flavor.type.value) == ("cooperage", "image_builder")
    assert flavor.config_class is CooperageImageBuilderConfig
    assert flavor.implementation_class is CooperageImageBuilder
    # ZenML shows what is no secret.
    fields = CooperageImageBuilderConfig.model_fields
    assert [name for name, field in fields.items() if secret_utils.is_secret_field(field)] == ["token"]
    assert all(field.description for field in fields.values())


# Contexts


def test_zenmls_context_by_content(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("print()\n")
    (tmp_path / "left.txt").write_text("x")
    (tmp_path / "Dockerfile").write_text("FROM other\n")
    (tmp_path / ".dockerignore").write_text("left.txt\n")
    zenmls = BuildContext(root=str(tmp_path))
    zenmls.add_file("FROM a\nENV ZENML_CONFIG_PATH=/app/.zenconfig\nCOPY . .", "Dockerfile")
    zenmls.add_file("numpy", ".zenml_user_requirements")
    context = converted(zenmls)
    entries = {entry["path"]: entry for entry in context.manifest()["entries"]}
    # ZenML leaves the rules out, which it has followed.
    assert set(entries) == {"run.py", "Dockerfile", ".zenml_user_requirements"}
    content = context.contents[entries["Dockerfile"]["digest"]].source
    assert isinstance(content, bytes) and content.startswith(b"FROM a\n")

    with_package(context, zenmls, "Dockerfile")
    paths = {entry["path"] for entry in context.manifest()["entries"]}
    assert {"cooperage_zenml/flavor.py", "cooperage_client/client.py"} < paths
    assert not any(path.endswith(".pyc") for path in paths)


def test_a_dockerfile_of_the_users_own_gets_nothing() -> None:
    zenmls = BuildContext()
    zenmls.add_file("FROM a\nCOPY . .", "Dockerfile")
    context = with_package(converted(zenmls), zenmls, "Dockerfile")
    assert [entry["path"] for entry in context.manifest()["entries"]] == ["Dockerfile"]


def test_the_order_of_files_is_no_difference(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / name).write_text(name)
    one, other = Context.of_directory(tmp_path), Context()
    for name in ("c", "a", "b"):
        other.add_path(name, tmp_path / name)
    assert one.manifest() == other.manifest()


# The log


def test_events_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    logger = logging.getLogger("test-cooperage")
    logger.propagate = True
    caplog.set_level(logging.DEBUG, logger.name)
    log = EventLog(logger, lambda: now[0])
    layer = {"title": "python: numpy", "descriptor": {"size": 18_000_000}}
    progress = {"activity": "uploading", "subject": "layer", "done": 5_000_000, "total": 10_000_000, "isFinished": False}
    for seconds, kind, data in (
        (0, "phase_started", {"phase": "resolve"}),
        (1, "progress", progress),
        (7, "progress", progress),
        (8, "progress", progress),
        (9, "warning", {"message": "numpy is yanked"}),
        (9, "layer", {**layer, "disposition": "cached"}),
        (9, "layer", {**layer, "disposition": "pushed"}),
        (9, "phase_ended", {"phase": "resolve", "seconds": 1.5}),
        (9, "state", {"state": "succeeded"}),
        (9, "something_new", {"a": 1}),
        (9, "layer", {"a": 1}),
    ):
        now[0] = seconds
        log(Event(None, kind, data))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "Cooperage: resolve: resolve the requirements"),
        ("INFO", "Cooperage: uploading layer: 5.0 MB of 10 MB"),
        ("WARNING", "Cooperage: numpy is yanked"),
        ("DEBUG", "Cooperage: cached  python: numpy (18 MB)"),
        ("INFO", "Cooperage: pushed  python: numpy (18 MB)"),
        ("INFO", "Cooperage: resolve: done in 1.50 s"),
    ]


# The workload manager


class Runner(WorkloadManagerInterface):
    """A workload manager that runs what it is given by writing it down."""

    ran: list[tuple[object, ...]] = []  # noqa: RUF012

    def run(self, workload_id, image, command, arguments, environment=None, sync=True, timeout_in_seconds=0):  # type: ignore[no-untyped-def]
        self.ran.append((workload_id, image, command, arguments, environment, sync, timeout_in_seconds))

    def build_and_push_image(self, *words: object, **more: object) -> str:
        raise AssertionError("the runner builds nothing")

    def delete_workload(self, workload_id):  # type: ignore[no-untyped-def]
        self.ran.append((workload_id, "deleted"))

    def get_logs(self, workload_id):  # type: ignore[no-untyped-def]
        return "ran"

    def log(self, workload_id, message):  # type: ignore[no-untyped-def]
        raise AssertionError("the log is the manager's own")


def environment(url: str, **more: str) -> dict[str, str]:
    """A ZenML server's environment."""
    return {"COOPERAGE_SERVER": url, "COOPERAGE_TOKEN": "t", "COOPERAGE_ZENML_REGISTRY": "r.example/team/", **more}


def test_a_workloads_image() -> None:
    import json

    ended = {
        "id": "b-1", "project": "team", "state": "succeeded", "build": {},
        "outcome": {
            "descriptor": {"digest": "sha256:aa"}, "image_id": "sha256:bb",
            "references": ["r.example/team/zenml-runner@sha256:aa"], "uploaded_bytes": 0,
        },
    }  # fmt: skip

    def answer(asked: Asked) -> Answer:
        if asked.line.endswith("/events"):
            told = 'id: 1\nevent: notice\ndata: {"message": "hello"}\n\n'
            return Answer(body=f"{told}event: end\ndata: {json.dumps(ended)}\n\n")
        if asked.line.endswith("/contexts/missing"):
            return Answer(body={"missing": asked.json["digests"]})
        if asked.line.endswith("/contexts"):
            return Answer(201, {"digest": "sha256:c"})
        return Answer(202, {**ended, "state": "queued", "outcome": None})

    workload = uuid4()
    with ScriptedServer(answer) as server:
        manager = CooperageWorkloadManager(
            environment(
                server.url,
                COOPERAGE_ZENML_REGISTRY_USER="u",
                COOPERAGE_ZENML_REGISTRY_PASSWORD="swordfish",
                COOPERAGE_ZENML_RUNNER=f"{__name__}.Runner",
            )
        )
        name = manager.build_and_push_image(workload, WorkloadType.RUN, "FROM a\n", "zenml-runner:1")
        assert name == "r.example/team/zenml-runner@sha256:aa"
        asked = next(asked for asked in server.asked if asked.line == "POST /api/v1/builds")
        assert asked.json["dockerfile"]["tags"] == ["r.example/team/zenml-runner:1"]
        assert asked.json["secrets"]["registries"] == [
            {"scope": "r.example/team", "username": "u", "password": "swordfish"}
        ]
        assert next(asked.body for asked in server.asked if asked.line.startswith("PUT")) == b"FROM a\n"
        later = manager.build_and_push_image(workload, WorkloadType.RUN, "FROM a\n", "zenml-runner:1", sync=False)
        assert later == "r.example/team/zenml-runner:1"
        manager.run(workload, name, ["python"], ["-c", "1"], {"A": "b"})
        log = manager.get_logs(workload)
        assert "\nhello\n" in log and "swordfish" not in log and log.endswith("ran")
        manager.delete_workload(workload)
        assert manager.get_logs(workload) == "ran"
    assert Runner.ran == [(workload, name, ["python"], ["-c", "1"], {"A": "b"}, True, 0), (workload, "deleted")]


def test_a_workload_manager_that_lacks_something() -> None:
    with pytest.raises(InvalidRequest, match="no registry is named"):
        CooperageWorkloadManager({"COOPERAGE_SERVER": "http://127.0.0.1:1"})
    with pytest.raises(InvalidRequest, match="no server is named"):
        CooperageWorkloadManager({"COOPERAGE_ZENML_REGISTRY": "r"})
    with pytest.raises(RuntimeError, match="set COOPERAGE_ZENML_RUNNER"):
        CooperageWorkloadManager(environment("http://127.0.0.1:1")).run(uuid4(), "a", [], [])
