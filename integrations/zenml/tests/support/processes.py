"""Programs that run for the time of a test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class Running:
    """A program whose output is kept. It is killed with all that it started, if it does not end by itself."""

    def __init__(
        self, words: Sequence[str | Path], environment: Mapping[str, str] | None = None, directory: Path | None = None
    ) -> None:
        self.name = Path(words[0]).name
        self._process = subprocess.Popen(
            [str(word) for word in words],
            env={**os.environ, **(environment or {})},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._grown = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._grown:
                self._lines.append(line)
                self._grown.notify_all()
        with self._grown:
            self._lines.append("")
            self._grown.notify_all()

    @property
    def output(self) -> str:
        """What it has written so far."""
        with self._grown:
            return "".join(self._lines)

    def match(self, pattern: str, within: float = 120) -> str:
        """The first group of the first match in its output, waited for."""
        deadline = time.monotonic() + within
        with self._grown:
            while True:
                text = "".join(self._lines)
                if found := re.search(pattern, text):
                    return found[1]
                rest = deadline - time.monotonic()
                if rest <= 0 or (self._lines and self._lines[-1] == ""):
                    raise AssertionError(f"{self.name} does not say '{pattern}':\n{text[-4000:]}")
                self._grown.wait(rest)

    def stop(self) -> None:
        """Ends it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(20)


def finished(
    words: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    within: float = 900,
) -> str:
    """What a program writes, once it has succeeded; an assertion with its output where it has not."""
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, **(environment or {})} if environment is not None else None,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=within,
        check=False,
    )
    shown = " ".join(str(word) for word in words)
    assert done.returncode == 0, f"{shown} ended with {done.returncode}:\n{done.stdout[-12_000:]}"
    return done.stdout
