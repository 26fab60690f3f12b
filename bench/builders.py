"""The builders that are compared: how each is called, and where it keeps what it remembers between two builds."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

BASE = "base/python:3.11"


@dataclass(frozen=True)
class Call:
    """One build: what to build, from where, and the tag to push."""
    project: Path
    index: str
    registry: str
    tag: str


class Builder:
    """All of a builder's memory lies under `state`; an empty `state` is a machine that never built."""
    name: str

    def __init__(self, state: Path):
        self.state = state

    def missing(self) -> list[str]:
        """What has to be installed first, in words."""
        raise NotImplementedError

    def programs(self) -> list[Path]:
        """The executables that a build runs."""
        raise NotImplementedError

    def prepare(self, call: Call) -> None:
        """Unmeasured: what a user has written down long before the build."""

    def commands(self, call: Call) -> list[list[str]]:
        """Measured, one after the other."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def reset(self) -> None:
        remove_tree(self.state)
        (self.state / "home").mkdir(parents=True)
        (self.state / "tmp").mkdir()

    def _environment(self, path: str = "") -> dict[str, str]:
        """Nothing of the caller's settings, so that a run is the same on every machine."""
        return {"PATH": path + os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.state / "home"),
                "TMPDIR": str(self.state / "tmp")}


class Cooperage(Builder):
    name = "cooperage"

    def __init__(self, state: Path, binary: Path, uv: Path):
        super().__init__(state)
        self.binary, self.uv = binary, uv

    def missing(self) -> list[str]:
        if os.access(self.binary, os.X_OK):
            return []
        return [f"{self.binary} (swift build -c release --product cooperage, or --cooperage PATH)"]

    def programs(self) -> list[Path]:
        return [self.binary, self.uv]

    def environment(self) -> dict[str, str]:
        return self._environment(f"{self.uv.parent}:") | {
            "COOPERAGE_CACHE_DIR": str(self.state / "cache"), "UV_CACHE_DIR": str(self.state / "uv-cache")}

    def commands(self, call: Call) -> list[list[str]]:
        return [[
            str(self.binary), "build", str(call.project / "code"), "-r", str(call.project / "requirements.txt"),
            "--base", f"{call.registry}/{BASE}", "--index-url", call.index,
            "-t", f"{call.registry}/bench/{self.name}:{call.tag}", "--push", "--progress", "quiet",
        ]]


class Buildah(Builder):
    """buildah with uv, as one who knows both would set them up.

    In its favour: uv comes in by a read-only bind mount, so it is neither pulled with the base nor pushed with the image;
    no bytecode is compiled; layers are cached; the lock is a step of its own, so a code change leaves the environment
    alone; storage is overlay where the kernel has it; RUN uses the host's network, so that no bridge is set up.
    uv keeps no cache unless asked: a cache that outlives the build is another mount than the image's root, uv must copy
    out of it where it hard-links else, and against an index on loopback that costs more than downloading again.
    """
    name = "buildah"

    def __init__(self, state: Path, uv: Path, isolation: str, keeps_uv_cache: bool):
        super().__init__(state)
        self.uv, self.isolation, self.keeps_uv_cache = uv, isolation, keeps_uv_cache
        self.driver = "overlay" if "\toverlay\n" in Path("/proc/filesystems").read_text() else "vfs"

    def missing(self) -> list[str]:
        wanted = ["buildah"] + (["runc"] if self.isolation == "oci" else [])
        missing = [f"{name} (Debian package {name})" for name in wanted if not shutil.which(name)]
        if os.geteuid() != 0:
            missing.append("root, which buildah needs here for overlay mounts and RUN (or --only cooperage)")
        return missing

    def programs(self) -> list[Path]:
        return [Path(path) for path in (shutil.which("buildah"), shutil.which("runc"), self.uv) if path]

    def environment(self) -> dict[str, str]:
        return self._environment() | {"BUILDAH_ISOLATION": self.isolation, "BUILDAH_RUNTIME": shutil.which("runc") or "runc"}

    def _buildah(self, *arguments: str) -> list[str]:
        return ["buildah", "--root", str(self.state / "storage"), "--runroot", str(self.state / "run"),
                "--storage-driver", self.driver, *arguments]

    def prepare(self, call: Call) -> None:
        cache = "--no-cache"
        if self.keeps_uv_cache:
            (self.state / "uv-cache").mkdir(exist_ok=True)
            cache = "--link-mode copy"
        (self.state / "Dockerfile").write_text(f"""\
FROM {call.registry}/{BASE}
COPY requirements.txt /tmp/requirements.txt
RUN uv pip install {cache} --index-url {call.index} -r /tmp/requirements.txt
WORKDIR /app
COPY code /app
""")

    def commands(self, call: Call) -> list[list[str]]:
        image = f"{call.registry}/bench/{self.name}:{call.tag}"
        cache = ["--volume", f"{self.state / 'uv-cache'}:/root/.cache/uv"] if self.keeps_uv_cache else []
        return [
            self._buildah("bud", "--layers", "--network", "host", "--tls-verify=false",
                          "--volume", f"{self.uv}:/usr/local/bin/uv:ro", *cache,
                          "--file", str(self.state / "Dockerfile"), "--tag", image, str(call.project)),
            self._buildah("push", "--quiet", "--tls-verify=false", image),
        ]


def remove_tree(path: Path) -> None:
    """Removes a folder for good, with what buildah has left mounted in it."""
    unmount_below(path)
    if path.exists():
        shutil.rmtree(path)


def copy_tree(source: Path, target: Path) -> None:
    """A true copy: owners, links, whiteout devices and overlay's trusted attributes included."""
    unmount_below(source)
    remove_tree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "--archive", "--reflink=auto", source, target], check=True)


def unmount_below(path: Path) -> None:
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in sorted(points, reverse=True):
        if Path(point).is_relative_to(path):
            subprocess.run(["umount", point], check=True)
