"""ZenML's build context as one that a server takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cooperage_client
import cooperage_zenml
from cooperage_client import Context

if TYPE_CHECKING:
    from zenml.image_builders import BuildContext

_ZENMLS_OWN = "\nENV ZENML_CONFIG_PATH="
"""A line of the Dockerfiles that ZenML writes itself, and copies its context by."""


def converted(context: BuildContext) -> Context:
    """The files of ZenML's context by their content, those that it makes up among them."""
    result = Context()
    made = context.get_extra_files()
    for path, place in context.get_files().items():
        if path not in made:
            result.add_path(path, place)
    for path, text in made.items():
        result.add_text(path, text)
    return result


def with_package(result: Context, context: BuildContext, dockerfile: str) -> Context:
    """Adds this package's own files, where the context becomes the directory in which ZenML's code starts: ZenML loads
    the stack in there, and with it the image builder.

    A Dockerfile of the user's own is left alone.

    Args:
        dockerfile: the Dockerfile's path in the context.
    """
    if _ZENMLS_OWN not in context.get_extra_files().get(dockerfile, ""):
        return result
    for package in (cooperage_client, cooperage_zenml):
        for directory in package.__path__:
            root = Path(directory)
            for file in sorted(root.rglob("*.py")):
                result.add_bytes(f"{root.name}/{file.relative_to(root).as_posix()}", file.read_bytes())
    return result
