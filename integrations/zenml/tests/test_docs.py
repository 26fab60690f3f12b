"""docs/zenml.md, command by command."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from support.home import Home
from support.places import PACKAGE, REPOSITORY
from support.podman import Podman
from support.processes import finished
from support.registry import Registry
from support.server import CooperageServer

MANUAL = (REPOSITORY / "docs" / "zenml.md").read_text()


def commands() -> list[str]:
    """The commands of the block that takes a user to a run."""
    block = re.search(r"<!-- test: .*? -->\n```sh\n(.*?)```", MANUAL, re.DOTALL)
    assert block
    return block[1].splitlines()


def test_from_nothing_to_a_run(
    scratch: Path, server: CooperageServer, registry: Registry, podman: Podman, tmp_path: Path
) -> None:
    assert len(commands()) < 10
    home = Home(scratch / "docs-home", podman)
    (home.project / ".zen").rmdir()
    (home.project / "integrations").symlink_to(REPOSITORY / "integrations")
    (home.project / ".dockerignore").write_text("integrations\n")
    finished(["/usr/bin/python3", "-m", "venv", tmp_path / "venv"])
    # The versions that the lock has; with its hashes pip would refuse a directory.
    lock = (PACKAGE / "tests" / "requirements.txt").read_text()
    pins = [line.removesuffix(" \\") for line in lock.splitlines() if re.match(r"[a-z0-9][^ ]*==", line)]
    (tmp_path / "pins.txt").write_text("\n".join(pins))
    environment = {
        **home.environment,
        "PATH": f"{tmp_path}/venv/bin:{home.environment['PATH']}",
        "PIP_CONSTRAINT": os.fspath(tmp_path / "pins.txt"),
        "COOPERAGE_SERVER": server.url,
        "COOPERAGE_TOKEN": server.token,
        "REGISTRY": f"{registry.host}/docs",
    }
    log = ""
    for command in commands():
        log = finished(["bash", "-euc", command], environment, home.project)
    assert "Cooperage: built and pushed" in log and server.token not in log, log
    answer = finished([tmp_path / "venv" / "bin" / "python", "ask.py"], environment, home.project)
    known = json.loads(answer.splitlines()[-1])
    assert known["status"] == "completed" and known["report"]["in_container"]
    assert known["images"]["orchestrator"].startswith(f"{registry.host}/docs/zenml@sha256:")


def test_every_setting_is_told() -> None:
    from zenml.image_builders import BaseImageBuilderConfig

    from cooperage_zenml.config import CooperageImageBuilderConfig

    own = set(CooperageImageBuilderConfig.model_fields) - set(BaseImageBuilderConfig.model_fields)
    assert [name for name in sorted(own) if f"`{name}`" not in MANUAL] == []


def test_every_variable_of_the_workload_manager_is_told() -> None:
    source = (PACKAGE / "src" / "cooperage_zenml" / "workload_manager.py").read_text()
    names = set(re.findall(r'"(COOPERAGE_ZENML_[A-Z_]+)"', source))
    assert len(names) == 5
    assert [name for name in sorted(names) if name not in MANUAL] == []
