"""A pipeline of two steps: one trains a model with scikit-learn, the other one says how good it is.

Its only argument is JSON: `docker`, the pipeline's `DockerSettings`; `train`, those of the first step; `build`, the id of
a build to use; `builds`, whether the pipeline is only built.
"""

import importlib.util
import json
import os
import sys
import time
from typing import Annotated

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from zenml import pipeline, step
from zenml.config import DockerSettings

ASKED = json.loads(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].startswith("{") else {}


@step(enable_cache=False)
def train() -> Annotated[LogisticRegression, "model"]:
    features, classes = load_iris(return_X_y=True)
    learned, _, answers, _ = train_test_split(features, classes, random_state=1)
    return LogisticRegression(max_iter=500).fit(learned, answers)


@step(enable_cache=False)
def judge(model: LogisticRegression) -> Annotated[dict, "report"]:
    features, classes = load_iris(return_X_y=True)
    _, asked, _, answers = train_test_split(features, classes, random_state=1)
    wanted = ("GREETING", "STAGE", "PATH", "VIRTUAL_ENV")
    return {
        "accuracy": float(model.score(asked, answers)),
        "environment": {name: os.environ.get(name) for name in wanted},
        "user": os.getuid(),
        "in_container": os.path.exists("/run/.containerenv"),
        "directory": os.getcwd(),
        "beside": os.path.exists("/app/run.py"),
        "mlflow": importlib.util.find_spec("mlflow") is not None,
    }


@pipeline
def flowers() -> None:
    judge(train())


if __name__ == "__main__":
    docker = DockerSettings(**ASKED.get("docker", {"requirements": ["scikit-learn==1.9.1"]}))
    if "train" in ASKED:
        train = train.with_options(settings={"docker": DockerSettings(**ASKED["train"])})
    flowers = flowers.with_options(settings={"docker": docker}, build=ASKED.get("build"))
    if ASKED.get("builds"):
        start = time.perf_counter()
        build = flowers.build()
        print(f"images within {time.perf_counter() - start:.2f} s")
        print(build.id)
    else:
        flowers()
