"""What the tests share: one server, one registry, one podman. Making them takes longer than any test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# ZenML reads its configuration when it is imported, and the user's own is none of the tests'.
_configuration = tempfile.TemporaryDirectory(prefix="zenml-configuration-")
os.environ["ZENML_CONFIG_PATH"] = _configuration.name
os.environ["ZENML_ANALYTICS_OPT_IN"] = "false"

from support.home import Home
from support.places import COOPERAGE, REPOSITORY
from support.podman import Podman
from support.registry import Registry
from support.server import CooperageServer


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of the session."""
    return tmp_path_factory.mktemp("zenml")


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """What none of the tests can do without; it is missing where scripts/setup did not run."""
    assert COOPERAGE.exists(), f"{COOPERAGE} is missing: swift build"
    os.environ["PATH"] += f":{REPOSITORY}/.tools/docker"
    for name in ("docker-registry", "podman", "runc", "mmdebstrap", "docker"):
        assert shutil.which(name), f"{name} is missing: scripts/setup zenml"


@pytest.fixture(scope="session")
def registry(scratch: Path) -> Iterator[Registry]:
    """A registry that everybody may use."""
    running = Registry(scratch / "registry")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def locked_registry(scratch: Path) -> Iterator[Registry]:
    """A registry that wants a password."""
    running = Registry(scratch / "locked-registry", with_password=True)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def server(scratch: Path) -> Iterator[CooperageServer]:
    """A Cooperage server."""
    running = CooperageServer(scratch / "server")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def podman(scratch: Path, registry: Registry, locked_registry: Registry) -> Iterator[Podman]:
    """What runs the images. Where the kernel lets no container be, the tests that need one say so."""
    asked = ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/proc"]
    tried = subprocess.run(asked, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no containers here: {tried.stderr.strip()}")
    running = Podman(scratch / "podman", [registry.host, locked_registry.host])
    yield running
    running.stop()


@pytest.fixture(scope="session")
def home(scratch: Path, server: CooperageServer, registry: Registry, podman: Podman) -> Home:
    """ZenML with a stack that builds by Cooperage."""
    made = Home(scratch / "home", podman)
    made.register(server, registry.host)
    return made
