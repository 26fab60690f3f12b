"""A real ZenML server, whose workload manager is Cooperage's."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

from support.home import Home
from support.places import EXCLUDE_NEWER, PARENT_IMAGE, VENV_PROGRAMS
from support.podman import Podman
from support.processes import Running
from support.registry import Registry
from support.server import CooperageServer


def test_a_server_asks_for_the_image_of_a_run(
    scratch: Path, server: CooperageServer, registry: Registry, podman: Podman, tmp_path: Path
) -> None:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    home = Home(scratch / "server-home", podman)
    told = tmp_path / "runner.json"
    running = Running(
        [VENV_PROGRAMS / "python", "-m", "uvicorn", "zenml.zen_server.zen_server_api:app", "--port", str(port)],
        {
            **home.environment,
            **podman.environment,
            "ZENML_CONFIG_PATH": str(scratch / "server-home" / "server"),
            "ZENML_SERVER": "true",
            "ZENML_SERVER_DEPLOYMENT_TYPE": "local",
            "ZENML_SERVER_AUTH_SCHEME": "NO_AUTH",
            "ZENML_SERVER_AUTO_ACTIVATE": "true",
            "ZENML_SERVER_SERVER_URL": url,
            "ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE": (
                "cooperage_zenml.workload_manager.CooperageWorkloadManager"
            ),
            "COOPERAGE_SERVER": server.url,
            "COOPERAGE_TOKEN": server.token,
            "COOPERAGE_ZENML_REGISTRY": f"{registry.host}/runners",
            "COOPERAGE_ZENML_EXCLUDE_NEWER": EXCLUDE_NEWER,
            "COOPERAGE_ZENML_RUNNER": "runner.PodmanRunner",
            "TEST_RUNNER_FILE": str(told),
        },
        home.project,
    )
    try:
        running.match(r"(Application startup complete)", within=300)
        client = {"ZENML_STORE_URL": url, "ZENML_STORE_TYPE": "rest"}
        run = home.python("snapshot.py", registry.host, url, environment=client).splitlines()[-1]
        deadline = time.monotonic() + 400
        while not told.exists():
            assert time.monotonic() < deadline, running.output[-6000:]
            time.sleep(1)
        asked = json.loads(told.read_text())
        assert asked["image"].startswith(f"{registry.host}/runners/zenml-runner@sha256:")
        assert asked["output"] == "0.98.0\n", asked["errors"]
        assert "ZENML_STORE_URL" in asked["environment"]
        assert not any(name.startswith("COOPERAGE") for name in asked["environment"])
        build = server.builds()[0]
        assert build["state"] == "succeeded" and build["build"]["tags"][0].startswith(f"{registry.host}/runners/")
        # The log of the run, as the dashboard asks for it.
        with urllib.request.urlopen(f"{url}/api/v1/runs/{run}/logs?source=runner", timeout=60) as answer:
            log = answer.read().decode()
        assert f"FROM {PARENT_IMAGE}" in log and "Built and pushed" in log and server.token not in log, log
    finally:
        running.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
