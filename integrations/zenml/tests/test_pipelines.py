"""Pipelines whose images Cooperage built, run by ZenML's own orchestrator in containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cooperage_client import Client, Context, DockerfileBuild
from support.home import Home, Ran
from support.places import PARENT_IMAGE
from support.podman import Podman
from support.registry import PASSWORD, USER, Registry
from support.server import CooperageServer


def check(ran: Ran, registry: Registry) -> None:
    """A run that went as it should."""
    assert ran.known["status"] == "completed", ran.log
    assert ran.known["steps"] == {"train": "completed", "judge": "completed"}
    assert ran.known["model"] == "LogisticRegression"
    assert ran.report["accuracy"] > 0.9 and ran.report["in_container"], ran.report
    assert ran.report["environment"]["VIRTUAL_ENV"] == "/opt/venv"
    for image in ran.images:
        assert image.startswith(f"{registry.host}/zenml@sha256:"), image


@pytest.mark.quick
def test_a_pipeline_runs_its_build_is_reused_and_a_changed_one_is_made(
    home: Home, registry: Registry, server: CooperageServer
) -> None:
    """pip, a list of requirements, code that is downloaded from the artifact store."""
    pip = {"python_package_installer": "pip"}
    first = home.run(pip)
    check(first, registry)
    # The log tells what happens on the server.
    assert f"Cooperage: building `{registry.host}/zenml:" in first.log
    assert f"line 1: FROM {PARENT_IMAGE} → base" in first.log and ": RUN pip install" in first.log
    assert "Cooperage: built and pushed" in first.log and server.token not in first.log
    assert not first.report["beside"], "the code was downloaded"
    before = server.builds()

    second = home.run(pip)
    check(second, registry)
    assert second.known["build"] == first.known["build"] and second.images == first.images
    assert len(server.builds()) == len(before), "no image was asked for"

    # One more package is one more layer: what the first build brought is there.
    third = home.built({**pip, "requirements": ["scikit-learn==1.9.1", "six==1.17.0"]})
    assert third != first.known["build"]
    newest = server.builds()[0]
    assert newest["id"] != before[0]["id"] and newest["state"] == "succeeded"
    assert newest["outcome"]["uploaded_bytes"] < 5_000_000, newest["outcome"]


@pytest.mark.quick
def test_uv_a_file_environments_and_code_in_the_image(home: Home, registry: Registry) -> None:
    (home.project / "wanted.txt").write_text("scikit-learn==1.9.1\n")
    ran = home.run(
        {
            "requirements": "wanted.txt",
            "python_package_installer": "uv",
            "environment": {"GREETING": "hello world"},
            "runtime_environment": {"STAGE": "test"},
            "allow_download_from_artifact_store": False,
            "allow_download_from_code_repository": False,
            "build_config": {"build_options": {"labels": {"team": "flowers"}, "build_args": {"MODE": "a b"}}},
        }
    )
    check(ran, registry)
    assert ran.report["beside"], "the code is in the image"
    assert ran.report["environment"]["GREETING"] == "hello world"
    assert ran.report["environment"]["STAGE"] == "test"
    configuration = registry.configuration(ran.images[0])["config"]
    assert configuration["Labels"]["team"] == "flowers"
    assert "uv pip install" in str(ran.known["dockerfiles"]) and "ARG MODE" in str(ran.known["dockerfiles"])


@pytest.mark.quick
def test_a_registry_with_a_password(
    scratch: Path, server: CooperageServer, locked_registry: Registry, podman: Podman
) -> None:
    """The server has no credential of it: user and password are lent to the build alone."""
    home = Home(scratch / "locked-home", podman)
    home.register(server, locked_registry.host, {"username": USER, "password": PASSWORD})
    build = home.built()
    image = home.image_of(build)
    assert image.startswith(f"{locked_registry.host}/zenml@sha256:")
    assert locked_registry.configuration(image)["config"]["WorkingDir"] == "/app"
    assert server.ask("GET", "/credentials")["scopes"] == []
    newest = server.builds()[0]
    assert f'"{PASSWORD}"' not in json.dumps(newest) and PASSWORD not in server.log

    home.register(server, locked_registry.host, {"username": USER, "password": PASSWORD}, lend_registry_credentials=False)
    with pytest.raises(AssertionError, match=r"unauthorised|credential|401"):
        home.built({"environment": {"A": "b"}})


def test_integrations(home: Home, registry: Registry) -> None:
    ran = home.run({"requirements": None, "required_integrations": ["sklearn", "mlflow"]})
    check(ran, registry)
    assert ran.report["mlflow"], "mlflow is in the image"


def test_a_pyproject(home: Home, registry: Registry) -> None:
    directory = home.project / "described"
    directory.mkdir()
    (directory / "pyproject.toml").write_text(
        '[project]\nname = "flowers"\nversion = "1"\nrequires-python = "==3.11.*"\n'
        'dependencies = ["scikit-learn==1.9.1"]\n'
    )
    ran = home.run({"requirements": None, "pyproject_path": "described/pyproject.toml"})
    check(ran, registry)
    assert ".zenml_pyproject_requirements" in str(ran.known["dockerfiles"])


def parent(server: CooperageServer, registry: Registry) -> str:
    """A parent image of one's own, in the registry."""
    context = Context()
    context.add_text("Dockerfile", f"FROM {PARENT_IMAGE}\nENV GREETING=parent PATH=$PATH:/opt/more\n")
    with Client(server.url, server.token) as client:
        name = f"{registry.host}/parents/zenml:1"
        client.build(context, DockerfileBuild(tags=[name]))
        return name


