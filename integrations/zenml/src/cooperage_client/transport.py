"""Calls of the API, one by one, repeated where they may be."""

from __future__ import annotations

import ipaddress
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from cooperage_client.errors import ApiError, InvalidRequest, ServerUnreachable
from cooperage_client.tokens import TokenSource

Body = Callable[[], Any]
"""Makes the body anew for each attempt."""


@dataclass(frozen=True)
class Connection:
    """How a server is asked.

    Attributes:
        verify: whether the server's certificate is checked; without it anybody on the way can read the token.
        ca_file: a PEM file of the authorities that vouch for the server; None takes the system's.
        cert_file: a PEM file with the certificate to show; None shows none.
        key_file: the certificate's key, where that is not in the same file.
        connect_timeout: the seconds until a connection has to stand.
        read_timeout: the seconds that an answer may be silent for. The server sends a sign of life every 15 seconds.
        patience: the seconds for which a server that does not answer is asked again: a restart takes some.
    """

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    connect_timeout: float = 10
    read_timeout: float = 90
    patience: float = 240


class _Bearer(AuthBase):
    """Sets the token. Being there, it also keeps requests from taking a password out of netrc."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token := self._tokens():
            request.headers["Authorization"] = f"Bearer {token}"
        return request


class Transport:
    """The calls of one server."""

    def __init__(
        self, server: str, tokens: TokenSource, project: str | None = None, connection: Connection | None = None
    ) -> None:
        self.server = checked_url(server)
        self.connection = connection or Connection()
        self._auth = _Bearer(tokens)
        self._project = project
        # A session's connections are not for several threads at once.
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes its connections."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()
        self._local = threading.local()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            connection = self.connection
            session = requests.Session()
            session.auth = self._auth
            if cert := connection.cert_file:
                session.cert = (cert, connection.key_file) if connection.key_file else cert
            session.headers["User-Agent"] = "cooperage-client-python"
            if self._project:
                session.headers["X-Cooperage-Project"] = self._project
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        repeats: bool = True,
        patience: float | None = None,
    ) -> Any:
        """Asks, and reads the answer's JSON, or its text.

        Args:
            path: below `/api/v1`.
            json: the body as a document.
            body: the body otherwise.
            repeats: whether it may be asked twice.
            patience: in the place of the connection's.

        Raises:
            ApiError: where the server refuses.
            ServerUnreachable: where it does not answer.
        """

        def attempt() -> Any:
            with self.answer(method, path, json=json, body=body, headers=headers) as answer:
                if "json" in answer.headers.get("Content-Type", ""):
                    return answer.json()
                return answer.text

        return self.retrying(attempt, patience=patience) if repeats else self._once(attempt)

    @contextmanager
    def answer(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
    ) -> Iterator[requests.Response]:
        """Asks once, and hands the answer out as it comes.

        Raises:
            ApiError: where the server refuses.
            requests.RequestException: where the connection breaks.
        """
        connection = self.connection
        answer = self._session().request(
            method,
            f"{self.server}/api/v1{path}",
            json=json,
            data=body() if body else None,
            headers=dict(headers or {}),
            timeout=(connection.connect_timeout, read_timeout or connection.read_timeout),
            # A session's own would give way to the variable REQUESTS_CA_BUNDLE.
            verify=connection.ca_file or connection.verify,
            # A token must go to no other place.
            allow_redirects=False,
            stream=True,
        )
        with answer:
            if not 200 <= answer.status_code < 300:
                raise refusal(answer)
            yield answer

    def _once(self, attempt: Callable[[], Any]) -> Any:
        try:
            return attempt()
        except requests.RequestException as error:
            raise self.unreachable(error) from error

    def retrying(self, attempt: Callable[[], Any], patience: float | None = None) -> Any:
        """Repeats what may be repeated while the server does not answer, or asks to be left alone for some time."""
        deadline = time.monotonic() + (self.connection.patience if patience is None else patience)
        delay = 0.25
        while True:
            try:
                return attempt()
            except ApiError as error:
                if error.status not in (429, 502, 503, 504) or error.code == "base_unavailable":
                    raise
                pause = max(delay, error.retry_after)
                if time.monotonic() + pause > deadline:
                    raise
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if isinstance(error, requests.exceptions.SSLError):
                    raise self.unreachable(error) from error
                pause = delay
                if time.monotonic() + pause > deadline:
                    raise self.unreachable(error) from error
            except requests.RequestException as error:
                raise self.unreachable(error) from error
            time.sleep(pause * random.uniform(0.7, 1.0))
            delay = min(delay * 2, 5)

    def unreachable(self, error: Exception) -> ServerUnreachable:
        """An error of the connection, in our words: requests' own hold objects and addresses of memory."""
        hints = []
        if isinstance(error, requests.exceptions.SSLError):
            what = "its certificate is not trusted, or it speaks no TLS"
            hints = ["name the file of its authority as 'ca_file'"]
        elif isinstance(error, requests.Timeout):
            what = "it is silent for too long"
        elif isinstance(error, requests.ConnectionError):
            what = "no connection, or it broke"
        else:
            what = type(error).__name__
        return ServerUnreachable(f"the server {self.server} does not answer: {what}", hints)


def refusal(answer: requests.Response) -> ApiError:
    """What an answer that is no success says."""
    try:
        problem = answer.json()
    except (ValueError, requests.RequestException):
        problem = None
    if not isinstance(problem, dict):
        # A proxy's page, or no server of ours.
        problem = {"detail": f"the answer is {answer.status_code} {answer.reason}, and no problem document"}
    after = answer.headers.get("Retry-After", "")
    return ApiError(
        answer.status_code,
        str(problem.get("code", f"http_{answer.status_code}")),
        str(problem.get("detail", answer.reason)),
        [str(place) for place in problem.get("context") or ()],
        [str(hint) for hint in problem.get("hints") or ()],
        [str(digest) for digest in problem.get("missing") or ()],
        problem.get("request_id") or answer.headers.get("X-Request-Id"),
        float(after) if after.isdigit() else 0,
    )


def checked_url(server: str) -> str:
    """The URL of a server without its last slash.

    Raises:
        InvalidRequest: for what is no such URL, and for plain HTTP to another machine: it would show the token to
            everybody on the way.
    """
    url = urlsplit(server)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise InvalidRequest(
            f"'{server}' is not the URL of a server", hints=["write it as https://builds.example.org"]
        )
    if url.username or url.password or url.query or url.fragment:
        raise InvalidRequest(
            f"the URL of the server '{url.scheme}://{url.hostname}' holds more than a place",
            hints=["a token is given apart from it"],
        )
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise InvalidRequest(
            f"'{server}' would show the token to everybody on the way", hints=["use https; http is for this machine"]
        )
    return server.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
