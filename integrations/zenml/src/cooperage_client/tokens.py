"""Who asks: where the token of a call comes from."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from cooperage_client.errors import CooperageError, InvalidRequest

TokenSource = Callable[[], str | None]
"""Asked before each call, since some tokens live for less time than a build takes. None comes without a token."""


def fixed(token: str | None) -> TokenSource:
    """A token that stays what it is."""
    return lambda: token


def from_file(path: str | os.PathLike[str]) -> TokenSource:
    """The token in a file, read with each call: who renews it writes it there."""

    def read() -> str:
        try:
            token = Path(path).read_text().strip()
        except OSError as error:
            raise InvalidRequest(f"the token file '{path}' cannot be read: {error.strerror}") from error
        if not token:
            raise InvalidRequest(f"the token file '{path}' is empty")
        return token

    return read


def from_environment(server: str, environment: Mapping[str, str] | None = None) -> TokenSource:
    """The token that the environment has, in the command line's order: `COOPERAGE_TOKEN`, the file of
    `COOPERAGE_TOKEN_FILE`, and a GitHub Actions job's own, where the job may have one (`id-token: write`).

    Args:
        server: the URL of the server, for which a job's token is meant unless `COOPERAGE_TOKEN_AUDIENCE` names another
            audience.
        environment: the variables; None is the process's own.
    """
    variables = os.environ if environment is None else environment
    if token := variables.get("COOPERAGE_TOKEN"):
        return fixed(token)
    if path := variables.get("COOPERAGE_TOKEN_FILE"):
        return from_file(path)
    url, secret = (variables.get(f"ACTIONS_ID_TOKEN_REQUEST_{name}") for name in ("URL", "TOKEN"))
    if url and secret:
        return actions(url, secret, variables.get("COOPERAGE_TOKEN_AUDIENCE") or server)
    return fixed(None)


def actions(url: str, secret: str, audience: str) -> TokenSource:
    """A GitHub Actions job's token, asked for anew every minute: it lives for some.

    Args:
        url: the variable `ACTIONS_ID_TOKEN_REQUEST_URL`.
        secret: the variable `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        audience: whom the token is meant for.
    """

    lock = threading.Lock()
    known: tuple[str, float] | None = None

    def current() -> str:
        nonlocal known
        # Files go up several at a time.
        with lock:
            if known is None or time.monotonic() - known[1] > 60:
                known = (ask(), time.monotonic())
            return known[0]

    def ask() -> str:
        try:
            answer = requests.get(
                url,
                params={"audience": audience},
                headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"},
                timeout=30,
                allow_redirects=False,
            )
            answer.raise_for_status()
            return str(answer.json()["value"])
        except (requests.RequestException, ValueError, KeyError) as error:
            # Not its text: the URL is the job's alone.
            raise CooperageError(
                "no_token",
                f"GitHub gave no token for the job ({type(error).__name__})",
                hints=["the job needs 'permissions: {id-token: write}'"],
            ) from None

    return current
