"""A client of Cooperage's build service, by its REST API.

    from cooperage_client import Client, Context, DockerfileBuild

    with Client.from_environment() as client:
        context = Context.of_directory(".")
        build = client.build(context, DockerfileBuild(tags=["registry.example.com/team/app:1"]), on_event=print)
        print(build.references[0])

It needs `requests` and nothing else, knows nothing of ZenML, and leaves reading Dockerfiles to the server.
"""

from cooperage_client.builds import DockerfileBuild, Indexes
from cooperage_client.client import Client
from cooperage_client.context import Context
from cooperage_client.errors import (
    ApiError,
    BuildCancelled,
    BuildFailed,
    BuildTimedOut,
    CooperageError,
    InvalidRequest,
    ServerUnreachable,
)
from cooperage_client.events import Event
from cooperage_client.results import Build, Problem
from cooperage_client.secrets import Login, NamedSecret, Secrets
from cooperage_client.transport import Connection

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "Build",
    "BuildCancelled",
    "BuildFailed",
    "BuildTimedOut",
    "Client",
    "Connection",
    "Context",
    "CooperageError",
    "DockerfileBuild",
    "Event",
    "Indexes",
    "InvalidRequest",
    "Login",
    "NamedSecret",
    "Problem",
    "Secrets",
    "ServerUnreachable",
    "__version__",
]
