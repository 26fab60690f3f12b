"""What is built: the wheels of the committed locks, and a made-up pipeline's code."""

import hashlib
import random
import shutil
import subprocess
import tomllib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LOCKS = Path(__file__).parent / "inputs"
# The interpreter and the C library of Debian 12, which is the base image of both builders.
PYTHON_VERSION = "3.11.2"
PYTHON_PLATFORM = "x86_64-manylinux_2_36"

CODE_FILES = 200
CODE_BYTES_PER_FILE = 10_000
EDITED_FILE = CODE_FILES // 2


def fetch_wheels(uv: Path, into: Path) -> Path:
    """Downloads what the three locks name, once, each file checked against its lock's SHA-256.

    uv picks one wheel a package for the target; the lock lists the hashes of every file of a release.
    """
    into.mkdir(parents=True, exist_ok=True)
    wanted = {}
    for lock in sorted(LOCKS.glob("requirements*.txt")):
        pylock = into / f"pylock.{lock.stem.replace('.', '-')}.toml"
        if not pylock.exists() or pylock.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run(
                [uv, "pip", "compile", "--quiet", "--no-deps", "--only-binary", ":all:", "--format", "pylock.toml",
                 "--python-version", PYTHON_VERSION, "--python-platform", PYTHON_PLATFORM, "-o", pylock, lock],
                check=True)
        locked_hashes = set(word.removeprefix("--hash=sha256:") for word in lock.read_text().split())
        for package in tomllib.loads(pylock.read_text())["packages"]:
            for wheel in package["wheels"]:
                sha256 = wheel["hashes"]["sha256"]
                if sha256 not in locked_hashes:
                    raise RuntimeError(f"{wheel['url']}: its hash {sha256} is not in {lock.name}")
                wanted[wheel["url"].rsplit("/", 1)[1]] = (wheel["url"], sha256)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: _fetch(into / item[0], *item[1]), wanted.items()))
    for wheel in into.glob("*.whl"):
        if wheel.name not in wanted:
            wheel.unlink()
    return into


def _fetch(path: Path, url: str, sha256: str) -> None:
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    with urllib.request.urlopen(url, timeout=60) as answer, partial.open("wb") as file:
        shutil.copyfileobj(answer, file, 1 << 20)
    with partial.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise RuntimeError(f"{url}: SHA-256 is {found}, the lock says {sha256}")
    partial.rename(path)


class Project:
    """The folder that is built: `code/` and `requirements.txt`. Every state of it follows from a seed."""

    def __init__(self, root: Path):
        self.root = root
        self.code = root / "code"
        self.requirements = root / "requirements.txt"
        shutil.rmtree(root, ignore_errors=True)
        for number in range(CODE_FILES):
            path = self._file(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_module(seed=f"{number}"))
        self.restore()

    def lock(self, name: str) -> None:
        _rewrite(self.requirements, (LOCKS / name).read_text())

    def edit(self, revision: int) -> None:
        """Gives one file a content that it never had before."""
        _rewrite(self._file(EDITED_FILE), _module(seed=f"edit {revision}"))

    def restore(self) -> None:
        _rewrite(self._file(EDITED_FILE), _module(seed=f"{EDITED_FILE}"))
        self.lock("requirements.txt")

    def _file(self, number: int) -> Path:
        return self.code / f"steps_{number // 20:02}" / f"step_{number:03}.py"


def _rewrite(path: Path, text: str) -> None:
    """Leaves a file alone that has this text already: its modification time tells the truth."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _module(seed: str) -> str:
    """Python text that compresses about as code does: few words, many shapes."""
    dice = random.Random(seed)
    words = ["model", "frame", "score", "split", "train", "batch", "column", "weight", "label", "step", "metric", "fold"]

    def name() -> str:
        return f"{dice.choice(words)}_{dice.choice(words)}_{dice.randrange(1000)}"

    lines, size = [f'"""Step {seed}."""'], 0
    while size < CODE_BYTES_PER_FILE:
        function, first, second = name(), name(), name()
        body = (f"\n\ndef {function}({first}, {second}={dice.random():.6f}):\n"
                f'    """Folds {first} into {dice.choice(words)} by {second}."""\n'
                f"    {name()} = {first} * {dice.randrange(1 << 30)} + {second}\n"
                f"    return {{'{name()}': {first}, '{name()}': {second} / {dice.randrange(1, 999)}}}\n")
        lines.append(body)
        size += len(body)
    return "".join(lines)
