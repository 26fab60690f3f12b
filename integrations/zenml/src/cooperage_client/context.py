"""The files of a build: listed and hashed here, so that only what the server lacks has to follow."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cooperage_client.errors import InvalidRequest

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Content:
    """The bytes of a file, in memory or where they lie.

    Attributes:
        size: how many.
        source: they, or the file.
    """

    size: int
    source: bytes | Path


class Context:
    """The files of a build by their paths in it."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, Content] = {}

    @classmethod
    def of_directory(cls, root: str | os.PathLike[str], exclude: Callable[[str], bool] | None = None) -> Context:
        """Everything below a directory but what is excluded.

        Args:
            root: the directory.
            exclude: tells of a path below the directory, with slashes, whether it is left out. None asks the
                directory's `.dockerignore`, which takes docker-py to read.

        Raises:
            InvalidRequest: for what no image can hold, and for a `.dockerignore` without docker-py.
        """
        directory = Path(root)
        if not directory.is_dir():
            raise InvalidRequest(f"'{directory}' is not a directory")
        context = cls()
        if exclude is None and (directory / ".dockerignore").exists():
            paths: Iterable[str] = _not_ignored(directory)
        else:
            paths = _below(directory, exclude or (lambda path: False))
        for path in paths:
            context.add_path(path, directory / path)
        return context

    @property
    def file_count(self) -> int:
        """How many files it has."""
        return sum(entry["kind"] == "file" for entry in self._entries.values())

    @property
    def contents(self) -> Mapping[str, Content]:
        """Each content by its digest, once."""
        return self._contents

    def add_path(self, path: str, source: str | os.PathLike[str]) -> None:
        """Adds what stands at a path of this machine: a file, a link as it is written, or a directory without what is
        in it.

        Raises:
            InvalidRequest: for devices, sockets and the like.
        """
        place = Path(source)
        status = place.lstat()
        mode = stat.S_IMODE(status.st_mode) & 0o777
        if stat.S_ISLNK(status.st_mode):
            self.add_link(path, os.readlink(place))
        elif stat.S_ISDIR(status.st_mode):
            self.add_directory(path, mode)
        elif stat.S_ISREG(status.st_mode):
            hashed, size = hashlib.sha256(), 0
            with place.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    hashed.update(chunk)
                    size += len(chunk)
            self._add_file(path, mode, f"sha256:{hashed.hexdigest()}", Content(size, place))
        else:
            raise InvalidRequest(
                f"'{place}' is neither a file, a link nor a directory", hints=["leave it out by .dockerignore"]
            )

    def add_bytes(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Adds a file whose content is at hand."""
        self._add_file(path, mode, f"sha256:{hashlib.sha256(content).hexdigest()}", Content(len(content), content))

    def add_text(self, path: str, text: str, mode: int = 0o644) -> None:
        """Adds a file with a text."""
        self.add_bytes(path, text.encode(), mode)

    def add_link(self, path: str, target: str) -> None:
        """Adds a symbolic link."""
        name = _checked(path)
        self._entries[name] = {"path": name, "kind": "link", "mode": 0o777, "target": target}

    def add_directory(self, path: str, mode: int = 0o755) -> None:
        """Adds a directory, which may stay empty."""
        name = _checked(path)
        self._entries[name] = {"path": name, "kind": "directory", "mode": mode}

    def _add_file(self, path: str, mode: int, digest: str, content: Content) -> None:
        name = _checked(path)
        self._entries[name] = {
            "path": name,
            "kind": "file",
            "mode": mode,
            "size": content.size,
            "digest": digest,
        }
        self._contents.setdefault(digest, content)

    def manifest(self) -> dict[str, Any]:
        """The entries as the API takes them. Equal files in equal places have an equal one, wherever they lie here."""
        return {"entries": [self._entries[path] for path in sorted(self._entries, key=os.fsencode)]}


def _checked(path: str) -> str:
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or "\0" in path:
        raise InvalidRequest(f"'{path}' is not a path below the context")
    return str(pure)


def _below(root: Path, exclude: Callable[[str], bool]) -> Iterable[str]:
    """Paths below a directory; nothing of an excluded one is looked at."""
    for directory, names, files in os.walk(root):
        place = Path(directory).relative_to(root)
        kept = []
        for name in sorted(names):
            path = (place / name).as_posix()
            if exclude(path):
                continue
            yield path
            # A link to a directory is a link.
            if not (root / path).is_symlink():
                kept.append(name)
        names[:] = kept
        for name in sorted(files):
            path = (place / name).as_posix()
            if not exclude(path):
                yield path


def _not_ignored(root: Path) -> Iterable[str]:
    try:
        from docker.utils.build import exclude_paths
    except ImportError:
        raise InvalidRequest(
            f"'{root / '.dockerignore'}' takes docker-py to read",
            hints=["pip install docker", "or tell what is left out by 'exclude'"],
        ) from None
    lines = (root / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    paths: set[str] = exclude_paths(str(root), patterns)
    return sorted(path.replace(os.sep, "/") for path in paths if path)
