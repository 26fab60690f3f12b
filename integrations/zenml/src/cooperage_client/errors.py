"""What can go wrong, with the server's own code, places and hints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cooperage_client.results import Build


class CooperageError(Exception):
    """Every error of this package.

    Attributes:
        code: the error in one word, `snake_case`.
        message: what is wrong in this very case.
        context: where, `label: value`.
        hints: what to do about it.
    """

    def __init__(self, code: str, message: str, context: Sequence[str] = (), hints: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.context = tuple(context)
        self.hints = tuple(hints)

    def __str__(self) -> str:
        return "\n".join(
            [self.message]
            + [f"  at {place}" for place in self.context]
            + [f"hint: {hint}" for hint in self.hints]
        )


class InvalidRequest(CooperageError):
    """What was asked of this package cannot be; no server was asked."""

    def __init__(self, message: str, context: Sequence[str] = (), hints: Sequence[str] = ()) -> None:
        super().__init__("invalid_request", message, context, hints)


class ServerUnreachable(CooperageError):
    """The server does not answer, however often it is asked."""

    def __init__(self, message: str, hints: Sequence[str] = ()) -> None:
        super().__init__("server_unreachable", message, (), hints)


class ApiError(CooperageError):
    """The server's answer is a problem document (RFC 9457).

    Attributes:
        status: the HTTP status.
        missing: the digests that were not uploaded, of `missing_content`.
        request_id: the request, by which the server's log tells more.
        retry_after: the seconds for which the server asks to be left alone.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        context: Sequence[str] = (),
        hints: Sequence[str] = (),
        missing: Sequence[str] = (),
        request_id: str | None = None,
        retry_after: float = 0,
    ) -> None:
        super().__init__(code, message, context, hints)
        self.status = status
        self.retry_after = retry_after
        self.missing = tuple(missing)
        self.request_id = request_id

    def __str__(self) -> str:
        text = super().__str__()
        # Whoever runs the server finds it in the log.
        return f"{text}\n  at request: {self.request_id}" if self.status >= 500 and self.request_id else text


class BuildFailed(CooperageError):
    """A build ended without an image.

    Attributes:
        build: the build.
    """

    def __init__(self, build: Build) -> None:
        problem = build.problem
        if problem is None:
            super().__init__("failed", f"the build {build.id} failed")
        else:
            super().__init__(problem.code, problem.message, (*problem.context, f"build: {build.id}"), problem.hints)
        self.build = build


class BuildCancelled(CooperageError):
    """A build was called off.

    Attributes:
        build: the build.
    """

    def __init__(self, build: Build) -> None:
        super().__init__("cancelled", f"the build {build.id} was cancelled")
        self.build = build


class BuildTimedOut(CooperageError):
    """A build took longer than the caller wanted to wait, and was called off.

    Attributes:
        build_id: the build.
    """

    def __init__(self, build_id: str, seconds: float) -> None:
        super().__init__(
            "timed_out",
            f"the build {build_id} did not end within {seconds:g} seconds, and was called off",
            hints=["allow it more time, or look at its log for what takes it"],
        )
        self.build_id = build_id
