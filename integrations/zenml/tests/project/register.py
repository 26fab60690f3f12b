"""Registers a stack whose image builder is the one of the arguments: what the commands of docs/zenml.md do, in one process.

Arguments: the image builder's flavor, its configuration as JSON, the registry's configuration as JSON.
"""

import json
import sys

from zenml.client import Client
from zenml.enums import StackComponentType

flavor, builder, registry = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
client = Client()
if flavor == "cooperage" and not client.list_flavors(name="cooperage").items:
    client.create_flavor(
        source="cooperage_zenml.flavor.CooperageImageBuilderFlavor", component_type=StackComponentType.IMAGE_BUILDER
    )
secret = registry.pop("secret", None)
if secret and not client.list_secrets(name=registry["authentication_secret"]).items:
    client.create_secret(registry["authentication_secret"], values=secret)
number = client.list_stacks().total
name = f"stack-{number}"
for kind, its_flavor, configuration in (
    (StackComponentType.IMAGE_BUILDER, flavor, builder),
    (StackComponentType.CONTAINER_REGISTRY, "default", registry),
    (StackComponentType.ORCHESTRATOR, "local_docker", {}),
):
    client.create_stack_component(name=name, flavor=its_flavor, component_type=kind, configuration=configuration)
client.create_stack(
    name=name,
    components={
        StackComponentType.IMAGE_BUILDER: name,
        StackComponentType.CONTAINER_REGISTRY: name,
        StackComponentType.ORCHESTRATOR: name,
        StackComponentType.ARTIFACT_STORE: "default",
    },
)
client.activate_stack(name)
print(name)
