"""What is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Indexes:
    """Where packages come from, beside what the Dockerfile says. URLs hold no passwords: those are `Secrets`.

    Attributes:
        index_url: the index in the place of the server's usual one.
        extra_index_urls: further indexes, asked first.
        find_links: pages that list distributions, or directories of the context.
        exclude_newer: only what was uploaded before this date counts: `2026-11-01`.
    """

    index_url: str | None = None
    extra_index_urls: Sequence[str] = ()
    find_links: Sequence[str] = ()
    exclude_newer: str | None = None

    def document(self) -> dict[str, Any]:
        """The indexes as the API takes them."""
        document: dict[str, Any] = {}
        if self.index_url:
            document["index_url"] = self.index_url
        if self.extra_index_urls:
            document["extra_index_urls"] = list(self.extra_index_urls)
        if self.find_links:
            document["find_links"] = list(self.find_links)
        if self.exclude_newer:
            document["exclude_newer"] = self.exclude_newer
        return document


@dataclass(frozen=True)
class DockerfileBuild:
    """A build by a Dockerfile of the context. The server reads it.

    Attributes:
        path: the Dockerfile's path in the context.
        build_args: values of `ARG`s.
        target: the stage to build; None is the last one.
        platform: `linux/amd64`; None is the base's own.
        labels: labels beside those of the Dockerfile.
        annotations: annotations of the manifest.
        indexes: where packages come from.
        tags: the image's names. It is pushed under each of them.
        cache: whether layers and resolutions of earlier builds are used.
        pull: whether registries are asked again what the base's tag means.
        compile_bytecode: whether the packages' modules come with their bytecode.
        max_layer_size: how many bytes a layer may have, compressed, for a registry that takes no more; None sets no limit.
    """

    path: str = "Dockerfile"
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    platform: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    indexes: Indexes = field(default_factory=Indexes)
    tags: Sequence[str] = ()
    cache: bool = True
    pull: bool = False
    compile_bytecode: bool = False
    max_layer_size: int | None = None

    def document(self, context: str) -> dict[str, Any]:
        """The build as the API takes it.

        Args:
            context: the digest of the context.
        """
        document: dict[str, Any] = {"context": context, "path": self.path, "cache": self.cache, "pull": self.pull}
        for name, values in (
            ("build_args", self.build_args),
            ("labels", self.labels),
            ("annotations", self.annotations),
            ("indexes", self.indexes.document()),
        ):
            if values:
                document[name] = dict(values)
        if self.target:
            document["target"] = self.target
        if self.platform:
            document["platform"] = self.platform
        if self.tags:
            document["tags"] = list(self.tags)
            document["push"] = True
        if self.compile_bytecode:
            document["compile_bytecode"] = True
        if self.max_layer_size is not None:
            document["max_layer_size"] = self.max_layer_size
        return document
