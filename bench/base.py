"""The base image of both builders: Debian 12 with its Python 3.11 and an empty venv at /opt/venv."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = "python3,python3-venv,ca-certificates"
ENVIRONMENT = ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "VIRTUAL_ENV=/opt/venv", "LANG=C.UTF-8"]


def make_base(layout: Path, sources: str | None) -> Path:
    """Makes the OCI layout once; later runs take it as it lies there."""
    if layout.exists():
        return layout
    partial = layout.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    blobs = partial / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    tar = partial / "root.tar"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}",
               '--customize-hook=chroot "$1" python3 -m venv --without-pip /opt/venv',
               "bookworm", str(tar), *([sources] if sources else _host_sources())]
    subprocess.run(command, check=True, env=os.environ | {"SOURCE_DATE_EPOCH": "315619200"})
    diff_id = _digest(tar)
    layer = partial / "layer"
    with tar.open("rb") as plain, layer.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    tar.unlink()
    configuration = {
        "architecture": "amd64", "os": "linux", "config": {"Env": ENVIRONMENT},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": "mmdebstrap"}],  # buildah refuses a base that tells less of its layers than it has
    }
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": commit_json(blobs, configuration, "application/vnd.oci.image.config.v1+json"),
        "layers": [commit(blobs, layer, "application/vnd.oci.image.layer.v1.tar+gzip")],
    }
    index = {"schemaVersion": 2, "manifests": [commit_json(blobs, manifest, manifest["mediaType"])]}
    (partial / "index.json").write_text(json.dumps(index))
    (partial / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    partial.rename(layout)
    return layout


def _host_sources() -> list[str]:
    """On Debian 12 the host's own package sources serve, mirror and all; elsewhere mmdebstrap's default does."""
    release = Path("/etc/os-release")
    if release.exists() and "VERSION_CODENAME=bookworm" in release.read_text():
        candidates = [Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")]
        return [str(path) for path in candidates if path.exists()][:1]
    return []


def commit_json(blobs: Path, value: dict, media_type: str) -> dict:
    path = blobs / "new"
    path.write_text(json.dumps(value))
    return commit(blobs, path, media_type)


def commit(blobs: Path, path: Path, media_type: str) -> dict:
    digest, size = _digest(path), path.stat().st_size
    path.rename(blobs / digest.removeprefix("sha256:"))
    return {"mediaType": media_type, "digest": digest, "size": size}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
