"""The GitHub action and the GitLab template: their shell steps are run as a runner runs them."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.places import CATALOG_ENTRY, COOPERAGE, EXCLUDE_NEWER, PARENT_IMAGE, REPOSITORY
from support.registry import Registry
from support.scripted import Answer, ScriptedServer
from support.server import CooperageServer

ACTION = REPOSITORY / "integrations" / "github" / "action.yml"
TEMPLATE = REPOSITORY / "integrations" / "gitlab" / "cooperage.gitlab-ci.yml"


def project(directory: Path) -> Path:
    """A directory with code, a requirements file and a Dockerfile."""
    directory.mkdir()
    (directory / "main.py").write_text("print('hello')\n")
    (directory / "requirements.txt").write_text("six==1.17.0\n")
    (directory / "Dockerfile").write_text(
        f"FROM {CATALOG_ENTRY}\nWORKDIR /app\nARG MODE\nENV MODE=$MODE\n"
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    )
    return directory


class Runner:
    """Runs the steps of a composite action, as GitHub describes them."""

    def __init__(self, directory: Path, workspace: Path) -> None:
        self.action: dict[str, Any] = yaml.safe_load(ACTION.read_text())
        self._directory, self._workspace = directory, workspace
        self.log = ""

    def run(self, inputs: Mapping[str, str], environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """The action's outputs."""
        known = {name: str(given.get("default", "")) for name, given in self.action["inputs"].items()}
        missing = [name for name, given in self.action["inputs"].items() if given.get("required") and name not in inputs]
        assert not missing and set(inputs) <= set(known)
        values = {f"inputs.{name}": value for name, value in {**known, **inputs}.items()}

        def filled(text: str) -> str:
            return re.sub(r"\$\{\{\s*(\S+?)\s*\}\}", lambda found: values[found[1]], text)

        for step in self.action["runs"]["steps"]:
            # An expression in a script would be a place for others to put commands.
            assert step["shell"] == "bash" and "${{" not in step["run"]
            output = self._directory / f"output-{step['id']}"
            output.write_text("")
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self._directory),
                    "RUNNER_TEMP": str(self._directory),
                    "GITHUB_OUTPUT": str(output),
                    **{name: filled(value) for name, value in step["env"].items()},
                    **(environment or {}),
                },
                cwd=self._workspace,
                capture_output=True,
                text=True,
                check=False,
            )
            self.log += done.stdout + done.stderr
            assert done.returncode == 0, self.log
            for line in output.read_text().splitlines():
                name, _, value = line.partition("=")
                values[f"steps.{step['id']}.outputs.{name}"] = value
        return {name: filled(given["value"]) for name, given in self.action["outputs"].items()}


def test_the_action_builds_and_pushes(
    tmp_path: Path, server: CooperageServer, registry: Registry
) -> None:
    workspace = project(tmp_path / "workspace")
    runner = Runner(tmp_path, workspace)
    tags = [f"{registry.host}/ci/app:1", f"{registry.host}/ci/app:ab"]
    outputs = runner.run(
        {
            "server": server.url,
            "token": server.token,
            "tags": "\n".join(tags) + "\n",
            "requirements": "requirements.txt",
            "base": PARENT_IMAGE,
            "labels": "note=two words; $(touch broken)\n",
            "arguments": f"--exclude-newer\n{EXCLUDE_NEWER}",
            "program": str(COOPERAGE),
        }
    )
    assert outputs["image"] == f"{registry.host}/ci/app@{outputs['digest']}"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", outputs["digest"])
    assert registry.tags("ci/app") == ["1", "ab"] and server.token not in runner.log
    configuration = registry.configuration(outputs["image"])
    assert configuration["config"]["Labels"]["note"] == "two words; $(touch broken)"
    assert not (workspace / "broken").exists()


def test_the_action_builds_by_a_dockerfile_with_a_fetched_program(
    tmp_path: Path, server: CooperageServer, registry: Registry
) -> None:
    workspace = project(tmp_path / "workspace")
    program = f"#!/bin/sh\nexec '{COOPERAGE}' \"$@\"\n"
    inputs = {
        "server": server.url,
        "tags": f"{registry.host}/ci/file:1",
        "file": "Dockerfile",
        "build-args": "MODE=a b",
        "program-sha256": hashlib.sha256(program.encode()).hexdigest(),
    }
    with ScriptedServer(lambda asked: Answer(200, program)) as host:
        inputs["program-url"] = f"{host.url}/cooperage"
        # The job's environment has the token, as with id-token and without a secret.
        runner = Runner(tmp_path, workspace)
        runner.action["runs"]["steps"][1]["env"]["COOPERAGE_TOKEN"] = server.token
        outputs = runner.run(inputs)
        assert "MODE=a b" in registry.configuration(outputs["image"])["config"]["Env"]
        with pytest.raises(AssertionError, match="checksum"):
            Runner(tmp_path, workspace).run({**inputs, "program-sha256": "0" * 64})
        with pytest.raises(AssertionError, match="'program-sha256' is missing"):
            Runner(tmp_path, workspace).run({**inputs, "program-sha256": ""})


def test_the_action_ends_as_the_build_does(tmp_path: Path, server: CooperageServer, registry: Registry) -> None:
    workspace = project(tmp_path / "workspace")
    (workspace / "Dockerfile").write_text(f"FROM {CATALOG_ENTRY}\nRUN make\n")
    inputs = {"server": server.url, "token": server.token, "tags": f"{registry.host}/ci/bad:1", "program": str(COOPERAGE)}
    with pytest.raises(AssertionError, match=r"Dockerfile:2"):
        Runner(tmp_path, workspace).run({**inputs, "file": "Dockerfile"})
    with pytest.raises(AssertionError, match="there is no program 'nowhere'"):
        Runner(tmp_path, workspace).run({**inputs, "program": "nowhere"})


def test_the_template_builds_and_pushes(tmp_path: Path, server: CooperageServer, registry: Registry) -> None:
    workspace = project(tmp_path / "workspace")
    job = yaml.safe_load(TEMPLATE.read_text())[".cooperage-build"]
    assert job["id_tokens"] == {"COOPERAGE_TOKEN": {"aud": "$COOPERAGE_SERVER"}}
    assert job["artifacts"]["reports"]["dotenv"] == "cooperage.env"

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        given = {name: str(value) for name, value in job["variables"].items()}
        return subprocess.run(
            ["sh", "-e", "-c", "\n".join(job["script"])],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **given, **variables},
            cwd=workspace,
            capture_output=True,
            text=True,
            check=False,
        )

    done = run(
        COOPERAGE_SERVER=server.url,
        COOPERAGE_TOKEN=server.token,
        COOPERAGE_TAGS=f"{registry.host}/ci/lab:1 {registry.host}/ci/lab:2",
        COOPERAGE_ARGUMENTS=f"-r requirements.txt --base {PARENT_IMAGE} --label 'note=two words'",
        COOPERAGE_PROGRAM=str(COOPERAGE),
    )
    assert done.returncode == 0, done.stderr
    variables = dict(line.split("=", 1) for line in (workspace / "cooperage.env").read_text().splitlines())
    assert variables["COOPERAGE_IMAGE"] == f"{registry.host}/ci/lab@{variables['COOPERAGE_DIGEST']}"
    assert registry.tags("ci/lab") == ["1", "2"]
    assert registry.configuration(variables["COOPERAGE_IMAGE"])["config"]["Labels"]["note"] == "two words"
    assert run().returncode == 2
