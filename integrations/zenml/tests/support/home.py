"""ZenML with a store, a project directory and a stack of its own. It is the unmodified program, run as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.places import EXCLUDE_NEWER, REPOSITORY, SITE, VENV_PROGRAMS
from support.podman import Podman
from support.processes import finished
from support.server import CooperageServer


@dataclass(frozen=True)
class Ran:
    """A pipeline run.

    Attributes:
        log: what the program wrote.
        known: what the store holds of it.
    """

    log: str
    known: Mapping[str, Any]

    @property
    def images(self) -> list[str]:
        """The images that it was run by, each once."""
        return sorted(set(self.known["images"].values()))

    @property
    def report(self) -> dict[str, Any]:
        """What the second step said, loaded from the artifact store."""
        report: dict[str, Any] = self.known["report"]
        return report


class Home:
    """A directory with ZenML's configuration and a project."""

    def __init__(self, directory: Path, podman: Podman | None = None, environment: Mapping[str, str] | None = None):
        directory.mkdir(parents=True, exist_ok=True)
        self.project = directory / "project"
        shutil.copytree(SITE, self.project)
        self.environment = {
            "PATH": f"{VENV_PROGRAMS}:{os.environ['PATH']}:{REPOSITORY}/.tools/docker",
            "HOME": os.fspath(directory),
            "PYTHONPATH": os.fspath(Path(__file__).parent / "patience"),
            "ZENML_CONFIG_PATH": os.fspath(directory / "zenml"),
            "ZENML_ANALYTICS_OPT_IN": "false",
            "ZENML_ENABLE_RICH_TRACEBACK": "false",
            "ZENML_DISABLE_UPDATE_WARNING": "true",
            "AUTO_OPEN_DASHBOARD": "false",
            "COLUMNS": "200",
            "NO_COLOR": "1",
            "ZENML_LOGGING_COLORS_DISABLED": "true",
            # Whoever runs the tests may have a server of their own.
            **{f"COOPERAGE_{name}": "" for name in ("SERVER", "TOKEN", "TOKEN_FILE", "CA_FILE", "PROJECT")},
            **({"DOCKER_HOST": podman.host} if podman else {}),
            **(environment or {}),
        }
        # What `zenml init` makes.
        (self.project / ".zen").mkdir()

    def zenml(self, *words: str) -> str:
        """Runs ZenML's command line."""
        return finished([VENV_PROGRAMS / "zenml", *words], self.environment, self.project)

    def python(self, *words: str, environment: Mapping[str, str] | None = None) -> str:
        """Runs Python in the project."""
        return finished(
            [VENV_PROGRAMS / "python", *words], {**self.environment, **(environment or {})}, self.project
        )

    def register(self, server: CooperageServer, registry: str, secret: Mapping[str, str] | None = None, **more: Any) -> str:
        """Registers a stack that builds by a Cooperage server and runs in containers, and makes it the active one.

        Args:
            secret: user and password of the registry.
            more: further configuration of the image builder.

        Returns:
            its name.
        """
        builder = {"server": server.url, "token": server.token, "exclude_newer": EXCLUDE_NEWER, "compile_bytecode": True}
        builder |= more
        return self._registered("cooperage", builder, registry, secret)

    def register_local(self, registry: str) -> str:
        """Registers a stack with ZenML's own image builder, a client of docker's API."""
        return self._registered("local", {}, registry, None)

    def _registered(
        self, flavor: str, builder: Mapping[str, Any], registry: str, secret: Mapping[str, str] | None
    ) -> str:
        place: dict[str, Any] = {"uri": registry}
        if secret:
            place |= {"authentication_secret": "registry", "secret": dict(secret)}
        return self.python("register.py", flavor, json.dumps(builder), json.dumps(place)).splitlines()[-1]

    def run(self, docker: Mapping[str, Any] | None = None, **asked: Any) -> Ran:
        """Runs the pipeline.

        Args:
            docker: its docker settings.
            asked: what `run.py` takes beside them.
        """
        words = json.dumps({"docker": {"requirements": ["scikit-learn==1.9.1"], **(docker or {})}, **asked})
        log = self.python("run.py", words)
        known = json.loads(self.python("ask.py").splitlines()[-1])
        return Ran(log, known)

    def built(self, docker: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> str:
        """Builds the pipeline's images, and does not run it.

        Returns:
            the build's id.
        """
        words = {"docker": {"requirements": ["scikit-learn==1.9.1"], **(docker or {})}, "builds": True}
        return self.python("run.py", json.dumps(words), environment=environment).splitlines()[-1]

    def image_of(self, build: str) -> str:
        """The image of a build, which has one."""
        program = "import sys; from zenml.client import Client; " + (
            "print(*{item.image for item in Client().get_build(sys.argv[1]).images.values()})"
        )
        return self.python("-c", program, build).splitlines()[-1]
