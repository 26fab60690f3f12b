"""What a caller lends to one build. Nothing of it is in a `repr`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Login:
    """A user and a password.

    Attributes:
        scope: for whom: `registry` or `registry/namespace`, or the `host[:port]` of a package index.
        username: the user's name.
        password: the password, or a token in its place.
    """

    scope: str
    username: str
    password: str = field(repr=False)

    def document(self) -> dict[str, str]:
        """The login as the API takes it."""
        return {"scope": self.scope, "username": self.username, "password": self.password}


@dataclass(frozen=True)
class NamedSecret:
    """A secret that is asked for by an id, as `cooperage build --secret` lends it.

    Attributes:
        id: what it is asked for by.
        value: the secret.
    """

    id: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Secrets:
    """What a build is lent. The server encrypts it, and deletes it when the build ends.

    Attributes:
        registries: by registry.
        indexes: by the host of a package index.
        named: by id.
    """

    registries: Sequence[Login] = ()
    indexes: Sequence[Login] = ()
    named: Sequence[NamedSecret] = ()

    def document(self) -> dict[str, Any] | None:
        """The secrets as the API takes them; None where there are none."""
        document: dict[str, Any] = {}
        if self.registries:
            document["registries"] = [login.document() for login in self.registries]
        if self.indexes:
            document["indexes"] = [login.document() for login in self.indexes]
        if self.named:
            document["named"] = [{"id": secret.id, "value": secret.value} for secret in self.named]
        return document or None
