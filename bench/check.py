"""That what was pushed is what was asked for: without this a broken build would win."""

import gzip
import hashlib
import re
import tarfile

from inputs import Project
from servers import Registry

METADATA = re.compile(r"opt/venv/lib/python3\.11/site-packages/([^/]+)-([^-/]+)\.dist-info/METADATA")


def check_image(registry: Registry, manifest: dict, project: Project) -> None:
    """Compares packages and code in the image's layers with the project; raises on any difference."""
    packages, code = set(), {}
    for layer in manifest["layers"]:
        with gzip.open(registry.blob(layer["digest"])) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            for entry in tar:
                name = entry.name.removeprefix("./").removeprefix("/")
                if found := METADATA.fullmatch(name):
                    packages.add((_normalised(found[1]), found[2]))
                elif name.startswith("app/") and entry.isfile():
                    code[name.removeprefix("app/")] = hashlib.sha256(tar.extractfile(entry).read()).digest()
    locked = {(_normalised(name), version) for name, version
              in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", project.requirements.read_text(), re.MULTILINE)}
    files = {str(path.relative_to(project.code)): hashlib.sha256(path.read_bytes()).digest()
             for path in project.code.rglob("*") if path.is_file()}
    if packages != locked:
        raise RuntimeError(f"the image's packages differ from the lock: {sorted(packages ^ locked)}")
    if code != files:
        raise RuntimeError("the image's code differs from the project's: "
                           f"{sorted(path for path, _ in code.items() ^ files.items())[:5]}")


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
