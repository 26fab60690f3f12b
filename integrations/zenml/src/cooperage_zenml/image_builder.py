"""The image builder: ZenML's Dockerfile and context go to the server, which builds and pushes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from zenml.enums import StackComponentType
from zenml.image_builders import BaseImageBuilder
from zenml.logger import get_logger
from zenml.stack import StackValidator

from cooperage_client import Build, Client, Connection, DockerfileBuild, Indexes, Login, Secrets
from cooperage_client.tokens import from_environment
from cooperage_zenml.config import CooperageImageBuilderConfig
from cooperage_zenml.contexts import converted, with_package
from cooperage_zenml.log import EventLog
from cooperage_zenml.options import BuildOptions

if TYPE_CHECKING:
    from zenml.config.docker_settings import DockerBuildOptions
    from zenml.container_registries import BaseContainerRegistry
    from zenml.image_builders import BuildContext

logger = get_logger(__name__)


class CooperageImageBuilder(BaseImageBuilder):
    """Builds by a Cooperage server."""

    @property
    def config(self) -> CooperageImageBuilderConfig:
        """What is set of it."""
        return cast(CooperageImageBuilderConfig, self._config)

    @property
    def is_building_locally(self) -> bool:
        """False: this machine needs no docker, and no access to the registry."""
        return False

    @property
    def validator(self) -> StackValidator | None:
        """An image that is in no registry is where nobody can run it."""
        return StackValidator(required_components={StackComponentType.CONTAINER_REGISTRY})

    @property
    def requirements(self) -> set[str]:
        """What images need of it, where it does not go along by itself."""
        requirement = self.config.image_requirement
        return super().requirements | ({requirement} if requirement else set())

    def build(
        self,
        image_name: str,
        build_context: BuildContext,
        docker_build_options: DockerBuildOptions | None = None,
        container_registry: BaseContainerRegistry | None = None,
    ) -> str:
        """Builds an image, and pushes it.

        Args:
            image_name: its name.
            build_context: its files, with the Dockerfile.
            docker_build_options: `build_args`, `labels`, `no_cache`, `platform`, `pull`, `target` and `dockerfile` are
                followed; others are warned of where they change nothing, and refused where they would.
            container_registry: where it goes.

        Returns:
            `repository@sha256:…`.

        Raises:
            ValueError: where there is no registry, or the name is none of it.
            CooperageError: with the server's code, message and hints.
        """
        if container_registry is None:
            raise ValueError(
                f"The image `{image_name}` would be in no registry: a Cooperage server keeps none. Add a container "
                "registry to the stack."
            )
        if not container_registry.is_valid_image_name_for_registry(image_name):
            raise ValueError(
                f"Container image `{image_name}` does not belong to container registry "
                f"`{container_registry.config.uri}`."
            )
        options = BuildOptions.of(docker_build_options)
        if options.ignored:
            names = ", ".join(f"`{name}`" for name in options.ignored)
            logger.warning("Cooperage: the build options %s have no effect: no container runs in its builds.", names)
        # Some registries want a repository to be there before anything is pushed.
        container_registry.prepare_image_push(image_name)
        context = converted(build_context)
        if not self.config.image_requirement:
            context = with_package(context, build_context, options.dockerfile)
        with self.client() as client:
            logger.info("Cooperage: building `%s` on %s.", image_name, client.server)
            build = client.build(
                context,
                self._asked(image_name, options),
                self._lent(container_registry),
                EventLog(logger),
                self.config.build_timeout,
            )
        reference = _reference(build, image_name)
        logger.info("Cooperage: built and pushed `%s`.", reference)
        return reference

    def client(self) -> Client:
        """A client of the server."""
        config = self.config
        if not config.verify_tls:
            logger.warning(
                "Cooperage: the certificate of %s is not checked; the token can be read on the way.", config.server
            )
        return Client(
            config.server,
            # Resolved here, and not when the builder is made: inside of an image nobody asks for it.
            config.token or from_environment(config.server),
            config.project,
            Connection(
                verify=config.verify_tls,
                ca_file=config.ca_file or os.environ.get("COOPERAGE_CA_FILE") or None,
                connect_timeout=config.connect_timeout,
                patience=config.patience,
            ),
        )

    def _asked(self, image_name: str, options: BuildOptions) -> DockerfileBuild:
        config = self.config
        return DockerfileBuild(
            path=options.dockerfile,
            build_args=options.build_args,
            target=options.target,
            platform=options.platform,
            labels=options.labels,
            indexes=Indexes(
                index_url=config.index_url,
                extra_index_urls=config.extra_index_urls,
                exclude_newer=config.exclude_newer,
            ),
            tags=[image_name],
            cache=not options.no_cache,
            pull=options.pull,
            compile_bytecode=config.compile_bytecode,
            max_layer_size=config.max_layer_size,
        )

    def _lent(self, registry: BaseContainerRegistry) -> Secrets | None:
        credentials = registry.credentials if self.config.lend_registry_credentials else None
        if not credentials:
            return None
        username, password = credentials
        return Secrets(registries=[Login(registry.config.uri, username, password)])


def _reference(build: Build, image_name: str) -> str:
    """The name that never changes its meaning."""
    if build.references:
        return build.references[0]
    raise RuntimeError(f"The server built `{image_name}` ({build.id}) and does not tell where it pushed it.")
