"""What the server tells of builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """Why a build failed.

    Attributes:
        code: the error in one word, `snake_case`.
        message: what is wrong.
        context: where, `label: value`.
        hints: what to do about it.
        is_requests_fault: whether what was asked for is wrong, and not the world around.
    """

    code: str
    message: str
    context: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    is_requests_fault: bool = False


@dataclass(frozen=True)
class Build:
    """A build as it was when the server was asked.

    Attributes:
        id: its id.
        project: its project.
        state: `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        digest: the digest of the image's manifest, once it succeeded.
        image_id: the digest of the image's configuration, once it succeeded.
        references: `repository@sha256:…`, one for each repository that it was pushed to.
        uploaded_bytes: what went to registries.
        problem: why it failed.
        remarks: what became of each line of the Dockerfile; only in the answer to the request for the build.
        document: the whole answer.
    """

    id: str
    project: str
    state: str
    digest: str | None
    image_id: str | None
    references: tuple[str, ...]
    uploaded_bytes: int
    problem: Problem | None
    remarks: tuple[str, ...]
    document: Mapping[str, Any]

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in ("succeeded", "failed", "cancelled")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Build:
        """Reads the API's document.

        Raises:
            KeyError, TypeError, AttributeError: if it is none.
        """
        outcome: Mapping[str, Any] = document.get("outcome") or {}
        problem: Mapping[str, Any] | None = document.get("problem")
        return cls(
            id=str(document["id"]),
            project=str(document["project"]),
            state=str(document["state"]),
            digest=outcome["descriptor"]["digest"] if outcome else None,
            image_id=outcome.get("image_id"),
            references=tuple(outcome.get("references", ())),
            uploaded_bytes=int(outcome.get("uploaded_bytes", 0)),
            problem=None
            if problem is None
            else Problem(
                code=str(problem["code"]),
                message=str(problem["message"]),
                context=tuple(problem.get("context", ())),
                hints=tuple(problem.get("hints", ())),
                is_requests_fault=bool(problem.get("is_requests_fault", False)),
            ),
            remarks=tuple(document.get("remarks", ())),
            document=document,
        )
