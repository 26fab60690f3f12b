"""A real `cooperage serve`, with a project and a token of it."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

from support.places import CACHE, CATALOG_ENTRY, COOPERAGE, PARENT_IMAGE, VENV_PROGRAMS
from support.processes import Running


class CooperageServer:
    """A server on a free port of 127.0.0.1 and on a socket for docker's clients."""

    def __init__(self, directory: Path, shares_cache: bool = True, configuration: str = "") -> None:
        directory.mkdir(parents=True)
        data = directory / "data"
        data.mkdir()
        if shares_cache:
            CACHE.mkdir(parents=True, exist_ok=True)
            (data / "cache").symlink_to(CACHE)
        self.socket = directory / "docker.sock"
        (directory / "server.yaml").write_text(
            f"data_directory: {data}\n"
            f"unix_socket: {{path: {self.socket}, project: team}}\n"
            f"search_path: {VENV_PROGRAMS}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n"
            "base_mappings:\n"
            f"  - {{image: '{PARENT_IMAGE}', base: {CATALOG_ENTRY}}}\n"
            f"projects: [{{name: team, allow_source_builds: false}}]\n{configuration}"
        )
        environment = {"COOPERAGE_DATABASE_URL": "", "COOPERAGE_VAULT_KEYS": "", "HOME": os.fspath(directory)}
        self._process = Running(
            [COOPERAGE, "serve", "--config", directory / "server.yaml", "--listen", "127.0.0.1:0"],
            environment,
            directory,
        )
        self.admin = self._process.match(r"shown this once:\s+(cprg_\S+)")
        self.url = self._process.match(r"Listening on (http://127\.0\.0\.1:\d+)")
        self.token: str = self.ask("POST", "/tokens", {"label": "zenml", "role": "builder", "project": "team"})["secret"]

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._process.output

    def stop(self) -> None:
        """Ends it."""
        self._process.stop()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A call as the administrator."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.admin}",
                "Content-Type": "application/json",
                "X-Cooperage-Project": "team",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def builds(self) -> list[dict[str, Any]]:
        """The project's builds, newest first."""
        builds: list[dict[str, Any]] = self.ask("GET", "/builds?limit=200")["builds"]
        return builds
