"""A build's events in ZenML's log."""

from __future__ import annotations

import time
from collections.abc import Callable
from logging import Logger

from cooperage_client import Event
from cooperage_client.events import formatted

_EVERY = 5.0
"""So many seconds of silence are between two lines that tell how far a piece of work is."""


class EventLog:
    """Writes what happens: what a person waits for as `INFO`, layers that are where they have to be as `DEBUG`."""

    def __init__(self, logger: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._told = clock()

    def __call__(self, event: Event) -> None:
        """Takes an event."""
        if event.kind == "progress" and not event.data.get("isFinished"):
            return self._progress(event)
        text = event.text
        if not text:
            return None
        if event.kind == "warning":
            self._logger.warning("Cooperage: %s", text)
        elif event.kind == "layer" and event.data.get("disposition") in ("cached", "present"):
            return self._logger.debug("Cooperage: %s", text)
        else:
            self._logger.info("Cooperage: %s", text)
        self._told = self._clock()
        return None

    def _progress(self, event: Event) -> None:
        if self._clock() - self._told < _EVERY:
            return
        done, total = event.data.get("done"), event.data.get("total")
        if not isinstance(done, int):
            return
        amount = f"{formatted(done)} of {formatted(total)}" if isinstance(total, int) else formatted(done)
        self._logger.info("Cooperage: %s %s: %s", event.data.get("activity"), event.data.get("subject"), amount)
        self._told = self._clock()