def test_a_parent_image_of_ones_own(home: Home, registry: Registry, server: CooperageServer) -> None:
    ran = home.run({"parent_image": parent(server, registry)})
    check(ran, registry)
    assert ran.report["environment"]["GREETING"] == "parent"
    assert ran.report["environment"]["PATH"].endswith(":/opt/more")


def test_a_dockerfile_of_ones_own(home: Home, registry: Registry, server: CooperageServer) -> None:
    """Two builds: that of the Dockerfile, and ZenML's on top of it."""
    (home.project / "Dockerfile.own").write_text(
        f"FROM {PARENT_IMAGE} AS made\nARG WORD=none\nRUN mkdir -p /opt/made && echo $WORD > /opt/made/word\n"
        f"FROM {PARENT_IMAGE} AS first\nARG WORD=none\nENV GREETING=$WORD\nCOPY --from=made /opt/made /opt/own\n"
        "FROM first AS second\nENV GREETING=wrong\n"
    )
    before = len(server.builds())
    ran = home.run(
        {
            "dockerfile": "Dockerfile.own",
            "build_context_root": ".",
            "parent_image_build_config": {"build_options": {"build_args": {"WORD": "given"}, "target": "first"}},
        }
    )
    check(ran, registry)
    assert ran.report["environment"]["GREETING"] == "given"
    assert len(server.builds()) == before + 2
    assert any(tag.endswith("intermediate-build") for tag in registry.tags("zenml"))


def test_settings_of_one_step(home: Home, registry: Registry) -> None:
    ran = home.run(train={"requirements": ["scikit-learn==1.9.1", "six==1.17.0"], "environment": {"ONLY": "train"}})
    check(ran, registry)
    assert len(ran.images) == 2
    environments = [registry.configuration(image)["config"]["Env"] for image in ran.images]
    assert sum("ONLY=train" in environment for environment in environments) == 1


def test_what_cannot_be_followed_is_told(home: Home) -> None:
    with pytest.raises(AssertionError, match=r"the build options `squash` cannot be followed"):
        home.built({"build_config": {"build_options": {"squash": True}}})
    (home.project / "Dockerfile.make").write_text(f"FROM {PARENT_IMAGE}\nRUN make\n")
    with pytest.raises(AssertionError, match=r"Dockerfile:2:"):
        home.built({"dockerfile": "Dockerfile.make", "build_context_root": "."})


def test_zenmls_own_builder_over_dockers_api(
    scratch: Path, server: CooperageServer, registry: Registry, podman: Podman
) -> None:
    """Unmodified ZenML: the `local` image builder, whose DOCKER_HOST is the server's socket. podman runs what it built."""
    home = Home(scratch / "engine-home", podman)
    home.register_local(registry.host)
    before = server.builds()[0]["id"] if server.builds() else None
    build = home.built(environment={"DOCKER_HOST": f"unix://{server.socket}"})
    image = home.image_of(build)
    assert image.startswith(f"{registry.host}/zenml@sha256:")
    assert server.builds()[0]["id"] != before, "the server built it"
    ran = home.run(build=build)
    check(ran, registry)
    assert ran.images == [image]


def test_a_job_builds_with_its_environments_token(
    scratch: Path, server: CooperageServer, registry: Registry, tmp_path: Path
) -> None:
    """`zenml pipeline build` in CI: the image builder has no token, the job's environment has."""
    home = Home(scratch / "job-home", environment={"COOPERAGE_TOKEN_FILE": str(tmp_path / "token")})
    stack = home.register(server, registry.host, token=None)
    (tmp_path / "token").write_text(server.token)
    words = ["pipeline", "build", "run.flowers", "--stack", stack, "--config", "settings.yaml"]
    (home.project / "settings.yaml").write_text("settings:\n  docker:\n    requirements: [scikit-learn==1.9.1]\n")
    before = len(server.builds())
    log = home.zenml(*words)
    assert "Cooperage: built and pushed" in log and len(server.builds()) == before + 1, log
    (tmp_path / "token").write_text("cprg_wrong_token")
    with pytest.raises(AssertionError, match="token"):
        home.zenml(*words)
