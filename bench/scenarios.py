"""The five situations of a builder's day, and the course that leads each builder through them by turns."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from builders import BASE, Builder, Call, copy_tree, remove_tree, unmount_below
from check import check_image
from inputs import Project
from servers import PackageIndex, Registry, free_port, push_base

MEASURE = Path(__file__).parent / "measure.py"


@dataclass(frozen=True)
class Scenario:
    """`start` is the state before each run: "empty" (nothing was ever built), "built" (just after the cold build), or
    "onward" (as the last run left it: enough where each run's change is new by itself, or where there is none).
    `aim` is how many times faster than its peer Cooperage wants to be."""
    name: str
    title: str
    start: str
    aim: int
    change: Callable[[Project, int], None]


SCENARIOS = [
    Scenario("cold", "cold", "empty", 15, lambda project, run: None),
    Scenario("unchanged", "nothing changed", "onward", 8, lambda project, run: None),
    Scenario("code", "one code file changed", "onward", 8, lambda project, run: project.edit(run)),
    Scenario("added", "one requirement added", "built", 60, lambda project, run: project.lock("requirements.added.txt")),
    Scenario("bumped", "one requirement bumped", "built", 60, lambda project, run: project.lock("requirements.bumped.txt")),
]


class Course:
    """A working folder with all that the runs need: project, index, base image, and what each builder and its registry
    remember: `now/NAME` and, as it was after the cold build, `built/NAME`. Each builder has a registry storage of its
    own, so that neither finds its blobs there thanks to the other."""

    def __init__(self, work: Path, wheels: Path, base: Path, keep: bool):
        self.work, self.keep = work, keep
        self.clear()
        self.project = Project(work / "project")
        self.index = PackageIndex(wheels)
        self.port = free_port()
        self.logs = work / "logs"
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.untouched: set[str] = set()  # builders that stand right after a cold build
        with self._registry(work / "registry") as registry:
            push_base(base, registry, BASE)

    def __enter__(self) -> "Course":
        self.index.__enter__()
        return self

    def __exit__(self, *_) -> None:
        self.index.__exit__()
        if self.keep:
            unmount_below(self.work)
        else:
            self.clear()

    def clear(self) -> None:
        for name in ("now", "built", "registry", "project"):
            remove_tree(self.work / name)

    def state(self, builder_name: str) -> Path:
        return self.work / "now" / builder_name / "state"

    def run(self, builders: list[Builder], scenarios: list[Scenario], runs: int) -> Iterator[dict]:
        """Yields one record a run: all builders in turn, then the next run."""
        for scenario in scenarios:
            for run in range(1, runs + 1):
                for builder in builders:
                    self._arrange(builder, scenario.start)
                    yield self._measure(builder, scenario, run)

    def _arrange(self, builder: Builder, start: str) -> None:
        now, built = self.work / "now" / builder.name, self.work / "built" / builder.name
        if start == "empty":
            remove_tree(now)
            remove_tree(built)
            builder.reset()
            copy_tree(self.work / "registry", now / "registry")
            return
        if not built.exists():
            if builder.name not in self.untouched:
                self._arrange(builder, "empty")
                self._measure(builder, SCENARIOS[0], run=0)
            copy_tree(now, built)
        elif start == "built":
            copy_tree(built, now)

    def _measure(self, builder: Builder, scenario: Scenario, run: int) -> dict:
        self.project.restore()
        scenario.change(self.project, run)
        name = f"{builder.name}-{scenario.name}-{run}"
        with self._registry(self.work / "now" / builder.name / "registry") as registry:
            call = Call(self.project.root, self.index.url, registry.host, f"{scenario.name}-{run}")
            builder.prepare(call)
            for program in builder.programs():
                program.read_bytes()  # the page cache is warm for everyone
            os.sync()  # what the preparation wrote is not written back during the run
            received = registry.received_bytes()
            steps = [self._step(command, builder.environment(), self.logs / f"{name}-{number}")
                     for number, command in enumerate(builder.commands(call), 1)]
            received = registry.received_bytes() - received
            digest, manifest = registry.manifest(f"bench/{builder.name}", call.tag)
            if run <= 1:
                check_image(registry, manifest, self.project)
        if scenario.start == "empty":
            self.untouched.add(builder.name)
        else:
            self.untouched.discard(builder.name)
        return {
            "builder": builder.name, "scenario": scenario.name, "run": run,
            "wall_seconds": sum(step["wall_seconds"] for step in steps),
            "cpu_seconds": sum(step["cpu_seconds"] for step in steps),
            "peak_bytes": max(step["peak_bytes"] for step in steps),
            "largest_process_bytes": max(step["largest_process_bytes"] for step in steps),
            "pushed_bytes": received,
            "digest": digest, "layers": len(manifest["layers"]),
            "image_bytes": sum(layer["size"] for layer in manifest["layers"]),
        }

    def _step(self, command: list[str], environment: dict[str, str], log: Path) -> dict:
        result, output = log.with_suffix(".json"), log.with_suffix(".log")
        with output.open("w") as file:
            process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", sys.executable, MEASURE, result, *command],
                                       stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment)
            try:
                code = process.wait()
            except BaseException:
                process.terminate()  # it ends the command and all below it, then itself
                process.wait()
                raise
        if code != 0:
            tail = "\n".join(output.read_text(errors="replace").splitlines()[-15:])
            raise RuntimeError(f"exit code {code} from: {' '.join(command)}\n{tail}")
        return json.loads(result.read_text())

    def _registry(self, storage: Path) -> Registry:
        return Registry(storage, self.port, self.logs / "registry.log")
