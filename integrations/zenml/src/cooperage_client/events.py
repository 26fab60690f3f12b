"""What happens in a build: the events of its stream, and each as a line for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PHASES = {
    "base": "read the base image",
    "resolve": "resolve the requirements",
    "context": "read the context",
    "plan": "plan the layers",
    "fetch": "download wheels",
    "layers": "make the layers",
    "output": "write the image",
}
_STATES = {"queued": "the build waits for a worker", "running": "a worker is at the build"}
_DONE = {"downloading": "downloaded", "exporting": "exported"}


@dataclass(frozen=True)
class Event:
    """Something that happened in a build.

    Attributes:
        number: its number within the build; None of the last one, `end`.
        kind: `state`, `phase_started`, `phase_ended`, `notice`, `warning`, `progress`, `layer`, `end`, or what a later
            server may tell.
        data: its JSON. Of `end` it is the build.
    """

    number: int | None
    kind: str
    data: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The event as a line; empty where there is nothing to tell, as of work that is under way."""
        data = self.data
        try:
            if self.kind == "phase_started":
                return f"{data['phase']}: {_PHASES.get(data['phase'], 'begun')}"
            if self.kind == "phase_ended":
                return f"{data['phase']}: done in {data['seconds']:.2f} s"
            if self.kind in ("notice", "warning"):
                return str(data["message"])
            if self.kind == "layer":
                return f"{data['disposition']:7} {data['title']} ({formatted(data['descriptor']['size'])})"
            if self.kind == "progress" and data["isFinished"] and data["activity"] in _DONE:
                return f"{_DONE[data['activity']]} {data['subject']}, {formatted(data['done'])}"
            if self.kind == "state":
                if data["state"] == "queued" and data.get("problem"):
                    return f"the build is tried again: {data['problem']['message']}"
                return _STATES.get(data["state"], "")
        except (KeyError, TypeError, ValueError):
            # A later server may say it otherwise; a line is not worth a build.
            return ""
        return ""


def formatted(size: int) -> str:
    """Bytes for people: `182 MB`."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def parsed(lines: Iterable[str]) -> Iterator[Event | None]:
    """Reads a stream of server-sent events (HTML standard, 9.2).

    Returns:
        each event; None for a sign of life, so that a caller who waits for a limited time can look at the clock.
    """
    number, kind, data = "", "", list[str]()
    for line in lines:
        if not line:
            if data:
                value = json.loads("\n".join(data))
                if isinstance(value, dict):
                    yield Event(int(number) if number.isdigit() else None, kind or "message", value)
            number, kind, data = "", "", []
        elif line.startswith(":"):
            yield None
        else:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                number = value
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
