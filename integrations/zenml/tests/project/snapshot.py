"""Makes a snapshot that a ZenML server may run by itself, has it run, and prints the run's id.

Only the server's own flavors may be in its stack. Nothing of the stack is there but its names: what comes after the image
of the runner is none of this test's.
"""

import sys

import requests
import run
import zenml
from zenml.client import Client
from zenml.enums import StackComponentType
from zenml.models import BuildItem, PipelineBuildRequest, PipelineSnapshotRequest

registry = sys.argv[1]
client = Client()
project = client.active_project.id
components = {
    StackComponentType.ORCHESTRATOR: ("kubernetes", {"incluster": True}),
    StackComponentType.ARTIFACT_STORE: ("s3", {"path": "s3://nothing"}),
    StackComponentType.CONTAINER_REGISTRY: ("default", {"uri": registry}),
    StackComponentType.IMAGE_BUILDER: ("local", {}),
}
for kind, (flavor, configuration) in components.items():
    client.create_stack_component(name="remote", flavor=flavor, component_type=kind, configuration=configuration)
stack = client.create_stack("remote", dict.fromkeys(components, "remote"))
run.flowers.prepare()
compiled, _, _ = run.flowers._compile()
pipeline = run.flowers.register()
build = client.zen_store.create_build(
    PipelineBuildRequest(
        project=project,
        stack=stack.id,
        pipeline=pipeline.id,
        images={"orchestrator": BuildItem(image=f"{registry}/zenml:none", contains_code=False)},
        is_local=False,
        contains_code=False,
        zenml_version=zenml.__version__,
        python_version="3.11.2",
    )
)
snapshot = client.zen_store.create_snapshot(
    PipelineSnapshotRequest(
        # ZenML finds the log of a run by its snapshot's name.
        name="flowers",
        project=project,
        stack=stack.id,
        pipeline=pipeline.id,
        build=build.id,
        **compiled.model_dump(exclude_unset=True),
    )
)
answer = requests.post(f"{sys.argv[2]}/api/v1/pipeline_snapshots/{snapshot.id}/runs", json={}, timeout=300)
assert answer.ok, answer.text
print(answer.json()["id"])
