"""Runs what a ZenML server wants to be run, by podman: the runner of the tests."""

import json
import os
import subprocess
from pathlib import Path

from zenml.zen_server.pipeline_execution.in_memory_workload_manager import InMemoryWorkloadManager


class PodmanRunner(InMemoryWorkloadManager):
    """Looks whether the image can do what it is for, and writes down what was asked."""

    def run(self, workload_id, image, command, arguments, environment=None, sync=True, timeout_in_seconds=0):
        program = "import kubernetes, s3fs, zenml; print(zenml.__version__)"
        done = subprocess.run(
            ["podman", "run", "--rm", "--entrypoint", "python", image, "-c", program],
            capture_output=True,
            text=True,
            check=False,
        )
        asked = {"image": image, "command": command, "arguments": arguments, "environment": sorted(environment or {})}
        text = json.dumps({**asked, "output": done.stdout, "errors": done.stderr})
        Path(os.environ["TEST_RUNNER_FILE"]).write_text(text)
