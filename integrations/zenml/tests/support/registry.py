"""Debian's docker-registry on a free port of 127.0.0.1."""

from __future__ import annotations

import json
import os
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

from support.processes import Running

USER, PASSWORD = "tester", "secret"
# bcrypt of the password, the only form that the registry takes.
_HASH = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
_ACCEPTED = ",".join(
    [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)


class Registry:
    """A registry for the time of a test."""

    def __init__(self, directory: Path, with_password: bool = False) -> None:
        directory.mkdir(parents=True)
        text = (
            "version: 0.1\nlog: {level: info, accesslog: {disabled: true}}\n"
            f'storage: {{filesystem: {{rootdirectory: "{directory}/data"}}, delete: {{enabled: true}}}}\n'
            'http: {addr: "127.0.0.1:0"}\n'
        )
        if with_password:
            (directory / "htpasswd").write_text(f"{USER}:{_HASH}\n")
            text += f'auth: {{htpasswd: {{realm: test, path: "{directory}/htpasswd"}}}}\n'
        (directory / "config.yml").write_text(text)
        self._process = Running(
            ["docker-registry", "serve", directory / "config.yml"], {"OTEL_TRACES_EXPORTER": "none"}
        )
        self.host = self._process.match(r"listening on (127\.0\.0\.1:\d+)")
        self._with_password = with_password

    def stop(self) -> None:
        """Ends it."""
        self._process.stop()

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(f"http://{self.host}/v2/{path}", headers={"Accept": _ACCEPTED})
        if self._with_password:
            request.add_header("Authorization", f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository."""
        return sorted(self._get(f"{repository}/tags/list")["tags"] or [])

    def configuration(self, reference: str) -> dict[str, Any]:
        """The configuration of an image by its name, `host/repository@sha256:…` or with a tag."""
        name = reference.removeprefix(f"{self.host}/")
        repository, _, tag = name.rpartition("@") if "@" in name else name.rpartition(":")
        manifest = self._get(f"{repository}/manifests/{tag}")
        configuration: dict[str, Any] = self._get(f"{repository}/blobs/{manifest['config']['digest']}")
        return configuration


def docker_login(registry: Registry, directory: Path) -> dict[str, str]:
    """The variables by which docker's clients know the password of a registry, in a file of their own."""
    directory.mkdir(parents=True, exist_ok=True)
    auth = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (directory / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": auth}}}))
    return {"DOCKER_CONFIG": os.fspath(directory)}
