"""podman behind docker's API, with a storage of its own: what ZenML's `local_docker` orchestrator runs images by."""

from __future__ import annotations

import os
from pathlib import Path

from support.processes import Running, finished


class Podman:
    """`podman system service` on a socket."""

    def __init__(self, directory: Path, registries: list[str]) -> None:
        directory.mkdir(parents=True)
        # As everywhere in the tests: no cgroup delegation, no network namespaces, few processes.
        (directory / "containers.conf").write_text(
            '[containers]\nnetns = "host"\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
            f'[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            f'tmp_dir = "{directory}/state"\n'
        )
        (directory / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{directory}/storage"\nrunroot = "{directory}/run"\n'
        )
        (directory / "registries.conf").write_text(
            "".join(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n' for host in registries)
        )
        self.environment = {
            "CONTAINERS_CONF": os.fspath(directory / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": os.fspath(directory / "storage.conf"),
            "CONTAINERS_REGISTRIES_CONF": os.fspath(directory / "registries.conf"),
        }
        self.host = f"unix://{directory}/podman.sock"
        self._process = Running(["podman", "system", "service", "--time", "0", self.host], self.environment)

    def stop(self) -> None:
        """Ends it. Mounts of its storage would outlive the directory."""
        self._process.stop()
        finished(["podman", "system", "reset", "--force"], self.environment)

    def run(self, image: str, *command: str) -> str:
        """What a container writes."""
        return finished(["podman", "run", "--rm", image, *command], self.environment)
