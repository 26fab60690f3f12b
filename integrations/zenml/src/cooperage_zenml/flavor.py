"""What ZenML registers: `zenml image-builder flavor register cooperage_zenml.flavor.CooperageImageBuilderFlavor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zenml.image_builders import BaseImageBuilderFlavor

from cooperage_zenml.config import CooperageImageBuilderConfig

if TYPE_CHECKING:
    from cooperage_zenml.image_builder import CooperageImageBuilder


class CooperageImageBuilderFlavor(BaseImageBuilderFlavor):
    """The flavor `cooperage`."""

    @property
    def name(self) -> str:
        """The flavor's name."""
        return "cooperage"

    @property
    def config_class(self) -> type[CooperageImageBuilderConfig]:
        """What is set of it."""
        return CooperageImageBuilderConfig

    @property
    def implementation_class(self) -> type[CooperageImageBuilder]:
        """What builds."""
        from cooperage_zenml.image_builder import CooperageImageBuilder

        return CooperageImageBuilder
