"""Images that a ZenML *server* asks for, when it runs a snapshot by itself.

The server's configuration names the class:

    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE=cooperage_zenml.workload_manager.CooperageWorkloadManager

and the server's environment says the rest:

- `COOPERAGE_SERVER`, `COOPERAGE_TOKEN` or `COOPERAGE_TOKEN_FILE`, `COOPERAGE_PROJECT`, `COOPERAGE_CA_FILE`: as for the
  command line.
- `COOPERAGE_ZENML_REGISTRY`: where images go, `registry.example.com/team`. ZenML names an image without a registry.
- `COOPERAGE_ZENML_REGISTRY_USER`, `COOPERAGE_ZENML_REGISTRY_PASSWORD`: lent to each build; left out where the Cooperage
  server has credentials of its own.
- `COOPERAGE_ZENML_EXCLUDE_NEWER`: only packages that were uploaded before this date count.
- `COOPERAGE_ZENML_RUNNER`: the class that runs what was built, `package.module.Class`, a workload manager as well.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from uuid import UUID

from zenml.logger import get_logger
from zenml.utils import source_utils
from zenml.zen_server.pipeline_execution.workload_manager_interface import WorkloadManagerInterface, WorkloadType

from cooperage_client import Client, Context, DockerfileBuild, Event, Indexes, InvalidRequest, Login, Secrets
from cooperage_zenml.log import EventLog

logger = get_logger(__name__)


class CooperageWorkloadManager(WorkloadManagerInterface):
    """Builds by a Cooperage server. What is built is run by another workload manager: Cooperage runs no containers."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Reads the environment; nobody is asked yet.

        Args:
            environment: the variables; None is the process's own.

        Raises:
            InvalidRequest: where one is missing.
        """
        self._environment: Mapping[str, str] = dict(os.environ if environment is None else environment)
        registry = self._environment.get("COOPERAGE_ZENML_REGISTRY", "").rstrip("/")
        if not registry:
            raise InvalidRequest(
                "no registry is named for the images that the ZenML server runs",
                hints=["set COOPERAGE_ZENML_REGISTRY, for example to registry.example.com/team"],
            )
        self._registry = registry
        # Told at the start of the server, and not by the first run.
        Client.from_environment(self._environment).close()
        self._runner = self._made_runner()
        self._logs = _Logs()

    def _made_runner(self) -> WorkloadManagerInterface | None:
        source = self._environment.get("COOPERAGE_ZENML_RUNNER")
        if not source:
            return None
        runner: type[WorkloadManagerInterface] = source_utils.load_and_validate_class(
            source, expected_class=WorkloadManagerInterface
        )
        return runner()

    def build_and_push_image(
        self,
        workload_id: UUID,
        workload_type: WorkloadType,
        dockerfile: str,
        image_name: str,
        sync: bool = True,
        timeout_in_seconds: int = 0,
    ) -> str:
        """Builds an image, and pushes it.

        Args:
            workload_id: whose log hears of it.
            workload_type: whose id that is.
            dockerfile: its text. It has no context, so that it can copy nothing.
            image_name: repository and tag, without a registry.
            sync: whether the build is waited for.
            timeout_in_seconds: when it is called off; 0 leaves that to the Cooperage server.

        Returns:
            `registry/repository@sha256:…`; where it is not waited for, the name with its tag.

        Raises:
            CooperageError: with the server's code, message and hints.
        """
        name = f"{self._registry}/{image_name}"
        context = Context()
        context.add_text("Dockerfile", dockerfile)
        asked = DockerfileBuild(
            tags=[name], indexes=Indexes(exclude_newer=self._environment.get("COOPERAGE_ZENML_EXCLUDE_NEWER") or None)
        )
        in_log = EventLog(logger)

        def tell(event: Event) -> None:
            in_log(event)
            if event.text:
                self.log(workload_id, event.text)

        with Client.from_environment(self._environment) as client:
            self.log(workload_id, f"Building {name} on {client.server}.")
            if not sync:
                build = client.submit(context, asked, self._lent())
                self.log(workload_id, f"The build {build.id} of {name} is accepted.")
                return name
            built = client.build(context, asked, self._lent(), tell, timeout_in_seconds or None)
        reference = built.references[0]
        self.log(workload_id, f"Built and pushed {reference}.")
        return reference

    def _lent(self) -> Secrets | None:
        user = self._environment.get("COOPERAGE_ZENML_REGISTRY_USER")
        password = self._environment.get("COOPERAGE_ZENML_REGISTRY_PASSWORD")
        return Secrets(registries=[Login(self._registry, user, password)]) if user and password else None

    def run(
        self,
        workload_id: UUID,
        image: str,
        command: list[str],
        arguments: list[str],
        environment: dict[str, str] | None = None,
        sync: bool = True,
        timeout_in_seconds: int = 0,
    ) -> None:
        """Has the runner run a container.

        Raises:
            RuntimeError: where there is no runner.
        """
        if self._runner is None:
            raise RuntimeError(
                "Cooperage builds images and runs none: set COOPERAGE_ZENML_RUNNER to the workload manager that does."
            )
        self._runner.run(workload_id, image, command, arguments, environment, sync, timeout_in_seconds)

    def delete_workload(self, workload_id: UUID) -> None:
        """Forgets a workload."""
        self._logs.forget(workload_id)
        if self._runner is not None:
            self._runner.delete_workload(workload_id)

    def get_logs(self, workload_id: UUID) -> str:
        """What was told of a workload: of its build, then of its run."""
        texts = [self._logs.text(workload_id), self._runner.get_logs(workload_id) if self._runner is not None else ""]
        return "\n".join(text for text in texts if text)

    def log(self, workload_id: UUID, message: str) -> None:
        """Keeps a line for `get_logs`, in this process."""
        self._logs.add(workload_id, message)


class _Logs:
    """The last lines of the last workloads."""

    _WORKLOADS = 200
    _LINES = 2000

    def __init__(self) -> None:
        self._lines: OrderedDict[UUID, deque[str]] = OrderedDict()
        # A server's requests come in many threads.
        self._lock = threading.Lock()

    def add(self, workload: UUID, line: str) -> None:
        with self._lock:
            self._lines.setdefault(workload, deque(maxlen=self._LINES)).append(line)
            while len(self._lines) > self._WORKLOADS:
                self._lines.popitem(last=False)

    def text(self, workload: UUID) -> str:
        with self._lock:
            return "\n".join(self._lines.get(workload, ()))

    def forget(self, workload: UUID) -> None:
        with self._lock:
            self._lines.pop(workload, None)
