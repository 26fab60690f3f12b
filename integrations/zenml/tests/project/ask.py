"""What ZenML's store holds of the last run, as JSON."""

import json

from zenml.client import Client

client = Client()
run = client.list_pipeline_runs(sort_by="desc:created", size=1, hydrate=True).items[0]
steps = run.steps
report = steps["judge"].outputs["report"][0].load() if "judge" in steps and steps["judge"].outputs else None
build = run.snapshot.build if run.snapshot else None
print(
    json.dumps(
        {
            "status": run.status.value,
            "steps": {name: step.status.value for name, step in steps.items()},
            "report": report,
            "model": type(steps["train"].outputs["model"][0].load()).__name__ if steps["train"].outputs else None,
            "build": str(build.id) if build else None,
            "images": {name: item.image for name, item in build.images.items()} if build else {},
            "dockerfiles": {name: item.dockerfile for name, item in build.images.items()} if build else {},
            "builds": client.list_builds(size=1).total,
        }
    )
)
