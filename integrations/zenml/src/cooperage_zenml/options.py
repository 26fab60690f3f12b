"""What ZenML's `build_options` mean here: which are followed, which change nothing, and which are refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cooperage_client import InvalidRequest

if TYPE_CHECKING:
    from zenml.config.docker_settings import DockerBuildOptions

_FOLLOWED = ("build_args", "labels", "no_cache", "platform", "pull", "target")

_WITHOUT_EFFECT = frozenset(
    {
        # How a daemon runs the containers of a build; none is started.
        "rm", "forcerm", "force_rm", "shm_size", "container_limits", "network_mode", "network", "extra_hosts",
        "add_host", "isolation", "use_config_proxy", "ulimit", "memory", "memory_swap", "cpuset_cpus", "cpu_shares",
        "cpu_period", "cpu_quota", "cgroup_parent",
        # Where a daemon looks for layers; here every layer is everybody's.
        "cache_from", "cache_to", "no_cache_filter", "builder",
        # How its answer is shown.
        "quiet", "progress", "decode", "timeout", "gzip", "encoding",
    }
)  # fmt: skip


@dataclass(frozen=True)
class BuildOptions:
    """The options that are followed.

    Attributes:
        build_args: values of `ARG`s.
        labels: labels of the image.
        no_cache: whether nothing of earlier builds is used.
        pull: whether the base's tag is looked up again.
        platform: what the image is for.
        target: the stage to build.
        dockerfile: the Dockerfile's path in the context.
        ignored: the names of what is set and has no effect.
    """

    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    no_cache: bool = False
    pull: bool = False
    platform: str | None = None
    target: str | None = None
    dockerfile: str = "Dockerfile"
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: DockerBuildOptions | None, environment: Mapping[str, str] | None = None) -> BuildOptions:
        """Reads ZenML's options.

        Args:
            environment: where a build argument without a value has it from, as with docker. None is the process's own.

        Raises:
            InvalidRequest: for options that would make another image than the one that comes here.
        """
        if options is None:
            return cls()
        given: dict[str, Any] = {**options.model_dump(exclude_none=True), **(options.model_extra or {})}
        # docker-py's names and the command line's.
        given = {_name(name): value for name, value in given.items() if value is not None and value is not False}
        dockerfile = str(given.pop("dockerfile", given.pop("file", "Dockerfile")))
        followed = {name: given.pop(name) for name in _FOLLOWED if name in given}
        refused = sorted(name for name in given if name not in _WITHOUT_EFFECT)
        if refused:
            raise InvalidRequest(
                f"the build options {_listed(refused)} cannot be followed by Cooperage",
                hints=[f"followed are {_listed(sorted((*_FOLLOWED, 'dockerfile')))}"],
            )
        return cls(
            build_args=_arguments(followed.get("build_args") or {}, os.environ if environment is None else environment),
            labels={str(name): str(value) for name, value in (followed.get("labels") or {}).items()},
            no_cache=bool(followed.get("no_cache")),
            pull=bool(followed.get("pull")),
            platform=followed.get("platform"),
            target=followed.get("target"),
            dockerfile=dockerfile,
            # ZenML sets `rm` itself.
            ignored=tuple(sorted(name for name in given if name not in ("rm", "forcerm"))),
        )


def _name(name: str) -> str:
    name = name.replace("-", "_")
    return {
        "nocache": "no_cache",
        "buildargs": "build_args",
        "build_arg": "build_args",
        "label": "labels",
        "shmsize": "shm_size",
    }.get(name, name)


def _arguments(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    values = {
        str(name): environment.get(str(name)) if value is None else str(value) for name, value in arguments.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
