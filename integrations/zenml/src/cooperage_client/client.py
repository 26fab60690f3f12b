"""The client: contexts, builds, their events."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import requests

from cooperage_client.builds import DockerfileBuild
from cooperage_client.context import Content, Context
from cooperage_client.errors import (
    ApiError,
    BuildCancelled,
    BuildFailed,
    BuildTimedOut,
    CooperageError,
    InvalidRequest,
    ServerUnreachable,
)
from cooperage_client.events import Event, formatted, parsed
from cooperage_client.results import Build
from cooperage_client.secrets import Secrets
from cooperage_client.tokens import TokenSource, fixed, from_environment
from cooperage_client.transport import Connection, Transport

OnEvent = Callable[[Event], None]

_WIDTH = 8
"""So many contents go up at a time: most are small, and wait for answers rather than for bytes."""

_DIGESTS = 20_000
"""So many digests are asked about at once, which is well below the 4 MiB that a body may have."""


class Client:
    """One server's API. It connects to nobody before the first call."""

    def __init__(
        self,
        server: str,
        token: str | TokenSource | None = None,
        project: str | None = None,
        connection: Connection | None = None,
    ) -> None:
        """Makes a client.

        Args:
            server: its URL. `http` is for this machine alone.
            token: who asks: a token of the server or a CI's JWT, or who is asked for one before each call; None comes
                without, which a server may allow to its own machine, or by a certificate.
            project: in which project a token of all projects acts; None is the token's own.
            connection: how it is asked.

        Raises:
            InvalidRequest: for what is no URL of a server.
        """
        tokens = token if callable(token) else fixed(token)
        self._transport = Transport(server, tokens, project, connection)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, connection: Connection | None = None
    ) -> Client:
        """A client as the variables say that the command line knows, too: `COOPERAGE_SERVER`, `COOPERAGE_TOKEN`,
        `COOPERAGE_TOKEN_FILE`, `COOPERAGE_CA_FILE`, `COOPERAGE_CERT_FILE`, `COOPERAGE_KEY_FILE`; in a GitHub Actions
        job that may have a token, the job's own. Beside them `COOPERAGE_PROJECT`.

        Raises:
            InvalidRequest: where no server is named.
        """
        variables = os.environ if environment is None else environment
        server = variables.get("COOPERAGE_SERVER")
        if not server:
            raise InvalidRequest("no server is named", hints=["set COOPERAGE_SERVER to its URL"])
        return cls(
            server,
            from_environment(server, variables),
            variables.get("COOPERAGE_PROJECT") or None,
            connection
            or Connection(
                ca_file=variables.get("COOPERAGE_CA_FILE") or None,
                cert_file=variables.get("COOPERAGE_CERT_FILE") or None,
                key_file=variables.get("COOPERAGE_KEY_FILE") or None,
            ),
        )

    @property
    def server(self) -> str:
        """Its URL."""
        return self._transport.server

    def close(self) -> None:
        """Closes its connections. It may be used again all the same."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Contexts

    def upload(self, context: Context, on_event: OnEvent | None = None) -> str:
        """Brings a context to the server: what the project has not uploaded yet, several files at a time. Interrupted
        and repeated, it goes on where it was.

        Args:
            on_event: hears of what goes up.

        Returns:
            the digest by which builds name the context.
        """
        contents = context.contents
        missing = self.missing(list(contents))
        # What the server had may be collected before it is committed.
        for _ in range(3):
            self._upload([contents[digest] for digest in missing], missing, context.file_count, on_event)
            try:
                answer = self._transport.call("POST", "/contexts", json=context.manifest())
                return str(answer["digest"])
            except ApiError as error:
                if error.code != "missing_content":
                    raise
                missing = [digest for digest in error.missing if digest in contents]
        raise CooperageError("missing_content", "the server loses the context's files as fast as they are sent")

    def missing(self, digests: Sequence[str]) -> list[str]:
        """Those of the digests whose content the project has not uploaded."""
        missing: list[str] = []
        for start in range(0, len(digests), _DIGESTS):
            part = list(digests[start : start + _DIGESTS])
            answer = self._transport.call("POST", "/contexts/missing", json={"digests": part})
            missing += answer["missing"]
        return missing

    def _upload(
        self, contents: Sequence[Content], digests: Sequence[str], files: int, on_event: OnEvent | None
    ) -> None:
        if not contents:
            return
        size = formatted(sum(content.size for content in contents))
        _tell(on_event, f"context: {len(contents)} of the context's {files} files go up, {size}")

        def put(digest: str, content: Content) -> None:
            self._transport.call(
                "PUT",
                f"/contexts/blobs/{digest}",
                body=_body(content),
                headers={"Content-Type": "application/octet-stream"},
            )

        with ThreadPoolExecutor(min(_WIDTH, len(contents)), "cooperage-upload") as pool:
            for task in [pool.submit(put, *pair) for pair in zip(digests, contents, strict=True)]:
                try:
                    task.result()
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise

    # Builds

    def submit(
        self, context: Context | str, build: DockerfileBuild, secrets: Secrets | None = None, key: str | None = None
    ) -> Build:
        """Asks for a build. Once this returns, it will come to an end, whatever dies.

        Args:
            context: its files, or the digest of an uploaded context.
            build: what is asked for.
            secrets: what it is lent.
            key: one's own name for the request: repeated, it stands for the same build. None makes one, so that a
                request whose answer got lost is not asked for twice.

        Returns:
            the build, with what became of each line of the Dockerfile in its `remarks`.

        Raises:
            ApiError: what is wrong in it: `invalid_request`, `against_policy`, a line that cannot be followed.
        """
        digest = context if isinstance(context, str) else self.upload(context)
        request: dict[str, Any] = {"dockerfile": build.document(digest)}
        lent = secrets.document() if secrets else None
        if lent:
            request["secrets"] = lent
        answer = self._transport.call(
            "POST", "/builds", json=request, headers={"Idempotency-Key": key or str(uuid.uuid4())}
        )
        return self._read(answer)

    def build(
        self,
        context: Context | str,
        build: DockerfileBuild,
        secrets: Secrets | None = None,
        on_event: OnEvent | None = None,
        timeout: float | None = None,
    ) -> Build:
        """Uploads, asks for a build, and follows it to its success. Whoever interrupts it calls the build off.

        Args:
            context: its files, or the digest of an uploaded context.
            build: what is asked for.
            secrets: what it is lent.
            on_event: hears of what happens.
            timeout: after how many seconds the build is called off; None waits as long as the server lets it run.

        Raises:
            BuildFailed: with the build's code, message and hints.
            BuildCancelled: where somebody else called it off.
            BuildTimedOut: when the time is over.
            ApiError: where the server refuses it.
            ServerUnreachable: where the server does not answer any more.
        """
        digest = context if isinstance(context, str) else self.upload(context, on_event)
        accepted = self.submit(digest, build, secrets)
        for remark in accepted.remarks:
            _tell(on_event, remark)
        try:
            return self.wait(accepted.id, on_event, timeout)
        except (BuildTimedOut, KeyboardInterrupt, SystemExit):
            self._call_off(accepted.id)
            raise

    def wait(self, build: str, on_event: OnEvent | None = None, timeout: float | None = None) -> Build:
        """Follows a build to its success.

        Raises:
            BuildFailed, BuildCancelled, BuildTimedOut, ApiError, ServerUnreachable: as `build` does. The build itself
                goes on when the time is over.
        """
        for event in self.events(build, timeout=timeout):
            if event.kind != "end":
                if on_event:
                    on_event(event)
                continue
            ended = self._read(event.data)
            if ended.state == "succeeded":
                return ended
            raise BuildCancelled(ended) if ended.state == "cancelled" else BuildFailed(ended)
        raise CooperageError("interrupted", f"the events of the build {build} have no end")

    def events(self, build: str, after: int = 0, timeout: float | None = None) -> Iterator[Event]:
        """What happens in a build, from an event on to its end, across broken connections and restarts of the server.

        Args:
            build: its id.
            after: the number of the last event that the caller has.
            timeout: for how many seconds it is followed.

        Returns:
            each event once and in order; the last one is `end` with the build as its data.

        Raises:
            BuildTimedOut: when the time is over.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        last, asked_in_vain = after, 0
        while True:
            before = last
            try:
                for event in self._stream(build, last, deadline):
                    if deadline is not None and time.monotonic() >= deadline:
                        raise BuildTimedOut(build, timeout or 0)
                    if event is None:
                        continue
                    if event.number is not None:
                        last = event.number
                    yield event
                    if event.kind == "end":
                        return
            except requests.RequestException:
                if deadline is not None and time.monotonic() >= deadline:
                    raise BuildTimedOut(build, timeout or 0) from None
            # The server stopped, or the connection broke: another process may go on from here.
            asked_in_vain = 0 if last != before else asked_in_vain + 1
            if asked_in_vain > 60:
                raise ServerUnreachable(f"the events of the build {build} break off again and again")
            time.sleep(min(1, 0.1 * asked_in_vain))

    def _stream(self, build: str, last: int, deadline: float | None) -> Iterator[Event | None]:
        """One connection's events. It ends when the server ends it."""
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
        rest = None if deadline is None else max(0.1, deadline - time.monotonic())
        read_timeout = self._transport.connection.read_timeout

        def opened() -> Any:
            answer = self._transport.answer(
                "GET",
                f"/builds/{_id(build)}/events",
                headers=headers,
                read_timeout=read_timeout if rest is None else min(rest, read_timeout),
            )
            return answer, answer.__enter__()

        patience = self._transport.connection.patience
        manager, answer = self._transport.retrying(opened, patience if rest is None else min(rest, patience))
        try:
            # By bytes: a text has line breaks of its own, which a stream of events does not know.
            yield from parsed(line.decode() for line in answer.iter_lines(chunk_size=None))
        finally:
            manager.__exit__(None, None, None)

    def get(self, build: str) -> Build:
        """A build as it is now."""
        return self._read(self._transport.call("GET", f"/builds/{_id(build)}"))

    def cancel(self, build: str) -> Build:
        """Calls a build off. One that runs ends within a second.

        Raises:
            ApiError: `conflict` where it ended before in another way.
        """
        return self._read(self._transport.call("POST", f"/builds/{_id(build)}/cancel"))

    def _call_off(self, build: str) -> None:
        # What keeps us from it is not what the caller has to hear of.
        with contextlib.suppress(CooperageError):
            self._transport.call("POST", f"/builds/{_id(build)}/cancel", patience=5)

    def logs(self, build: str) -> str:
        """The events of a build so far as text, a line each."""
        return str(self._transport.call("GET", f"/builds/{_id(build)}/logs"))

    def version(self) -> str:
        """The server's version. It answers only who may come in."""
        return str(self._transport.call("GET", "/version", patience=0)["version"])

    def _read(self, document: Any) -> Build:
        try:
            return Build.of(document)
        except (KeyError, TypeError, AttributeError) as error:
            raise CooperageError(
                "invalid_answer", f"the server {self.server} answers with no build", hints=["is it Cooperage's?"]
            ) from error


def _tell(on_event: OnEvent | None, text: str) -> None:
    if on_event:
        on_event(Event(None, "notice", {"message": text}))


def _id(build: str) -> str:
    if not build or len(build) > 64 or not all(c.isascii() and (c.isalnum() or c == "-") for c in build):
        raise InvalidRequest(f"'{build}' is not the id of a build")
    return build


def _body(content: Content) -> Callable[[], Any]:
    source = content.source
    if isinstance(source, bytes):
        return lambda: source
    if content.size == 0:
        # requests would send an empty file in chunks, without its length.
        return lambda: b""
    return lambda: source.open("rb")
